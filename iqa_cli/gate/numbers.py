"""Scores as messages tell them: short, and never on the wrong side of what they are held against."""

import math

DIGITS = 3  # significant ones, of a score in a message


def short(score: float, against: float | None = None) -> str:
    """A score with three significant digits, or as many as it takes to see on which side of `against` it lies.

    >>> short(26.04), short(29.996, against=30), short(2.3)
    ('26.0', '29.996', '2.30')
    """
    if not math.isfinite(score):
        return f"{score}"
    for digits in range(DIGITS, 17):
        text = _rounded(score, digits)
        if against is None or score == against or _side(float(text), against) == _side(score, against):
            return text
    return repr(score)


def both(score: float, other: float) -> tuple[str, str]:
    """Two scores with as many decimals each, and enough of them to tell the two apart.

    >>> both(28.108, 28.1), both(4.12, 3.8)
    (('28.11', '28.10'), ('4.12', '3.80'))
    """
    texts = short(score, other), short(other, score)
    decimals = max(len(text.partition(".")[2]) for text in texts)
    first, second = (f"{value:.{decimals}f}" for value in (score, other))
    return first, second


def _rounded(score: float, digits: int) -> str:
    before_point = math.floor(math.log10(abs(score))) + 1 if score else 1
    return f"{score:.{max(digits - before_point, 0)}f}"


def _side(score: float, against: float) -> int:
    return (score > against) - (score < against)
