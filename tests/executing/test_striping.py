"""Large images are scored in stripes, with the scores and maps of the whole."""

import numpy as np
import pytest
import torch
from fakes import executor

from iqa_cli.executing import striping
from iqa_cli.executing.maps import maps_of
from iqa_cli.executing.pieces import Sample
from iqa_cli.models.stripes import Stripes

SIZES = ((301, 223), (150, 420))


@pytest.fixture
def in_stripes(monkeypatch):
    """`in_stripes(pixels)`: from now on these sizes count as large, and come in stripes of so many pixels."""

    def lower(pixels):
        monkeypatch.setattr(striping, "STRIPED_ABOVE", 200 * 200)
        monkeypatch.setattr(striping, "STRIPE_PIXELS", {"cpu": pixels})

    return lower


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", ["triq", "triq-lite"])
def test_a_large_photograph_has_the_score_of_the_whole(name, precision, trained, photo, in_stripes):
    work = executor(trained(name).model, trained(name).spec, precision=precision)
    samples = [Sample(photo(*size)) for size in SIZES]
    whole = [score.value for score in work.score(samples)]
    for pixels in (223 * 32, 223 * 50):
        in_stripes(pixels)
        assert [score.value for score in work.score(samples)] == pytest.approx(whole, abs=0.001)


@pytest.mark.parametrize("name", ["triq", "triq-lite"])
def test_a_large_photograph_has_the_map_of_the_whole(name, trained, photo, in_stripes):
    work, sample = executor(trained(name).model, trained(name).spec), Sample(photo(*SIZES[0]))
    whole = maps_of(work, sample).attention
    in_stripes(223 * 32)
    assert maps_of(work, sample).attention == pytest.approx(whole, rel=1e-3)


def test_only_large_images_come_in_stripes_and_several_of_one_size_together(trained, photo, in_stripes):
    in_stripes(2 * 223 * 64)
    work = executor(trained("triq-lite").model, trained("triq-lite").spec)
    small, large = (np.stack([photo(*size)] * 2) for size in ((200, 200), SIZES[0]))
    assert isinstance(work.given(small), torch.Tensor)
    stripes = work.given(large)
    assert isinstance(stripes, Stripes) and (stripes.height, stripes.width) == SIZES[0]
    assert [stripe.shape[2] for stripe in stripes] == [64, 64, 64, 64, 45]
    assert torch.equal(torch.cat([*work.given(large)], dim=2), work.tensor(large))


def test_models_that_take_none_never_get_stripes(photo, in_stripes):
    in_stripes(223 * 32)
    assert isinstance(executor().given([photo(*SIZES[0])]), torch.Tensor)
