"""NAME=VALUE options: each name has one value, however it is said which it is meant for."""

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.ground.named_values import by_name


def test_each_value_goes_to_its_name_in_any_case_and_a_bare_one_to_the_only_name():
    assert by_name("--weights", ["iqt=a", "PSNR=b=c"], ["iqt", "psnr"]) == {"iqt": "a", "psnr": "b=c"}
    assert by_name("--weights", ["x=a"], ["iqt"]) == {"iqt": "x=a"}


@pytest.mark.parametrize("values", [["iqt=1", "iqt=2"], ["iqt=1", "IQT=1"], ["1", "2"], ["1", "iqt=2"]])
def test_a_second_value_for_one_name_is_refused_rather_than_taken_for_the_first(values):
    with pytest.raises(UsageError, match=f"--fail-below {values[1]}: iqt is given twice; name it once"):
        by_name("--fail-below", values, ["iqt"])
