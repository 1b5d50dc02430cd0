"""Correlations and errors, against SciPy and against hand-computed cases."""

import subprocess
import sys

import numpy as np
import pytest

from iqa_cli.errors import UsageError
from iqa_cli.statistics.agreement import summarise
from iqa_cli.statistics.correlation import krocc, mae, plcc, rmse, srocc

CORRELATIONS = [srocc, krocc, plcc]


def test_correlations_with_ties_are_what_is_computed_by_hand():
    predicted, mos = [1, 2, 2, 3], [1, 2, 3, 3]
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3.5, 3.5: covariance 3.75, variances 4.5 and 4.5.
    assert srocc(predicted, mos) == pytest.approx(3.75 / 4.5)
    # Four concordant pairs, one tied on either side: 4 / sqrt(5 · 5).
    assert krocc(predicted, mos) == pytest.approx(4 / 5)
    # Deviations −1, 0, 0, 1 and −1.25, −0.25, 0.75, 0.75: 2 / sqrt(2 · 2.75).
    assert plcc(predicted, mos) == pytest.approx(2 / np.sqrt(5.5))


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_an_inverted_model_shows_negative(correlation):
    mos = np.array([1.0, 2.5, 3.0, 4.5, 5.0])
    assert correlation(-mos, mos) == pytest.approx(-1)


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(
    ("predicted", "mos"),
    [([1, 1, 1, 1], [1, 2, 3, 4]), ([1, 2, 3, 4], [2, 2, 2, 2]), ([1, 2], [1, 2]), ([], [])],
    ids=["constant predictions", "constant labels", "two images", "no image"],
)
def test_a_correlation_that_is_not_defined_is_nan_without_a_warning(correlation, predicted, mos):
    assert np.isnan(correlation(predicted, mos))


def test_predictions_that_differ_by_rounding_only_have_a_rank_but_no_line():
    predicted = 1e9 + np.arange(4) * 1.2e-7
    assert np.isnan(plcc(predicted, [1, 2, 3, 4]))


def test_errors_are_in_mos_units():
    assert rmse([1, 2, 3], [1, 2, 6]) == pytest.approx(np.sqrt(3))
    assert mae([1, 2, 3], [1, 2, 6]) == pytest.approx(1)


def test_bad_input_is_told_in_one_line():
    with pytest.raises(UsageError, match="3 predictions cannot be compared with 2 labels"):
        srocc([1, 2, 3], [1, 2])
    with pytest.raises(UsageError, match=r"mos has 2 of 3 values .* first at position 1"):
        srocc([1, 2, 3], [1, np.nan, np.inf])
    with pytest.raises(UsageError, match="one column"):
        plcc([[1, 2]], [1, 2])
    with pytest.raises(UsageError, match="2 group labels cannot belong to 3 images"):
        summarise([1, 2, 3], [1, 2, 3], group=["a", "b"])


def test_the_statistics_need_no_torch():
    modules = ["agreement", "repeated_splits", "differences", "method_ranking"]
    code = "".join(f"import iqa_cli.statistics.{m}\n" for m in modules) + "import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
