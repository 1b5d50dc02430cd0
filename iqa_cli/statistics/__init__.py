"""How well scores agree with people, and how sure that is: pure functions over arrays, no I/O.

`arrays` checks what comes in; `correlation` and `logistic` give the numbers of a paper, gathered by
`measures`; `bootstrap` draws references again and `resampled` computes every statistic over all draws
at once; `summary`, `splits`, `differences` and `methods` are what `iqa eval` and `iqa compare` show.
These modules import SciPy: import them inside the function that needs them.
"""
