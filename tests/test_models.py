"""The networks against other implementations: timm's whole models, torch.nn's Transformer, closed forms."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from iqa_cli.models import triq, vit_iqa
from iqa_cli.models.backbones import InceptionResNetV2Prefix, fold_batchnorm, import_timm, resnet50
from iqa_cli.models.base import mean_level
from iqa_cli.models.iqt import IQT, IQT_C, IQTConfig, feature_size
from iqa_cli.models.layers import Attention, DecoderLayer, EncoderLayer, FeedForward, Tokens
from iqa_cli.models.triq import TRIQ

TINY = replace(IQT_C, crop=128, dim=16, heads=2, ffn=32, head=8)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def close(a, b, tolerance=1e-5):
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def parameters_beside_the_backbone(model):
    return sum(p.numel() for name, p in model.named_parameters() if not name.startswith("backbone."))


@torch.no_grad()
def randomise_batchnorm(model):
    """Eval mode, with statistics and scales as training leaves them, far from those of a new layer."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
            layer.weight.uniform_(0.5, 1.5)
            layer.bias.normal_(0, 0.1)
    return model.eval()


# Inception-ResNet-V2


@torch.no_grad()
def test_the_inception_prefix_gives_the_six_maps_of_timms_whole_network(batch):
    whole = randomise_batchnorm(import_timm().create_model("inception_resnet_v2"))
    prefix = InceptionResNetV2Prefix().eval()
    for own, name in zip(prefix.stem, prefix.STEM, strict=True):
        own.load_state_dict(whole.get_submodule(name).state_dict())
    prefix.mixed_5b.load_state_dict(whole.mixed_5b.state_dict())
    prefix.block35.load_state_dict(whole.repeat.state_dict())

    maps = []
    for name in ("mixed_5b", "repeat.1", "repeat.3", "repeat.5", "repeat.7", "repeat.9"):
        whole.get_submodule(name).register_forward_hook(lambda _layer, _input, output: maps.append(output))
    images = batch(128, 144, 2)
    whole.forward_features(images * 2 - 1)
    expected = torch.cat(maps, dim=1)
    assert expected.shape[1] == prefix.CHANNELS == 1920
    close(prefix(images), expected, 1e-6)


def test_the_inception_prefix_starts_from_the_seed_and_nothing_of_it_is_left_uninitialised():
    torch.manual_seed(5)
    first = InceptionResNetV2Prefix().state_dict()
    torch.manual_seed(5)
    second = InceptionResNetV2Prefix().state_dict()
    for name, value in first.items():
        assert value.isfinite().all() and torch.equal(value, second[name]), name


@pytest.mark.parametrize(("crop", "side"), [(128, 13), (192, 21), (224, 25), (256, 29), (288, 33)])
def test_the_side_of_the_feature_map_follows_from_the_crop(crop, side):
    assert feature_size(crop) == side
    images = torch.empty(1, 3, crop, crop, device="meta")  # shapes alone
    assert InceptionResNetV2Prefix().to("meta")(images).shape == (1, 1920, side, side)


# Transformer


def copy_attention(ours, theirs):
    with torch.no_grad():
        for part in ("weight", "bias"):
            inputs = [getattr(layer, part) for layer in (ours.query, ours.key, ours.value)]
            getattr(theirs, f"in_proj_{part}").copy_(torch.cat(inputs))
            getattr(theirs.out_proj, part).copy_(getattr(ours.out, part))


def copy_layer(ours, theirs):
    """Weights of our encoder or decoder layer into torch.nn's; both in eval mode."""
    copy_attention(ours.attention, theirs.self_attn)
    if isinstance(ours, DecoderLayer):
        copy_attention(ours.cross_attention, theirs.multihead_attn)
        theirs.norm3.load_state_dict(ours.norm3.state_dict())
    theirs.linear1.load_state_dict(ours.ffn.first.state_dict())
    theirs.linear2.load_state_dict(ours.ffn.second.state_dict())
    theirs.norm1.load_state_dict(ours.norm1.state_dict())
    theirs.norm2.load_state_dict(ours.norm2.state_dict())
    for parameter in (*ours.parameters(), *theirs.parameters()):
        parameter.requires_grad_(False)
    ours.eval(), theirs.eval()


