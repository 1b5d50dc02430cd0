"""What every model keeps to because the registry declares it; a new model is tested by being listed."""

import numpy as np
import pytest

from iqa_cli.errors import UsageError
from iqa_cli.registry import SPECS, find_model
from iqa_cli.testing import ModelContract
from iqa_cli.testing.pictures import noisy


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


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.masks], ids=lambda spec: spec.name)
def test_a_rectangle_as_mask_scores_as_the_same_box(spec, untrained, photo):
    pixels, mask = photo(320, 336), np.zeros((320, 336), bool)
    height, width = spec.crop or 192, 256
    mask[32 : 32 + height, 64 : 64 + width] = True  # multiples of 16, which the scales of MS-SSIM have in common
    pair = pixels, noisy(pixels)
    score = untrained(spec.name).score(*pair, box=(64, 32, width, height))
    assert untrained(spec.name).score(*pair, mask=mask) == pytest.approx(score, abs=2e-6)
