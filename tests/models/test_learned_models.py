"""IQT, TRIQ and ViT-IQA as their papers and official code have them."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from networks import TINY, close, parameters_beside_the_backbone
from torch import nn

from iqa_cli.models import triq, vit_iqa
from iqa_cli.models.backbones import import_timm
from iqa_cli.models.base import mean_level
from iqa_cli.models.iqt import IQT, IQT_C, IQTConfig
from iqa_cli.models.triq import TRIQ


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


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
