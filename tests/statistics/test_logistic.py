"""The curve from scores to opinions."""

import numpy as np
import pytest
from reports import clustered
from scipy import stats

from iqa_cli.errors import UsageError
from iqa_cli.statistics.agreement import measure
from iqa_cli.statistics.logistic import fit_logistic, logistic4, logistic5


@pytest.mark.parametrize(("top", "bottom"), [(4.5, 1.2), (1.2, 4.5)], ids=["increasing", "decreasing"])
@pytest.mark.parametrize("unit", [1.0, 1000.0, 0.001])
def test_the_4_parameter_logistic_recovers_known_parameters_from_noisy_data(top, bottom, unit):
    rng = np.random.default_rng(1)
    x = rng.uniform(20, 50, 2000)
    y = logistic4(x, top, bottom, 34, 3) + rng.normal(0, 0.1, x.size)
    fit = fit_logistic(x * unit, y)
    assert (fit.function, fit.converged, fit.message, fit.decreasing) == ("logistic4", True, "", top < bottom)
    assert fit.parameters == pytest.approx((top, bottom, 34 * unit, 3 * unit), rel=0.03)


@pytest.mark.parametrize("sign", [1, -1], ids=["increasing", "decreasing"])
def test_the_5_parameter_logistic_recovers_the_curve_from_noisy_data(sign):
    rng = np.random.default_rng(2)
    x = rng.uniform(20, 50, 2000)
    truth = logistic5(x, 2 * sign, 0.4, 34, 0.02 * sign, 2.5)
    fit = fit_logistic(x, truth + rng.normal(0, 0.1, x.size), parameters=5)
    assert (fit.function, fit.converged, fit.decreasing) == ("logistic5", True, sign < 0)
    assert fit(x) == pytest.approx(truth, abs=0.03)


def test_the_residual_of_the_fit_is_the_noise_and_the_correlation_after_it_is_the_higher():
    rng = np.random.default_rng(3)
    x = rng.uniform(20, 50, 3000)
    y = logistic4(x, 1800, 900, 34, 2) + rng.normal(0, 30, x.size)  # the scale of PIPAL
    found = measure(x, y, fit_logistic(x, y))
    assert found.rmse == pytest.approx(30, rel=0.03)
    assert found.mae == pytest.approx(30 * np.sqrt(2 / np.pi), rel=0.03)
    assert found.plcc_fitted > found.plcc + 0.01
    assert found.main == found.srocc + found.plcc


def test_a_step_is_fitted_without_overflow():
    x = np.linspace(-1, 1, 101)
    fit = fit_logistic(x, np.where(x > 0.005, 5.0, 1.0))
    assert fit(np.array([-1e6, 1e6])) == pytest.approx([1, 5], abs=0.01)


@pytest.mark.parametrize("parameters", [4, 5])
def test_a_fit_that_fails_gives_the_straight_line_and_says_so(parameters):
    x, y = np.array([1.0, 1, 2, 2, 3, 3]), np.array([1.0, 2, 2, 4, 3, 5])
    fit = fit_logistic(x, y, parameters)
    assert (fit.function, fit.converged) == ("linear", False)
    assert f"needs more than {parameters} distinct predictions, there are 3" in fit.message
    assert "straight line" in fit.message
    line = stats.linregress(x, y)
    assert fit.parameters == pytest.approx((line.slope, line.intercept))


def test_a_fit_that_does_not_converge_says_so():
    x, y, _ = clustered(20, 5, 0.5, seed=0)
    fit = fit_logistic(x, y, max_evaluations=2)
    assert (fit.function, fit.converged) == ("linear", False)
    assert "did not converge in 2 evaluations" in fit.message


def test_exactly_straight_data_come_out_straight():
    x = np.linspace(0, 10, 50)
    for parameters in (4, 5):
        assert fit_logistic(x, 3 - 0.2 * x, parameters)(x) == pytest.approx(3 - 0.2 * x, abs=0.01)


def test_constant_predictions_are_fitted_by_the_mean_and_correlate_with_nothing():
    mos = [1.0, 2, 3, 4, 5, 6]
    fit = fit_logistic([7.0] * 6, mos)
    assert not fit.converged
    assert fit([7.0, 9.0]) == pytest.approx([3.5, 3.5])
    assert np.isnan(measure([7.0] * 6, mos, fit).plcc_fitted)


def test_only_the_two_logistics_can_be_asked_for():
    with pytest.raises(UsageError, match="4 or 5 parameters, not 3"):
        fit_logistic([1, 2, 3], [1, 2, 3], parameters=3)
