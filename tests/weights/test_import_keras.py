"""The official TRIQ checkpoint: its graph is written out here, on its own tensors, and must agree with ours."""

import re
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from iqa_cli.errors import MissingExtraError, WeightsError
from iqa_cli.records import ScoreRange
from iqa_cli.registry import find_model
from iqa_cli.weights import load_trained, read_checkpoint
from iqa_cli.weights.importing import import_checkpoint

TRIQ_PARAMETERS = 23_679_013  # as Keras counts the official model


def picture(height, width, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    return coarse.repeat(8, 0).repeat(8, 1)[:height, :width]


def keras_tensors():
    """Random tensors of the official model by the names TensorFlow gives them, in the order of the graph."""
    random = np.random.default_rng(5)
    tensors = {}

    def add(name, shape, mean=0.0, deviation=0.1):
        tensors[f"{name}:0"] = deviation * random.standard_normal(shape, dtype="float32") + np.float32(mean)

    def convolution(name, size, inputs, outputs):
        add(f"{name}_conv/kernel", (size, size, inputs, outputs), 0, (2 / (size * size * inputs)) ** 0.5)
        add(f"{name}_conv/bias", (outputs,))
        add(f"{name}_bn/gamma", (outputs,), 0.8)
        for part in ("beta", "moving_mean", "moving_variance"):
            add(f"{name}_bn/{part}", (outputs,))

    def dense(number, inputs, outputs, inside=""):
        name = f"{inside}dense_{number}" if number else f"{inside}dense"
        add(f"{name}/kernel", (inputs, outputs), 0, inputs**-0.5)
        add(f"{name}/bias", (outputs,))

    convolution("conv1", 7, 3, 64)
    inputs = 64
    for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=2):
        for block in range(1, blocks + 1):
            name = f"conv{stage}_block{block}"
            if block == 1:
                convolution(f"{name}_0", 1, inputs, 4 * width)
            convolution(f"{name}_1", 1, inputs, width)
            convolution(f"{name}_2", 3, width, width)
            convolution(f"{name}_3", 1, width, 4 * width)
            inputs = 4 * width

    prefix = "tri_q_image_quality_transformer"
    add(f"{prefix}/conv2d/kernel", (1, 1, 2048, 32), 0, 0.05)
    add(f"{prefix}/conv2d/bias", (32,))
    for layer in range(2):
        block = f"{prefix}/transformer_block_{layer}/"
        for part in range(4):
            dense(6 * layer + part, 32, 32, f"{block}multi_head_attention_{layer}/")
        dense(6 * layer + 4, 32, 64)
        dense(6 * layer + 5, 64, 32)
        for norm in (2 * layer, 2 * layer + 1):
            name = f"{block}layer_normalization_{norm}".removesuffix("_0")
            add(f"{name}/gamma", (32,), 1)
            add(f"{name}/beta", (32,))
    dense(12, 32, 64)
    dense(13, 64, 5)
    add("pos_emb", (1, 193, 32), 0, 0.5)
    add("quality_emb", (1, 1, 32), 0, 0.5)
    official_triq(tensors, picture(130, 130, seed=9), measure=True)
    return tensors


def write_keras(path, tensors, below=""):
    """The HDF5 layout of Keras: a group per layer; the Transformer is one layer, ResNet's lie flat."""
    with h5py.File(path, "w") as file:
        for name, array in tensors.items():
            layer = name.split("/")[0] if name.startswith("conv") and "conv2d" not in name else "transformer"
            file[f"{below}{layer}/{name}"] = array
        if below:
            file["optimizer_weights/adam/dense/kernel:0"] = np.zeros(3)
    return path


