"""How well scores agree with people, and how sure that is: pure functions over arrays, no I/O.

`arrays` checks what comes in; `correlation` and `logistic` give the numbers of a paper; `bootstrap` draws
references again and `resampled` computes every statistic over all draws at once; `agreement`,
`repeated_splits` and `differences` are what `iqa eval` shows of models, `method_ranking` what
`iqa compare` shows of methods. These modules import SciPy: import them inside the function that needs them.
"""