@torch.no_grad()
def randomise_norms(layer):
    for norm in layer.modules():
        if isinstance(norm, nn.LayerNorm):
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_()


THEIRS = {"dropout": 0.1, "batch_first": True, "norm_first": False}


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_an_encoder_layer_is_torchs_post_norm_encoder_layer(activation):
    ours = EncoderLayer(32, 4, 64, activation, eps=1e-3)
    randomise_norms(ours)
    theirs = nn.TransformerEncoderLayer(32, 4, 64, activation=activation, layer_norm_eps=1e-3, **THEIRS)
    copy_layer(ours, theirs)
    x = torch.randn(2, 7, 32)
    close(ours(x), theirs(x))


@pytest.mark.parametrize("causal", [False, True])
def test_a_decoder_layer_is_torchs_post_norm_decoder_layer(causal):
    ours = DecoderLayer(32, 4, 64, causal=causal)
    randomise_norms(ours)
    theirs = nn.TransformerDecoderLayer(32, 4, 64, activation="gelu", **THEIRS)
    copy_layer(ours, theirs)
    x, memory = torch.randn(2, 7, 32), torch.randn(2, 9, 32)
    mask = nn.Transformer.generate_square_subsequent_mask(7) if causal else None
    close(ours(x, memory), theirs(x, memory, tgt_mask=mask))


@torch.no_grad()
@pytest.mark.parametrize("causal", [False, True])
def test_the_first_token_alone_is_what_it_is_among_all(causal):
    layer = DecoderLayer(32, 4, 64, causal=causal).eval()
    x, memory = torch.randn(2, 7, 32), torch.randn(2, 9, 32)
    close(layer(x, memory, first_only=True), layer(x, memory)[:, :1])


@torch.no_grad()
def test_heads_may_be_wider_than_their_share():
    attention = Attention(32, 4, head_dim=24)
    x = torch.randn(2, 7, 32)
    q, k, v = (f(x).view(2, 7, 4, 24).transpose(1, 2) for f in (attention.query, attention.key, attention.value))
    mixed = torch.softmax(q @ k.mT / 24**0.5, dim=-1) @ v
    close(attention(x, x), attention.out(mixed.transpose(1, 2).reshape(2, 7, 96)))


@torch.no_grad()
@pytest.mark.parametrize(
    ("activation", "theirs"), [("relu", nn.ReLU()), ("gelu", nn.GELU()), ("gelu-tanh", nn.GELU(approximate="tanh"))]
)
def test_a_feed_forward_is_two_linear_layers_around_its_activation(activation, theirs):
    ours = FeedForward(8, 16, activation, out=5)
    x = torch.randn(3, 8)
    close(ours(x), nn.Sequential(ours.first, theirs, ours.second)(x))


@torch.no_grad()
def test_tokens_run_row_by_row_behind_the_quality_token_and_take_the_first_positions():
    tokens = Tokens(1 + 12, 4)
    tokens.quality.fill_(-1)
    tokens.positions.copy_(torch.arange(13.0).view(1, 13, 1) / 100)
    rows_and_columns = torch.stack([torch.arange(2).view(2, 1).expand(2, 3), torch.arange(3).expand(2, 3)]).float()
    features = torch.cat([rows_and_columns, torch.zeros(2, 2, 3)])[None]
    sequence = tokens(features)
    content = sequence - torch.arange(7.0).view(1, 7, 1) / 100
    close(content[0, 0], torch.full((4,), -1.0))
    close(content[0, 1:, :2], torch.tensor([[r, c] for r in (0.0, 1.0) for c in (0.0, 1.0, 2.0)]))


# IQT


