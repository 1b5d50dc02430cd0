"""Where a model looked: attention and quality maps."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from iqa_cli.engine.session import open_session
from iqa_cli.errors import ImageError
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.maps import maps_of
from iqa_cli.executing.pieces import Sample
from iqa_cli.models.attention import mean_row, recorded, rollout
from iqa_cli.models.iqt import feature_size
from iqa_cli.models.triq import TRIQ
from iqa_cli.options.crops import CropRule
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.records import Job
from iqa_cli.registry import find_model

WITH_MAPS = ("iqt", "iqt-c", "triq")


def blurred(image, top, left, side=64):
    """The image with one square blurred away."""
    changed = image.copy()
    square = np.s_[top : top + side, left : left + side]
    changed[square] = gaussian_filter(image, (6, 6, 0))[square]
    return changed


@pytest.mark.parametrize("name", WITH_MAPS)
def test_the_explicit_attention_path_gives_the_score_of_the_fast_one(untrained, batch, name):
    model = untrained(name).model
    side = 64 if name == "triq" else untrained(name).spec.crop
    images = [batch(side, side, 2) for _ in range(1 + (name != "triq"))]
    images[-1] = images[-1].flip(2)
    with torch.no_grad():
        fast = model(*images)
        with recorded() as matrices:
            explicit = model(*images)
        again = model(*images)
    torch.testing.assert_close(explicit, fast, rtol=0, atol=1e-5)
    assert torch.equal(again, fast)
    for matrix in matrices:
        torch.testing.assert_close(matrix.sum(-1), torch.ones(matrix.shape[:-1]))


def test_scores_and_maps_of_several_threads_are_those_of_one(untrained, photo):
    scorer, image = untrained("triq"), photo(64, 64)

    def both(_=None):
        return scorer.maps(image).attention.tolist(), scorer.score(image)

    expected = both()
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(both, range(12))) == 12 * [expected]


def test_attention_is_recorded_for_the_thread_that_asked_alone(untrained, batch):
    model, image = untrained("triq").model, batch(64, 64)
    with torch.no_grad(), ThreadPoolExecutor(1) as other:
        fast = model(image)
        with recorded() as matrices:
            assert torch.equal(other.submit(torch.no_grad()(model), image).result(), fast) and not matrices


def test_each_layer_of_attention_is_recorded_once(untrained, batch):
    image = batch(192, 192)
    with torch.no_grad(), recorded() as matrices:
        untrained("iqt-c").model(image, image)
    assert len(matrices) == 3  # the encoder's, the decoder's own, and the decoder's to the encoder
    assert all(matrix.shape[-1] == feature_size(192) ** 2 + 1 for matrix in matrices)


def test_the_mean_row_is_that_of_the_quality_token_without_itself():
    matrices = [torch.tensor([[[[0.5, 0.3, 0.2], [0, 1, 0], [0, 0, 1]]]]), torch.tensor([[[[0.2, 0.1, 0.7]]]])]
    torch.testing.assert_close(mean_row(matrices), torch.tensor([[0.2, 0.45]]))


def test_rollout_multiplies_layers_with_their_residual_paths():
    first = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    second = torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    by_hand = ((second + torch.eye(2)) / 2) @ ((first + torch.eye(2)) / 2)
    torch.testing.assert_close(rollout([first[None, None], second[None, None]]), by_hand[None, 0, 1:])


@pytest.mark.parametrize("name", WITH_MAPS)
@pytest.mark.parametrize("size", [(150, 260), (270, 200)])
def test_maps_cover_the_image_pixel_by_pixel(untrained, photo, name, size):
    scorer = untrained(name)
    image = photo(*size).astype(np.float32) / 255
    pair = [image] * (1 + scorer.spec.full_reference)
    maps = scorer.maps(*pair)
    assert maps.attention.shape == size and np.nanmin(maps.attention) >= 0
    assert np.nanmean(maps.attention) == pytest.approx(1, rel=1e-4)
    assert (maps.quality is None) == (name == "triq")
    if maps.quality is not None:
        work = Executor(scorer.spec, scorer.model, device=torch.device("cpu"), rule=CropRule(2))
        facts = work.score([Sample(image, image)])[0].details
        assert maps.quality.shape == size
        assert facts["crop_min"] - 1e-4 <= np.nanmin(maps.quality)
        assert np.nanmax(maps.quality) <= facts["crop_max"] + 1e-4


def test_attention_moves_with_a_local_distortion(trained, photo):
    scorer = trained("iqt-c")
    reference = photo(192, 192).astype(np.float32) / 255
    places = [(16, 16), (112, 112)]
    found = [scorer.maps(reference, blurred(reference, *p)).attention for p in places]
    mass = np.array([[m[t : t + 64, le : le + 64].mean() for t, le in places] for m in found])
    assert mass[0, 0] > mass[1, 0] and mass[1, 1] > mass[0, 1]


@pytest.mark.parametrize("place", [(16, 16), (16, 176), (176, 96)])
def test_what_changes_in_iqts_attention_lies_in_the_square_that_was_blurred(trained, photo, place):
    scorer, side = trained("iqt"), 64
    reference = photo(256, 256).astype(np.float32) / 255
    before = scorer.maps(reference, reference).attention
    change = np.abs(scorer.maps(reference, blurred(reference, *place, side)).attention - before)
    square = np.s_[place[0] : place[0] + side, place[1] : place[1] + side]
    by_chance = side**2 / change.size
    assert change[square].sum() / change.sum() > 2 * by_chance


def test_the_quality_map_is_lowest_where_the_image_is_damaged(trained, photo):
    scorer = trained("iqt-c")
    reference = photo(192, 400).astype(np.float32) / 255
    quality = scorer.maps(reference, blurred(reference, 40, 20, 110)).quality
    assert quality[:, :100].mean() < quality[:, -100:].mean() - 0.3


class Narrow(TRIQ):
    """Cannot hold the attention of more than `most` pieces of more than `widest` px at once."""

    most, widest = 1, 10_000

    def attention(self, matrices, height, width):
        if len(matrices[0]) > self.most or width > self.widest:
            raise torch.OutOfMemoryError("no room")
        return super().attention(matrices, height, width)


def narrow(crop=None, **limits):
    torch.manual_seed(0)
    model = Narrow()
    vars(model).update(limits)
    spec = replace(find_model("triq"), crop=crop)
    return Executor(spec, model, device=torch.device("cpu"), rule=CropRule(4))


def test_maps_of_crops_that_do_not_fit_together_are_made_one_by_one(photo):
    image = photo(96, 96).astype(np.float32) / 255
    one_by_one, together = (maps_of(narrow(64, most=most), Sample(image)) for most in (1, 4))
    np.testing.assert_allclose(one_by_one.attention, together.attention, atol=1e-4)
    np.testing.assert_allclose(one_by_one.quality, together.quality, atol=1e-4)


def test_a_map_that_does_not_fit_the_memory_is_one_image_error(photo):
    image = photo(40, 80).astype(np.float32) / 255
    with pytest.raises(ImageError, match="no map of triq: out of memory at 80x40 px"):
        maps_of(narrow(widest=60), Sample(image))


def test_a_map_that_numpy_has_no_room_for_is_one_image_error():
    huge = np.broadcast_to(np.float32(0.5), (10**7, 10**7, 3))
    with pytest.raises(ImageError, match="no map of triq: out of memory at 10000000x10000000 px"):
        maps_of(narrow(64, most=4), Sample(huge))


def test_a_map_that_does_not_fit_costs_itself_alone_in_both_ways_to_see_it(photo, saved):
    session = replace(open_session([find_model("psnr")], EngineOptions()), executors=[narrow(widest=60)])
    jobs = [Job(saved(f"{width}.png", photo(40, width))) for width in (50, 80, 60)]
    seen = []
    records = list(session.run(jobs, seen=lambda look, scores: seen.append(look)))
    assert [record.status for record in records] == ["ok"] * 3
    for looks in (seen, list(session.look(jobs, maps=True))):
        assert [len(look.maps) for look in looks] == [1, 0, 1]
        assert [len(look.notes) for look in looks] == [0, 1, 0]
        assert "80.png: no map of triq: out of memory" in looks[1].notes[0]
