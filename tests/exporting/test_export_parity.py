"""Exported files in ONNX Runtime against the models in torch."""

import numpy as np
import onnxruntime
import pytest
import torch

from iqa_cli.exporting.model_file import model_of
from iqa_cli.models.attention import recorded
from iqa_cli.models.iqt import IQTConfig, IQTLiteConfig
from iqa_cli.models.triq import TRIQConfig, TRIQLiteConfig
from iqa_cli.registry import all_models, find_model
from iqa_cli.weights import Loaded, default_weight, load_trained

EXPORTED = [spec for spec in all_models() if spec.exports and default_weight(spec.name)]
ALONE = [spec.name for spec in EXPORTED if not spec.full_reference]
BESIDE = [spec.name for spec in EXPORTED if spec.full_reference]
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


def compare(model, session, *images):
    """What a file gives, its scores and attention held against those of its model; images N x H x W x 3 uint8."""
    with torch.inference_mode(), recorded() as matrices:
        scores = model(*map(tensor, images))
        attention = model.attention(matrices, *images[0].shape[1:3])
    inputs = dict(zip([each.name for each in session.get_inputs()], images, strict=True))
    found = dict(zip([each.name for each in session.get_outputs()], session.run(None, inputs), strict=True))
    assert found["score"] == pytest.approx(scores.numpy(), abs=1e-4)
    assert found["attention"].shape == tuple(attention.shape)
    assert found["attention"] == pytest.approx(attention.numpy(), abs=1e-5)
    return found


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ALONE)
def test_a_file_scores_as_the_model_at_every_size(name, size, photo, opened):
    found = compare(*opened(name), photo(*size)[None])
    assert found["probabilities"].sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", BESIDE)
def test_a_file_scores_crops_beside_those_of_their_reference(name, photo, opened):
    size = find_model(name).crop
    references = np.stack([photo(size, size, number) for number in range(2)])
    distorted = references // 24 * 24
    distorted[1, : size // 2] = np.random.default_rng(0).integers(0, 256, (size // 2, size, 3))
    compare(*opened(name), references, distorted)


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


OTHERS = {  # what checkpoints made by others, or trainings of one's own, have of models
    "triq": TRIQConfig(dim=16, heads=2, norm_eps=1e-3, normalisation="symmetric", stride_in_1x1=True, positions=48),
    "triq-lite": TRIQLiteConfig(dim=16, layers=3, heads=2, ffn=16, cells=20),
    "iqt": IQTConfig(dim=16, heads=2, ffn=16, head=8, activation="relu", head_dim=12, head_bias=False,
                     causal_decoder=True, scale=2.0, offset=0.5),
    "iqt-c": IQTConfig(crop=192, dim=16, layers=1, heads=2, ffn=16, head=8, norm_eps=1e-6),
    "iqt-lite": IQTLiteConfig(dim=16, layers=1, heads=2, ffn=16, head=8),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_configuration_of_its_own_is_exported_as_it_is(name, photo):
    spec = find_model(name)
    torch.manual_seed(0)
    model = spec.build(OTHERS[name]).eval()
    loaded = Loaded(model, "own", "", "own.safetensors", spec.range, None)
    session = onnxruntime.InferenceSession(model_of(spec, loaded).SerializeToString())
    images = [
        photo(spec.crop or 96, spec.crop or 480, number)[None] for number in range(2 if spec.full_reference else 1)
    ]
    compare(model, session, *images)
