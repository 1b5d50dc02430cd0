"""The monotone curve from a model's scale to the MOS scale, before PLCC and RMSE (VQEG practice).

Four parameters: VQEG, FR-TV phase I (2000). Five: Sheikh, Sabir and Bovik, TIP 15(11), 2006, eq. 9–10.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeResult, least_squares
from scipy.special import expit

from iqa_cli.errors import UsageError
from iqa_cli.statistics.arrays import paired

# Width of the first guess, in standard deviations of the predictions: VQEG's quarter, then wider ones
# for nearly straight data, on which the first can stop at a step.
WIDTHS = (0.25, 1.0, 4.0)
# A step that lowers the squared error by less than this share ends the fit. Nearly straight data pull the
# parameters towards infinity for ever smaller gains; by then PLCC has long settled in its fourth decimal.
PRECISION = 1e-6


def linear(x: ArrayLike, slope: float, intercept: float) -> NDArray[np.float64]:
    """A straight line: what a failed fit falls back to."""
    return slope * np.asarray(x, dtype=np.float64) + intercept


def logistic4(x: ArrayLike, b1: float, b2: float, b3: float, b4: float) -> NDArray[np.float64]:
    """(b1 − b2) / (1 + exp(−(x − b3) / |b4|)) + b2: from b2 (low scores) to b1 (high scores)."""
    return (b1 - b2) * expit((np.asarray(x, dtype=np.float64) - b3) / abs(b4)) + b2


def logistic5(x: ArrayLike, b1: float, b2: float, b3: float, b4: float, b5: float) -> NDArray[np.float64]:
    """b1·(1/2 − 1 / (1 + exp(b2·(x − b3)))) + b4·x + b5: need not be monotone."""
    x = np.asarray(x, dtype=np.float64)
    return b1 * (0.5 - expit(-b2 * (x - b3))) + b4 * x + b5


CURVES: dict[str, Callable[..., NDArray[np.float64]]] = {
    "linear": linear,
    "logistic4": logistic4,
    "logistic5": logistic5,
}


@dataclass(frozen=True)
class Fit:
    """A fitted curve; call it with predictions to get them on the MOS scale.

    `function` is "logistic4", "logistic5" or, after a failure, "linear"; `parameters` are in the
    units of predictions and MOS, in the order of the function's arguments. `converged` is False when
    the logistic failed, and `message` then says why; it is empty otherwise. `decreasing` tells that
    the curve runs downwards, so that it turns an inverted model round.
    """

    function: str
    parameters: tuple[float, ...]
    converged: bool
    message: str
    decreasing: bool

    def __call__(self, predicted: ArrayLike) -> NDArray[np.float64]:
        """Predictions mapped to the MOS scale, shape as given."""
        return CURVES[self.function](predicted, *self.parameters)


def fit_logistic(predicted: ArrayLike, mos: ArrayLike, parameters: int = 4, max_evaluations: int = 2000) -> Fit:
    """The least-squares logistic from predictions to MOS, rising or falling with the data.

    Both sides are standardised first, so that the outcome does not depend on their units. A fit that
    fails (too few distinct predictions, no convergence in `max_evaluations` evaluations of the curve,
    worse than a straight line) gives the straight line instead and says so. Raises UsageError for
    other than 4 or 5 parameters, unequal lengths, no images, or values that are not finite.
    """
    if parameters not in (4, 5):
        raise UsageError(f"a logistic has 4 or 5 parameters, not {parameters}")
    x, y = paired(predicted, mos)
    if x.size == 0:
        raise UsageError("a curve cannot be fitted to no images at all")
    x_mean, x_scale, y_mean, y_scale = x.mean(), x.std() or 1.0, y.mean(), y.std() or 1.0
    u, v = (x - x_mean) / x_scale, (y - y_mean) / y_scale

    slope = float(np.mean(u * v))  # of the straight line through standardised data
    line = (slope * y_scale / x_scale, y_mean - slope * y_scale / x_scale * x_mean)
    distinct = np.unique(x).size
    if distinct <= parameters:
        reason = f"needs more than {parameters} distinct predictions, there are {distinct}"
        return _straight(line, parameters, reason)
    best = _least(u, v, -1.0 if slope < 0 else 1.0, parameters, max_evaluations)
    if not best.success:
        return _straight(line, parameters, f"did not converge in {max_evaluations} evaluations")
    if 2 * best.cost > np.sum((v - slope * u) ** 2) * (1 + 1e-6):
        return _straight(line, parameters, "ended worse than a straight line")

    found: tuple[float, ...]
    if parameters == 4:
        b1, b2, b3, b4 = best.x
        found = (y_mean + y_scale * b1, y_mean + y_scale * b2, x_mean + x_scale * b3, x_scale * abs(b4))
        decreasing = b1 < b2
    else:
        b1, b2, b3, b4, b5 = best.x
        tilt = y_scale * b4 / x_scale
        found = (y_scale * b1, b2 / x_scale, x_mean + x_scale * b3, tilt, y_mean + y_scale * b5 - tilt * x_mean)
        decreasing = np.mean(u * logistic5(u, *best.x)) < 0
    return Fit(f"logistic{parameters}", tuple(map(float, found)), True, "", bool(decreasing))


def _least(u: NDArray, v: NDArray, sign: float, parameters: int, max_evaluations: int) -> OptimizeResult:
    """The best end of several starts; converged ends come before others."""
    top, bottom = (v.max(), v.min()) if sign > 0 else (v.min(), v.max())
    starts = [
        (top, bottom, 0.0, width) if parameters == 4 else (top - bottom, 1 / width, 0.0, 0.0, 0.0) for width in WIDTHS
    ]
    curve = logistic4 if parameters == 4 else logistic5
    with np.errstate(over="ignore", divide="ignore"):  # a width near zero is a step, which expit gives
        ends = [
            least_squares(lambda b: curve(u, *b) - v, start, method="lm", ftol=PRECISION, max_nfev=max_evaluations)
            for start in starts
        ]
    return min(ends, key=lambda end: (not end.success, end.cost))


def _straight(line: tuple[float, float], parameters: int, reason: str) -> Fit:
    message = f"the {parameters}-parameter logistic {reason}; a straight line was fitted instead"
    return Fit("linear", (float(line[0]), float(line[1])), False, message, bool(line[0] < 0))
