"""The scale behind choices between two: Bradley and Terry's model, for images and for a model's scores.

The chance that B is preferred to A is σ(s_B − s_A), with σ the logistic function. (Bradley and Terry, Biometrika 39(3),
1952.)
"""

import numpy as np
from numpy.typing import NDArray

PRIOR = 0.01  # inverse variance of a normal prior on each score: an image that always won keeps a finite one
FEWEST_LINKED = 3  # two images alone are ranked by any scale
STEEPEST = 1000.0  # slope on standardised differences; that of a model which never errs would be infinite


def linked(a: NDArray[np.intp], b: NDArray[np.intp], images: int) -> NDArray[np.intp]:
    """The component (images,) of each image: images that pairs link, directly or by others, share one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, component = connected_components(coo_array((np.ones(a.size), (a, b)), shape=(images, images)), directed=False)
    return component


def image_scores(
    a: NDArray[np.intp], b: NDArray[np.intp], share: NDArray[np.float64], count: NDArray[np.float64], images: int
) -> NDArray[np.float64]:
    """Scores (images,) that make the choices most likely, under a weak normal prior (standard deviation 10).

    They mean something within a component only, where they have mean 0.

    Args:
        a, b: places (pairs,) of the two images of each pair.
        share: of people who preferred b, 0 to 1.
        count: of people asked.
        images: how many there are.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    def loss(scores: NDArray) -> tuple[float, NDArray]:
        gap = scores[b] - scores[a]
        likelihood = count * log_likelihood(gap, share)
        pull = count * (expit(gap) - share)
        slope = np.bincount(b, pull, images) - np.bincount(a, pull, images) + PRIOR * scores
        return float(PRIOR * (scores**2).sum() / 2 - likelihood.sum()), slope

    found = minimize(loss, np.zeros(images), jac=True, method="L-BFGS-B", options={"maxiter": 10000, "gtol": 1e-8})
    return found.x


def log_likelihood(gap: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per judgement (pairs,), of a share of people who preferred b where the scores are `gap` apart."""
    return -(share * np.logaddexp(0, -gap) + (1 - share) * np.logaddexp(0, gap))


def best_likelihood(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per judgement (pairs,), of a predictor that knows each share."""
    from scipy.special import xlogy

    return xlogy(share, share) + xlogy(1 - share, 1 - share)


def slope_of(difference: NDArray[np.float64], share: NDArray[np.float64], count: NDArray[np.float64]) -> float:
    """What to multiply differences of scores by, 0 or more, so that the choices are most likely.

    0 for a model that is against people: no slope turns it round.
    """
    from scipy.optimize import minimize_scalar

    size = float(np.sqrt(np.mean(difference**2)))
    if not size:
        return 0.0
    unit = difference / size

    def loss(log_slope: float) -> float:
        return -float((count * log_likelihood(np.exp(log_slope) * unit, share)).sum())

    found = minimize_scalar(loss, bounds=(np.log(1e-6), np.log(STEEPEST)), method="bounded", options={"xatol": 1e-6})
    against = -float((count * log_likelihood(0 * unit, share)).sum())
    return float(np.exp(found.x)) / size if found.fun < against else 0.0