def official_triq(tensors, image, measure=False):
    """The official graph on an H × W × 3 uint8 image, straight from its tensors: probabilities (5,).

    With `measure`, BatchNorm's moving statistics become those of the image, in place: with random ones
    all images would look the same to the Transformer, and every error too.
    """
    get = {name.removesuffix(":0"): torch.from_numpy(array) for name, array in tensors.items()}

    def convolution(x, name, stride=1, padding=0):
        kernel = get[f"{name}_conv/kernel"].permute(3, 2, 0, 1)
        x = F.conv2d(x, kernel, get[f"{name}_conv/bias"], stride, padding)
        mean, variance = get[f"{name}_bn/moving_mean"], get[f"{name}_bn/moving_variance"]
        if measure:
            mean.copy_(x.mean((0, 2, 3)))
            variance.copy_(x.var((0, 2, 3)))
        scale = get[f"{name}_bn/gamma"] / torch.sqrt(variance + 1.001e-5)
        return scale.view(-1, 1, 1) * (x - mean.view(-1, 1, 1)) + get[f"{name}_bn/beta"].view(-1, 1, 1)

    x = torch.from_numpy(image).float().permute(2, 0, 1)[None] / 127.5 - 1
    x = F.pad(convolution(x, "conv1", stride=2, padding=3).relu(), (1, 1, 1, 1))
    x = F.max_pool2d(x, 3, 2)
    for stage, blocks in ((2, 3), (3, 4), (4, 6), (5, 3)):
        for block in range(1, blocks + 1):
            name = f"conv{stage}_block{block}"
            stride = 2 if block == 1 and stage > 2 else 1
            shortcut = convolution(x, f"{name}_0", stride) if block == 1 else x
            x = convolution(x, f"{name}_1", stride).relu()
            x = convolution(x, f"{name}_2", padding=1).relu()
            x = (shortcut + convolution(x, f"{name}_3")).relu()

    kernel = next(array for name, array in get.items() if "conv2d" in name and name.endswith("kernel"))
    bias = next(array for name, array in get.items() if "conv2d" in name and name.endswith("bias"))
    x = torch.einsum("bchw,cd->bdhw", x, kernel[0, 0]) + bias.view(-1, 1, 1)
    if x.shape[2] >= 16:
        x = F.max_pool2d(x, 2)
    x = torch.cat([get["quality_emb"][0], x[0].flatten(1).T])
    x = x + get["pos_emb"][0, : len(x)]

    # In the order they were written down above, which is the order of the graph.
    dense = iter([(get[n], get[n.replace("kernel", "bias")]) for n in get if "dense" in n and "kernel" in n])
    norms = iter(
        [(get[n], get[n.replace("gamma", "beta")]) for n in get if "layer_normalization" in n and "gamma" in n]
    )

    def linear(x):
        kernel, bias = next(dense)
        return x @ kernel + bias

    def normalise(x):
        centred = x - x.mean(-1, keepdim=True)
        gamma, beta = next(norms)
        return gamma * centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + 1e-6) + beta

    for _ in range(2):
        query, key, value = (linear(x).view(len(x), 8, 4) for _ in range(3))
        weights = (torch.einsum("ihd,jhd->hij", query, key) / 4**0.5).softmax(-1)
        x = normalise(x + linear(torch.einsum("hij,jhd->ihd", weights, value).flatten(1)))
        x = normalise(x + linear(linear(x).relu()))
    hidden = linear(x[:1])
    hidden = 0.5 * hidden * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (hidden + 0.044715 * hidden**3)))
    return linear(hidden).softmax(-1)[0]


@pytest.fixture(scope="module")
def triq(tmp_path_factory):
    """Tensors of a synthetic official TRIQ and the model that its import gives."""
    folder = tmp_path_factory.mktemp("triq")
    tensors = keras_tensors()
    source, out = write_keras(folder / "TRIQ.h5", tensors), folder / "triq.safetensors"
    assert import_checkpoint(source, out) == "triq"
    return tensors, source, load_trained(find_model("triq"), out)


def probabilities(model, image):
    with torch.inference_mode():
        return model.distribution(torch.from_numpy(image).float().permute(2, 0, 1)[None] / 255)[0]


def test_the_synthetic_triq_has_the_size_of_the_official_one(triq):
    tensors, _, _ = triq
    assert (len(tensors), sum(array.size for array in tensors.values())) == (358, TRIQ_PARAMETERS)


@pytest.mark.parametrize(("height", "width"), [(97, 130), (481, 385)])  # odd sides; without and with pooling
def test_an_imported_triq_gives_the_probabilities_of_the_keras_graph(triq, height, width):
    tensors, _, loaded = triq
    image = picture(height, width)
    expected = official_triq(tensors, image)
    assert expected.max() < 0.99  # a saturated softmax would agree with anything
    torch.testing.assert_close(probabilities(loaded.model, image), expected, rtol=0, atol=1e-4)