@pytest.mark.parametrize(("config", "parameters"), [(IQTConfig(), 5_233_665), (IQT_C, 1_347_841)], ids=["iqt", "iqt-c"])
def test_iqt_has_the_parameters_that_its_description_adds_up_to(config, parameters):
    with torch.device("meta"):
        assert parameters_beside_the_backbone(IQT(config)) == parameters


def test_iqt_has_a_position_for_every_cell_of_its_crop():
    assert (IQTConfig().tokens, IQT_C.tokens) == (841, 441)


@torch.no_grad()
@pytest.mark.parametrize("causal", [False, True])
def test_the_reference_itself_reaches_the_score_unless_the_decoder_is_causal(causal):
    model = IQT(replace(TINY, causal_decoder=causal)).eval()
    reference, difference, change = torch.randn(3, 2, 1920, 5, 5)
    score = model.compare(reference, reference - difference)
    same_difference = model.compare(reference + change, reference + change - difference)
    other_difference = model.compare(reference, reference - difference - change)
    assert not torch.allclose(score, other_difference, atol=1e-3)
    assert torch.allclose(score, same_difference, atol=1e-4) == causal


@torch.no_grad()
def test_the_score_is_scaled_and_shifted_as_configured():
    features = torch.randn(2, 3, 1920, 5, 5)
    torch.manual_seed(1)
    plain = IQT(replace(TINY, scale=1.0, offset=0.0)).eval().compare(*features)
    torch.manual_seed(1)
    close(IQT(TINY).eval().compare(*features), 1 + 4 * plain)


# TRIQ


def test_triq_has_the_parameters_of_the_official_model_beside_its_backbone():
    with torch.device("meta"):
        assert parameters_beside_the_backbone(TRIQ()) == 91_301


