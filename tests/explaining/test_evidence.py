"""The head over features of cells, and its file."""

import json
from dataclasses import replace

import pytest
import torch

from iqa_cli.errors import UsageError, WeightsError
from iqa_cli.explaining.evidence import Evidence, EvidenceConfig
from iqa_cli.explaining.explainers import explained, load_explainer, read_head, weight_for
from iqa_cli.explaining.flaws import NAMES
from iqa_cli.models.base import Telling
from iqa_cli.registry import find_model, names
from iqa_cli.weights import default_weight, load_trained, locate, save_weights
from iqa_cli.weights.state_dicts import read_checkpoint

SMALL = EvidenceConfig(features=12, dim=8)
EXPLAINED = [name for name in names() if weight_for(name)]


@pytest.fixture
def head():
    torch.manual_seed(0)
    return Evidence(SMALL).eval()


@torch.no_grad()
def test_an_image_and_each_of_its_cells_get_evidence_for_every_flaw(head):
    image, local = head(torch.randn(2, 12, 3, 5))
    assert image.shape == (2, len(NAMES))
    assert local.shape == (2, len(NAMES), 3, 5)


@torch.no_grad()
def test_an_image_is_judged_alike_alone_and_in_a_batch_and_mirrored(head):
    cells = torch.randn(3, 12, 4, 4)
    together, _ = head(cells)
    alone, _ = head(cells[1:2])
    assert torch.allclose(together[1:2], alone, atol=1e-5)
    mirrored, _ = head(cells.flip(-1))
    assert torch.allclose(together, mirrored, atol=1e-5)


@torch.no_grad()
def test_calibration_is_a_slope_and_an_offset_of_the_logits(head):
    cells = torch.randn(2, 12, 3, 3)
    head.slope[0], head.offset[0], head.slope[1], head.offset[1] = 2.0, -1.0, 0.5, 3.0
    (image, local), (told, shown) = head(cells), head.calibrated(head.seen(cells))
    assert torch.allclose(told, 2 * image - 1)
    assert torch.allclose(shown, 0.5 * local + 3)


@pytest.mark.parametrize("name", EXPLAINED)
def test_each_embedded_head_belongs_to_the_default_weights_of_its_model_and_knows_the_flaws(name):
    """Who gives a model other weights fits the head anew: benchmarks/train_flaws.py."""
    weight, spec = weight_for(name), find_model(name)
    assert weight.explains == default_weight(name).sha256
    assert weight.size < 2_000_000
    assert not weight.default
    _, metadata = read_checkpoint(locate(weight))
    assert tuple(json.loads(metadata["iqa.config"])["flaws"]) == NAMES
    assert metadata["iqa.explains"] == weight.explains
    explainer = load_explainer(spec, load_trained(spec))
    assert isinstance(load_trained(spec).model, Telling)
    assert explainer.to_document()["sha256"] == weight.sha256
    assert (explainer.head.slope > 0).all()


def test_a_head_does_not_read_the_features_of_other_weights():
    spec = find_model("triq-lite")
    other = replace(load_trained(spec), sha256="0" * 64, path="mine.safetensors")
    with pytest.raises(WeightsError, match=r"mine\.safetensors: leave out --weights, or --explain"):
        load_explainer(spec, other)


def test_a_model_without_a_head_is_not_explained():
    assert load_explainer(find_model("triq"), load_trained(find_model("triq"))) is None
    with pytest.raises(UsageError, match="none of these models can say why; these can: triq-lite"):
        explained([find_model("triq"), find_model("psnr")])
    assert explained([find_model("psnr"), find_model("triq-lite")]) == ("triq-lite",)


def test_a_file_of_something_else_is_no_head(tmp_path, head):
    path = tmp_path / "x.safetensors"
    save_weights(path, "x", SMALL, {"a": torch.zeros(1)})
    with pytest.raises(WeightsError, match="holds no head that tells flaws"):
        read_head(path)
    save_weights(path, "x", SMALL, head.state_dict())
    assert read_head(path).config == SMALL