def test_the_stride_stands_in_the_first_convolution_or_the_probabilities_would_differ(triq):
    tensors, _, loaded = triq
    other = find_model("triq").build(replace(loaded.model.config, stride_in_1x1=False)).eval()
    other.load_state_dict(loaded.model.state_dict())
    image = picture(97, 130)
    assert (probabilities(other, image) - official_triq(tensors, image)).abs().max() > 1e-2


def test_an_imported_triq_says_where_it_comes_from_and_how_it_scores(triq):
    _, source, loaded = triq
    _, metadata = read_checkpoint(loaded.path)
    assert metadata["iqa.model"] == "triq"
    assert metadata["iqa.source"].startswith(f"{source.name}, sha256 ")
    assert (loaded.range, loaded.identity) == (ScoreRange(1, 5), None)


def test_numbers_and_prefixes_of_the_session_and_a_whole_model_make_no_difference(triq, tmp_path):
    tensors, _, loaded = triq

    def renumbered(name):
        name = name.replace("tri_q_image_quality_transformer", "a/b_1")
        automatic = r"(conv2d|dense|layer_normalization)(?:_(\d+))?/"
        return re.sub(automatic, lambda match: f"{match[1]}_{int(match[2] or 0) + 14}/", name)

    tensors = {renumbered(name): array for name, array in tensors.items()}
    assert any("dense_27/kernel" in name for name in tensors)
    import_checkpoint(write_keras(tmp_path / "a.h5", tensors, below="model_weights/"), tmp_path / "out")
    again, _ = read_checkpoint(tmp_path / "out")
    assert all(torch.equal(tensor, again[name]) for name, tensor in loaded.model.state_dict().items())


def test_a_damaged_keras_file_is_told_with_the_remedy(tmp_path):
    file = write_keras(tmp_path / "a.h5", {"conv1_conv/kernel:0": np.zeros((4, 4))})
    file.write_bytes(file.read_bytes().replace(b"SNOD", b"SNOX"))
    with pytest.raises(WeightsError, match=r"a\.h5 is a damaged HDF5 file: get it again"):
        import_checkpoint(file, tmp_path / "out")


def test_a_keras_file_that_lacks_a_tensor_is_refused_with_the_counts(triq, tmp_path):
    tensors = dict(triq[0])
    del tensors["pos_emb:0"]
    with pytest.raises(WeightsError, match="holds 357 tensors, but TRIQ with ResNet-50 has 358"):
        import_checkpoint(write_keras(tmp_path / "a.h5", tensors), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_keras_file_with_another_layer_in_place_of_one_is_refused_by_name(triq, tmp_path):
    tensors = dict(triq[0])
    tensors["conv9_conv/kernel:0"] = tensors.pop("conv1_conv/kernel:0")
    with pytest.raises(WeightsError, match="lacks 'conv1_conv/kernel'"):
        import_checkpoint(write_keras(tmp_path / "a.h5", tensors), tmp_path / "out")


def test_a_keras_tensor_of_another_shape_is_refused_by_its_shapes(triq, tmp_path):
    tensors = {**triq[0], "quality_emb:0": np.zeros((1, 1, 16), "float32")}
    with pytest.raises(WeightsError, match=r"tokens.quality is \(1, 1, 16\), not \(1, 1, 32\)"):
        import_checkpoint(write_keras(tmp_path / "a.h5", tensors), tmp_path / "out")


def test_a_damaged_keras_file_is_refused(triq, tmp_path):
    (tmp_path / "cut.h5").write_bytes(triq[1].read_bytes()[:5000])
    with pytest.raises(WeightsError, match="damaged HDF5"):
        import_checkpoint(tmp_path / "cut.h5", tmp_path / "out")


def test_reading_keras_without_h5py_names_the_extra_to_install(triq, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"iqa-cli\[keras\]"):
        import_checkpoint(triq[1], tmp_path / "out")


def test_scoring_with_an_unconverted_checkpoint_points_to_the_import(triq):
    with pytest.raises(WeightsError, match="iqa weights import"):
        load_trained(find_model("triq"), triq[1])
