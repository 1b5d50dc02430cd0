"""Paired sign-flip permutation test (Fisher 1935): is a mean difference more than luck?

If two methods are equal, each image's difference could as well have had the other sign. SciPy's
`permutation_test` does the same for one column; this does many at once and far faster.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

PATTERNS = 9999  # random sign patterns; all 2ⁿ are taken when they are no more than that
CHUNK = 2**20  # signs held at once


def sign_flip_p(differences: ArrayLike, seed: int = 0) -> NDArray[np.float64]:
    """Two-sided p value of "the mean is 0" for each row of (methods, images): shape (methods,).

    Exact up to 13 images, so that few images cannot pass for evidence: three give 0.25 at best. Above,
    random patterns, the observed one counted among them: never below 1 / 10,000.
    """
    rows = np.asarray(differences, dtype=np.float64)
    images = rows.shape[1]
    observed = np.abs(rows.sum(axis=1)) * (1 - 1e-12)  # equal sums must stay equal in any order of adding
    every = 2**images <= PATTERNS
    patterns = 2**images if every else PATTERNS
    rng = np.random.default_rng(seed)
    as_extreme = np.zeros(len(rows))
    step = max(1, CHUNK // max(1, images))
    for start in range(0, patterns, step):
        some = np.arange(start, min(start + step, patterns))
        bits = (some[:, None] >> np.arange(images)) & 1 if every else rng.integers(2, size=(some.size, images))
        as_extreme += np.count_nonzero(np.abs((2.0 * bits - 1.0) @ rows.T) >= observed, axis=0)
    return as_extreme / patterns if every else (as_extreme + 1) / (patterns + 1)
