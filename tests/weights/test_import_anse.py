"""Checkpoints of anse3832/IQT: their graph is written out here, on their own tensors, and must agree with ours."""

import pytest
import torch
from torch.nn import functional as F
from typer.testing import CliRunner

from iqa_cli.commands.weight_files import app
from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.models.backbones import import_timm
from iqa_cli.models.iqt import IQTConfig
from iqa_cli.records import ScoreRange
from iqa_cli.registry import find_model
from iqa_cli.weights import load_trained, read_checkpoint
from iqa_cli.weights.convert_iqt import backbone_from_timm, convert_iqt
from iqa_cli.weights.importing import import_checkpoint

ANSE_PARAMETERS = 1_940_992  # of its PIPAL checkpoint, 52 tensors, no backbone


def anse_tensors(dim=128, positions=442, layers=1, ffn=1024, head=128):
    """Random tensors of its `model_state_dict`; every attention head is as wide as the model."""
    torch.manual_seed(3)
    tensors = {}

    def add(name, *shape):
        tensors[f"{name}.weight"] = torch.randn(shape) / shape[1] ** 0.5
        tensors[f"{name}.bias"] = 0.1 * torch.randn(shape[0])

    for side in ("encoder", "decoder"):
        add(f"conv_{side[:3]}", dim, 1920, 1, 1)
        tensors[f"transformer.{side}.pos_embedding"] = torch.randn(1, positions, dim)
        tensors[f"transformer.{side}.cls_token"] = torch.randn(1, 1, dim)
        for number in range(layers):
            layer = f"transformer.{side}.layers.{number}"
            for attention in ("self_attn", "dec_enc_attn")[: 1 + (side == "decoder")]:
                for part in ("W_Q", "W_K", "W_V"):
                    add(f"{layer}.{attention}.{part}", 4 * dim, dim)
                add(f"{layer}.{attention}.linear", dim, 4 * dim)
            add(f"{layer}.pos_ffn.conv1", ffn, dim, 1)
            add(f"{layer}.pos_ffn.conv2", dim, ffn, 1)
            for norm in (1, 2, 3)[: 2 + (side == "decoder")]:
                tensors[f"{layer}.layer_norm{norm}.weight"] = 1 + 0.1 * torch.randn(dim)
                tensors[f"{layer}.layer_norm{norm}.bias"] = 0.1 * torch.randn(dim)
    tensors["projection.0.weight"] = torch.randn(head, dim) / dim**0.5
    tensors["projection.2.weight"] = torch.randn(1, head) / head**0.5
    return tensors


def write_anse(path, tensors):
    """The dictionary its training saves."""
    parameter = torch.nn.Parameter(torch.zeros(3))
    optimiser = torch.optim.Adam([parameter])
    parameter.sum().backward()
    optimiser.step()
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=50)
    states = {"optimizer_state_dict": optimiser.state_dict(), "scheduler_state_dict": scheduler.state_dict()}
    loss = (parameter * 2).sum()  # with a graph, as it is saved there
    torch.save({"epoch": 40, "model_state_dict": tensors, **states, "loss": loss}, path)
    return path


def anse_graph(tensors, reference, difference):
    """Its graph on two B × 1920 × h × w feature maps, straight from the file's tensors: scores (B,)."""

    def tokens(side, features):
        name = f"conv_{side[:3]}"
        x = F.conv2d(features, tensors[f"{name}.weight"], tensors[f"{name}.bias"]).flatten(2).mT
        x = torch.cat([tensors[f"transformer.{side}.cls_token"].expand(len(x), -1, -1), x], dim=1)
        return x + tensors[f"transformer.{side}.pos_embedding"]

    def attend(name, queries, memory, mask):
        def project(part, x):
            x = F.linear(x, tensors[f"{name}.{part}.weight"], tensors[f"{name}.{part}.bias"])
            return x.view(*x.shape[:2], 4, -1).transpose(1, 2)

        query, key, value = project("W_Q", queries), project("W_K", memory), project("W_V", memory)
        scores = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(mask, -1e9)
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        return F.linear(mixed, tensors[f"{name}.linear.weight"], tensors[f"{name}.linear.bias"])

    def feed_forward(name, x):
        x = F.gelu(F.conv1d(x.mT, tensors[f"{name}.conv1.weight"], tensors[f"{name}.conv1.bias"]))
        return F.conv1d(x, tensors[f"{name}.conv2.weight"], tensors[f"{name}.conv2.bias"]).mT

    def normalise(name, x):
        return F.layer_norm(x, x.shape[-1:], tensors[f"{name}.weight"], tensors[f"{name}.bias"], eps=1e-12)

    memory, x = tokens("encoder", difference), tokens("decoder", reference)
    nothing = torch.zeros(x.shape[1], x.shape[1], dtype=torch.bool)
    future = torch.ones_like(nothing).triu(1)
    for number in range(sum(name.endswith("dec_enc_attn.W_Q.weight") for name in tensors)):
        layer = f"transformer.encoder.layers.{number}"
        memory = normalise(f"{layer}.layer_norm1", memory + attend(f"{layer}.self_attn", memory, memory, nothing))
        memory = normalise(f"{layer}.layer_norm2", memory + feed_forward(f"{layer}.pos_ffn", memory))
    for number in range(sum(name.endswith("dec_enc_attn.W_Q.weight") for name in tensors)):
        layer = f"transformer.decoder.layers.{number}"
        x = normalise(f"{layer}.layer_norm1", x + attend(f"{layer}.self_attn", x, x, future))
        x = normalise(f"{layer}.layer_norm2", x + attend(f"{layer}.dec_enc_attn", x, memory, nothing))
        x = normalise(f"{layer}.layer_norm3", x + feed_forward(f"{layer}.pos_ffn", x))
    return (F.linear(x[:, 0], tensors["projection.0.weight"]).relu() @ tensors["projection.2.weight"].T)[:, 0]