@pytest.mark.parametrize(
    ("width", "height", "pooled"),
    [(1024, 768, (16, 12)), (512, 384, (16, 12)), (768, 512, (12, 8)), (224, 224, (7, 7))],
)
def test_triq_pools_as_the_official_code_at_its_training_sizes(width, height, pooled):
    cells = -(-height // 32), -(-width // 32)
    by_height, by_width = triq.pool_size(*cells, 192)
    assert (cells[1] // by_width, cells[0] // by_height) == pooled


@given(st.integers(32, 8000), st.integers(32, 8000))
def test_triq_never_has_more_tokens_than_positions_and_pools_no_more_than_it_must(height, width):
    cells = -(-height // 32), -(-width // 32)
    pool = triq.pool_size(*cells, 192)
    features = torch.empty(1, 1, *cells, device="meta")
    assert 1 <= nn.functional.max_pool2d(features, pool).numel() <= 192
    if max(pool) > 1:
        less = [min(max(pool) - 1, side) for side in cells]
        assert nn.functional.max_pool2d(features, less).numel() > 192


@torch.no_grad()
def test_triqs_score_is_the_mean_of_its_level_distribution(batch):
    model, images = TRIQ().eval(), batch(64, 96, 2)
    distribution = model.distribution(images)
    close(distribution.sum(dim=-1), torch.ones(2))
    close(distribution, model.logits(images).softmax(-1))
    close(model(images), sum(level * distribution[:, level - 1] for level in range(1, 6)))
    assert mean_level(torch.eye(5)).tolist() == [1, 2, 3, 4, 5]


@torch.no_grad()
def test_triq_normalises_as_its_backbone_was_trained(batch):
    seen, images = [], batch(32, 32)
    for normalisation, mean, std in (
        ("imagenet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("symmetric", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ):
        model = TRIQ(replace(TRIQ().config, normalisation=normalisation)).eval()
        model.backbone.register_forward_pre_hook(lambda _layer, inputs: seen.append(inputs[0]))
        model(images)
        close(seen[-1], (images - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1))


# ResNet-50


@torch.no_grad()
def test_the_stride_may_lie_in_the_first_convolution_with_other_numbers_of_the_same_shape(batch):
    modern, early = randomise_batchnorm(resnet50()), resnet50(stride_in_1x1=True).eval()
    early.load_state_dict(modern.state_dict())
    strides = {
        net: [[getattr(stage[0], conv).stride[0] for conv in ("conv1", "conv2", "conv3")] for stage in
              (net.layer1, net.layer2, net.layer3, net.layer4)]
        for net in (modern, early)
    }  # fmt: skip
    assert strides[modern] == [[1, 1, 1]] + 3 * [[1, 2, 1]]
    assert strides[early] == [[1, 1, 1]] + 3 * [[2, 1, 1]]
    images = batch(64, 96)
    a, b = modern(images), early(images)
    assert a.shape == b.shape == (1, 2048, 2, 3)
    assert (a - b).abs().max() > 0.1 * a.abs().max()


@torch.no_grad()
@pytest.mark.parametrize("build", [InceptionResNetV2Prefix, resnet50, TRIQ], ids=["inception", "resnet50", "triq"])
def test_folding_batchnorm_leaves_none_of_it_and_the_same_output(build, batch):
    model = randomise_batchnorm(build())
    images = batch(96, 80, 2)
    before = model(images)
    fold_batchnorm(model)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())
    after = model(images)
    assert (after - before).abs().max() < 1e-5 * before.abs().max()


# ViT-IQA


@pytest.mark.parametrize(("width", "pool"), [(2, 1), (23, 1), (24, 2), (63, 2), (64, 4), (200, 4)])
def test_vit_iqa_pools_by_the_width_of_the_patch_grid(width, pool):
    assert vit_iqa.pool_size(width) == pool
    pooled = vit_iqa.pool(torch.empty(1, 3, 8, width))
    assert pooled.shape == (1, 3, 8 // pool, width // pool)
    assert vit_iqa.pool(torch.empty(1, 3, 1, width)).shape == (1, 3, 1, width // pool)


@torch.no_grad()
@pytest.mark.parametrize("name", ["vit-iqa", "r50-vit-iqa"])
def test_vit_iqa_is_timms_vit_where_nothing_is_pooled(name, untrained, batch):
    model = untrained(name).model
    with torch.device("meta"):
        theirs = import_timm().create_model(model.config.trunk.split(".")[0], num_classes=0, dynamic_img_size=True)
    theirs.load_state_dict(model.trunk.state_dict(), assign=True)
    images = batch(96, 80, 2)
    quality = theirs.eval().forward_features(images * 2 - 1)[:, 0]
    close(model.logits(images), model.head(quality), 1e-4)


@torch.no_grad()
@pytest.mark.parametrize("name", ["vit-iqa", "r50-vit-iqa"])
def test_vit_iqas_positions_are_the_learnt_ones_at_the_native_grid(name, untrained):
    model = untrained(name).model
    assert torch.equal(model._positions((24, 24)), model.trunk.pos_embed)


@torch.no_grad()
def test_edges_that_fill_no_patch_are_left_out(untrained, batch):
    model, images = untrained("vit-iqa").model, batch(47, 63)
    close(model(images), model(images[..., :32, :48]))


# timm beside a torchvision of another build

BROKEN_TORCHVISION = """
import torch
# What torchvision's Python part does on import; its compiled part would have declared the operators.
for name in ("nms", "qnms"):
    torch.library.register_fake(f"torchvision::{name}")(lambda *arguments: None)
"""


def import_timm_in_a_fresh_process(folder, timm):
    (folder / "timm.py").write_text(timm)
    paths = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
    code = "from iqa_cli.models.backbones import import_timm; print(import_timm().__name__)"
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )


def test_timm_is_imported_beside_a_torchvision_without_its_compiled_part(tmp_path):
    (tmp_path / "torchvision.py").write_text(BROKEN_TORCHVISION)
    ended = import_timm_in_a_fresh_process(tmp_path, "import torchvision")
    assert ended.stdout == "timm\n", ended.stderr


def test_another_fault_of_timm_is_not_hidden(tmp_path):
    ended = import_timm_in_a_fresh_process(tmp_path, "raise RuntimeError('no such luck')")
    assert ended.returncode == 1 and "no such luck" in ended.stderr
