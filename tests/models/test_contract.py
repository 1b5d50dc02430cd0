"""What every model keeps to because the registry declares it; a new model is tested by being listed."""

import pytest

from iqa_cli.errors import UsageError
from iqa_cli.registry import SPECS, find_model
from iqa_cli.testing import ModelContract


class TestEveryModel(ModelContract):
    """The contract, on photographs, with the weights that come with the package."""

    specs = SPECS

    @pytest.fixture(autouse=True)
    def given(self, photo, untrained, trained):
        self.photo, self.untrained, self.trained = photo, untrained, trained


def test_names_are_unique_and_an_unknown_one_is_answered_with_the_closest():
    assert len({spec.name for spec in SPECS}) == len(SPECS)
    assert find_model("IQT-C").name == "iqt-c"
    with pytest.raises(UsageError, match="no model 'ssmi': did you mean 'ssim'"):
        find_model("ssmi")
    with pytest.raises(UsageError, match="there are, with a reference: iqt, iqt-c, iqt-lite"):
        find_model("?")