@pytest.fixture(scope="module")
def trunk():
    """timm's own Inception-ResNet-V2, its first layers random, the rest without memory."""
    torch.manual_seed(4)
    with torch.device("meta"):
        network = import_timm().create_model("inception_resnet_v2")
    needed = ("conv2d_", "mixed_5b", "repeat.")
    tensors = {}
    for name, tensor in network.state_dict().items():
        if name.startswith(needed) and "conv2d_7b" not in name:
            scale = (2 / tensor[0].numel()) ** 0.5 if tensor.ndim == 4 else 0.1
            value = scale * torch.randn(tensor.shape)
            value = value.abs() + 0.5 if name.endswith("running_var") else value
            tensors[name] = value.to(tensor.dtype) + (1 if name.endswith("bn.weight") else 0)
    network.load_state_dict(tensors, strict=False, assign=True)
    return network.eval(), tensors


def timm_features(network, images):
    """mixed_5b and block35 number 2, 4, 6, 8 and 10 of timm's network, by hooks, for images in [0, 1]."""
    maps = []
    layers = (network.mixed_5b, *(network.repeat[index] for index in (1, 3, 5, 7, 9)))
    hooks = [layer.register_forward_hook(lambda *answer: maps.append(answer[-1].clone())) for layer in layers]
    x = (images - 0.5) / 0.5
    for name, layer in network.named_children():
        x = layer(x)
        if name == "repeat":
            break
    for hook in hooks:
        hook.remove()
    return torch.cat(maps, dim=1)


@pytest.fixture(scope="module")
def anse(tmp_path_factory, trunk):
    """Tensors of a synthetic checkpoint of its PIPAL model, the file, a backbone file, the imported model."""
    folder = tmp_path_factory.mktemp("anse")
    tensors = anse_tensors()
    source = write_anse(folder / "epoch40.pth", tensors)
    backbone = folder / "backbone.pth"
    torch.save({**trunk[1], "classif.weight": torch.zeros(2, 2)}, backbone)
    assert import_checkpoint(source, folder / "iqt-c.safetensors", backbone=backbone) == "iqt-c"
    return tensors, source, backbone, load_trained(find_model("iqt-c"), folder / "iqt-c.safetensors")


def crops(seed):
    return torch.rand(1, 3, 192, 192, generator=torch.Generator().manual_seed(seed))


def test_the_synthetic_iqt_has_the_size_of_the_published_one(anse):
    assert (len(anse[0]), sum(tensor.numel() for tensor in anse[0].values())) == (52, ANSE_PARAMETERS)


