"""Where a model looked: attention and quality maps, and the pictures of them."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from iqa_cli.__main__ import main
from iqa_cli.engine.maps import maps_of
from iqa_cli.engine.pieces import Sample
from iqa_cli.models.attention import mean_row, recorded, rollout
from iqa_cli.models.iqt import feature_size
from iqa_cli.output.map_files import MapWriter

WITH_MAPS = ("iqt", "iqt-c", "triq")


def sample(scorer, image, reference=None):
    return Sample(image, reference) if scorer.spec.full_reference else Sample(image)


def blurred(image, top, left, side=64):
    """The image with one square blurred away."""
    changed = image.copy()
    square = np.s_[top : top + side, left : left + side]
    changed[square] = gaussian_filter(image, (6, 6, 0))[square]
    return changed


@pytest.mark.parametrize("name", WITH_MAPS)
def test_the_explicit_attention_path_gives_the_score_of_the_fast_one(untrained, batch, name):
    model = untrained(name)._executor.model
    side = 64 if name == "triq" else untrained(name).spec.crop
    images = [batch(side, side, 2) for _ in range(1 + (name != "triq"))]
    images[-1] = images[-1].flip(2)
    with torch.no_grad():
        fast = model(*images)
        with recorded(model) as matrices:
            explicit = model(*images)
        again = model(*images)
    torch.testing.assert_close(explicit, fast, rtol=0, atol=1e-5)
    assert torch.equal(again, fast)
    for matrix in matrices:
        torch.testing.assert_close(matrix.sum(-1), torch.ones(matrix.shape[:-1]))


def test_each_layer_of_attention_is_recorded_once(untrained, batch):
    image = batch(192, 192)
    with torch.no_grad(), recorded(untrained("iqt-c")._executor.model) as matrices:
        untrained("iqt-c")._executor.model(image, image)
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
    maps = maps_of(scorer._executor, sample(scorer, image, image))
    assert maps.attention.shape == size and np.nanmin(maps.attention) >= 0
    assert np.nanmean(maps.attention) == pytest.approx(1, rel=1e-4)
    assert (maps.quality is None) == (name == "triq")
    if maps.quality is not None:
        score = scorer._executor.score([sample(scorer, image, image)])[0]
        assert maps.quality.shape == size
        assert score.details["crop_min"] - 1e-4 <= np.nanmin(maps.quality)
        assert np.nanmax(maps.quality) <= score.details["crop_max"] + 1e-4


def test_attention_moves_with_a_local_distortion(trained, photo):
    scorer = trained("iqt-c")
    reference = photo(192, 192).astype(np.float32) / 255
    places = [(16, 16), (112, 112)]
    found = [maps_of(scorer._executor, Sample(blurred(reference, *p), reference)).attention for p in places]
    mass = np.array([[m[t : t + 64, le : le + 64].mean() for t, le in places] for m in found])
    assert mass[0, 0] > mass[1, 0] and mass[1, 1] > mass[0, 1]


@pytest.mark.parametrize("place", [(16, 16), (16, 176), (176, 96)])
def test_what_changes_in_iqts_attention_lies_in_the_square_that_was_blurred(trained, photo, place):
    scorer, side = trained("iqt"), 64
    reference = photo(256, 256).astype(np.float32) / 255
    before = maps_of(scorer._executor, Sample(reference, reference)).attention
    change = np.abs(maps_of(scorer._executor, Sample(blurred(reference, *place, side), reference)).attention - before)
    square = np.s_[place[0] : place[0] + side, place[1] : place[1] + side]
    by_chance = side**2 / change.size
    assert change[square].sum() / change.sum() > 2 * by_chance


def test_the_quality_map_is_lowest_where_the_image_is_damaged(trained, photo):
    scorer = trained("iqt-c")
    reference = photo(192, 400).astype(np.float32) / 255
    quality = maps_of(scorer._executor, Sample(blurred(reference, 40, 20, 110), reference)).quality
    assert quality[:, :100].mean() < quality[:, -100:].mean() - 0.3


# The command


def run(*arguments):
    with pytest.raises(SystemExit) as leaving:
        main(["score", *map(str, arguments)])
    return leaving.value.code


def test_maps_are_drawn_beside_the_scores_and_saved_as_arrays(trained, saved, photo, tmp_path, capsys):
    trained("iqt-c")
    reference, distorted = saved("a.png", photo(200, 230)), saved("b.png", photo(200, 230, 1))
    folder = tmp_path / "maps"
    assert run(reference, distorted, "-m", "iqt-c", "-m", "psnr", "--crops", 2, "--map", folder, "--map-data") == 0
    names = {path.name.rpartition("b.png.")[2] for path in folder.iterdir()}
    assert names == {f"iqt-c.{kind}.{suffix}" for kind in ("attention", "quality") for suffix in ("png", "npy")}
    assert np.load(next(folder.glob("*attention.npy"))).shape == (200, 230)
    for picture in folder.glob("*.png"):
        assert np.asarray(Image.open(picture).convert("RGB")).std() > 10


def test_images_whose_names_join_alike_keep_maps_of_their_own(tmp_path, photo):
    writer = MapWriter(tmp_path, arrays=True)
    pixels = photo(8, 8).astype(np.float32) / 255
    for value, image in enumerate(("a/b/x.png", "a__b/x.png")):
        for model in ("iqt", "triq"):
            writer.write(image, pixels, model, "attention", np.full((8, 8), 1.0 + value), model)
    found = {path.name: np.load(path)[0, 0] for path in tmp_path.glob("*.npy")}
    assert found == {
        f"a__b__x.png{mark}.{m}.attention.npy": v for mark, v in (("", 1), ("~2", 2)) for m in ("iqt", "triq")
    }


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["-m", "psnr", "--map", "maps"], "none of these models can show where it looked"),
        (["-m", "iqt-c", "--map-data"], "--map-data needs --map"),
    ],
)
def test_maps_that_cannot_be_drawn_are_refused_at_once(saved, photo, capsys, arguments, complaint):
    picture = saved("a.png", photo(40, 40))
    assert run(picture, picture, *arguments) == 2
    assert complaint in capsys.readouterr().err
