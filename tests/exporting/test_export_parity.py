"""Exported files in ONNX Runtime against the models in torch."""

import numpy as np
import onnxruntime
import pytest
import torch

from iqa_cli.exporting.model_file import model_of
from iqa_cli.models.attention import recorded
from iqa_cli.registry import all_models, find_model
from iqa_cli.weights import default_weight, load_trained

ALONE = [spec.name for spec in all_models() if spec.exports and not spec.full_reference and default_weight(spec.name)]
SIZES = [(32, 32), (33, 57), (41, 301), (64, 32), (97, 130), (240, 320)]
LARGE = [(768, 1024), (511, 2049), (32, 8000), (3000, 4000)]


@pytest.fixture(scope="module")
def opened():
    """`opened(name, pixels)`: the model in torch, and a session of its file."""
    kept = {}

    def both(name, pixels="uint8"):
        if (name, pixels) not in kept:
            loaded = load_trained(find_model(name))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            content = model_of(find_model(name), loaded, pixels).SerializeToString()
            kept[name, pixels] = loaded.model, onnxruntime.InferenceSession(content, options)
        return kept[name, pixels]

    return both


def tensor(pixels):
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


def compare(model, session, pixels):
    """Scores and attention of a file against those of its model, of N x H x W x 3 uint8."""
    with torch.inference_mode(), recorded(model) as matrices:
        scores = model(tensor(pixels))
        attention = model.attention(matrices, *pixels.shape[1:3])
    found = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"image": pixels}), strict=True))
    assert found["score"] == pytest.approx(scores.numpy(), abs=1e-4)
    assert found["attention"].shape == tuple(attention.shape)
    assert found["attention"] == pytest.approx(attention.numpy(), abs=1e-5)
    assert found["probabilities"].sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ALONE)
def test_a_file_scores_as_the_model_at_every_size(name, size, photo, opened):
    compare(*opened(name), photo(*size)[None])


@pytest.mark.parametrize("name", ALONE)
def test_a_batch_scores_as_its_images_one_by_one(name, photo, opened):
    _, session = opened(name)
    images = np.stack([photo(64, 96, number) for number in range(3)])
    together = session.run(["score"], {"image": images})[0]
    alone = [session.run(["score"], {"image": image[None]})[0][0] for image in images]
    assert together == pytest.approx(alone, abs=1e-5)


def test_a_file_of_float32_takes_what_lies_between_the_levels_of_uint8(photo, opened):
    model, session = opened("triq-lite", "float32")
    pixels = photo(70, 90)[None].astype(np.float32) / 255 * 0.997
    with torch.inference_mode():
        expected = model(torch.from_numpy(pixels).permute(0, 3, 1, 2))
    assert session.run(["score"], {"image": pixels})[0] == pytest.approx(expected.numpy(), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("size", LARGE, ids=str)
@pytest.mark.parametrize("name", ALONE)
def test_a_file_scores_as_the_model_up_to_twelve_megapixels(name, size, photo, opened):
    compare(*opened(name), photo(*size)[None])