@torch.inference_mode()
def test_an_imported_iqt_gives_the_scores_of_the_original_graph(anse, trunk):
    tensors, _, _, loaded = anse
    reference, distorted = crops(1), crops(2)
    features = timm_features(trunk[0], reference)
    expected = anse_graph(tensors, features, features - timm_features(trunk[0], distorted))
    torch.testing.assert_close(loaded.model(reference, distorted), expected, rtol=0, atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize(
    "sizes",
    [{"layers": 1, "positions": 442, "head": 48}, {"layers": 2, "positions": 842, "head": 96}],
    ids=["iqt-c", "iqt"],
)
def test_the_transformer_of_both_models_agrees_on_features_of_any_scale(sizes, trunk):
    tensors = anse_tensors(dim=64, ffn=80, **sizes)
    name, config, converted = convert_iqt(tensors, backbone_from_timm(trunk[1]))
    model = find_model(name).build(config).eval()
    model.load_state_dict(converted)
    side = round((sizes["positions"] - 1) ** 0.5)
    reference, distorted = 3 * torch.randn(2, 2, 1920, side, side)
    expected = anse_graph(tensors, reference, reference - distorted)
    assert expected.std() > 1e-2
    torch.testing.assert_close(model.compare(reference, distorted), expected, rtol=0, atol=1e-5)


@torch.inference_mode()
def test_in_an_imported_iqt_the_reference_acts_through_the_difference_alone(anse):
    compare = anse[3].model.compare
    reference, difference, shift = torch.randn(3, 1, 1920, 21, 21)
    score = compare(reference, reference - difference).item()
    assert compare(reference + shift, reference + shift - difference).item() == pytest.approx(score, abs=1e-5)
    assert compare(reference, reference - 2 * difference).item() != pytest.approx(score, abs=1e-3)


def test_an_imported_iqt_keeps_the_range_and_the_shape_of_the_original(anse):
    loaded = anse[3]
    assert loaded.range == ScoreRange(0, 1)
    assert loaded.model.config == IQTConfig(
        crop=192, dim=128, layers=1, heads=4, ffn=1024, head=128, head_dim=128,
        head_bias=False, causal_decoder=True, norm_eps=1e-12, scale=1.0, offset=0.0,
    )  # fmt: skip


def test_an_iqt_checkpoint_that_lacks_tensors_is_refused_by_their_names(anse, tmp_path):
    tensors = {name: tensor for name, tensor in anse[0].items() if "layer_norm3" not in name}
    with pytest.raises(WeightsError, match=r"2 missing \(decoder.0.norm3.weight, decoder.0.norm3.bias\)"):
        import_checkpoint(write_anse(tmp_path / "a.pth", tensors), tmp_path / "out", backbone=anse[2])


def test_an_iqt_checkpoint_for_other_crops_is_refused(anse, tmp_path):
    source = write_anse(tmp_path / "a.pth", anse_tensors(positions=100))
    with pytest.raises(WeightsError, match="100 positions"):
        import_checkpoint(source, tmp_path / "out", backbone=anse[2])


def test_a_backbone_that_is_not_given_comes_from_timm(anse, tmp_path, monkeypatch, trunk):
    class Downloaded:
        def __init__(self, pretrained):
            assert pretrained

        def state_dict(self):
            return backbone_from_timm(trunk[1])

    monkeypatch.setattr("iqa_cli.models.backbones.InceptionResNetV2Prefix", Downloaded)
    import_checkpoint(anse[1], tmp_path / "out")
    tensors, _ = read_checkpoint(tmp_path / "out")
    assert all(torch.equal(tensors[name], tensor) for name, tensor in anse[3].model.state_dict().items())


def test_a_backbone_that_cannot_be_had_is_asked_for(anse, tmp_path, monkeypatch):
    def unreachable(pretrained):
        raise ConnectionError("no route to host")

    monkeypatch.setattr("iqa_cli.models.backbones.InceptionResNetV2Prefix", unreachable)
    with pytest.raises(WeightsError, match=r"no route to host.*--backbone"):
        import_checkpoint(anse[1], tmp_path / "out")
    monkeypatch.setenv("IQA_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"network is off.*--backbone"):
        import_checkpoint(anse[1], tmp_path / "out")


def test_a_model_that_the_checkpoint_is_not_of_is_a_usage_error(anse, tmp_path):
    with pytest.raises(UsageError, match="'iqt-c', not of 'iqt'"):
        import_checkpoint(anse[1], tmp_path / "out", model="iqt", backbone=anse[2])


def test_a_state_dict_of_another_kind_is_no_import(tmp_path):
    torch.save({"w": torch.zeros(3)}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="neither the official TRIQ"):
        import_checkpoint(tmp_path / "a.pth", tmp_path / "out")


def test_scoring_with_an_unconverted_iqt_points_to_the_import(anse):
    with pytest.raises(WeightsError, match="iqa weights import"):
        load_trained(find_model("iqt-c"), anse[1])


def test_the_import_command_prints_the_file_it_has_written(anse, tmp_path):
    out = tmp_path / "new" / "out.safetensors"
    result = CliRunner().invoke(app, ["import", str(anse[1]), "--out", str(out), "--backbone", str(anse[2])])
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    assert f"iqa score --model iqt-c --weights {out}" in result.stderr.replace("\n", " ")
    assert load_trained(find_model("iqt-c"), out).sha256
