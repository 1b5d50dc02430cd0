"""Published metrics against piq itself, asked as its documentation says, and what holds of equal images."""

import numpy as np
import pytest
import torch

from iqa_cli.models.backbones import import_timm
from iqa_cli.models.piq_metrics import VIF, PiqMetric
from iqa_cli.registry import SPECS, find_model

import_timm()
piq = pytest.importorskip("piq")

METRICS = [spec for spec in SPECS if spec.module == "piq" and spec.full_reference and not spec.fetches]
every_metric = pytest.mark.parametrize("spec", METRICS, ids=[spec.name for spec in METRICS])
AS_IT_IS = {"data_range": 1.0, "reduction": "none"}
DIRECT = {
    "fsim": lambda new, old: piq.fsim(new, old, chromatic=False, **AS_IT_IS),
    "fsimc": lambda new, old: piq.fsim(new, old, chromatic=True, **AS_IT_IS),
    "vsi": lambda new, old: piq.vsi(new, old, **AS_IT_IS),
    "sr-sim": lambda new, old: piq.srsim(new, old, **AS_IT_IS),
    "gmsd": lambda new, old: piq.gmsd(new, old, **AS_IT_IS),
    "ms-gmsd": lambda new, old: piq.multi_scale_gmsd(new, old, **AS_IT_IS),
    "ms-gmsdc": lambda new, old: piq.multi_scale_gmsd(new, old, chromatic=True, **AS_IT_IS),
    "haarpsi": lambda new, old: piq.haarpsi(new, old, **AS_IT_IS),
    "mdsi": lambda new, old: piq.mdsi(new, old, **AS_IT_IS),
    "vif": lambda new, old: piq.vif_p(new, old, **AS_IT_IS),
    "dss": lambda new, old: piq.dss(new, old, **AS_IT_IS),
}


def noisy(pixels, sigma=20):
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def tensor(pixels):
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None].contiguous()


@every_metric
@pytest.mark.parametrize("shape", [(64, 64), (75, 101)], ids=str)
def test_a_score_is_exactly_what_piq_says_of_distorted_and_reference(spec, untrained, photo, shape):
    pixels = photo(*shape)
    expected = DIRECT[spec.name](tensor(noisy(pixels)), tensor(pixels)).item()
    model = untrained(spec.name)
    assert model(tensor(pixels), tensor(noisy(pixels))).item() == expected
    assert model.score(pixels, noisy(pixels)) == pytest.approx(expected, abs=1e-6)


@every_metric
@pytest.mark.parametrize("value", [None, 0, 255], ids=["photo", "black", "white"])
def test_equal_images_have_exactly_the_best_score_and_a_gradient_of_zero(spec, untrained, batch, value):
    side = max(spec.minimum, 48)
    images = batch(side, side) if value is None else torch.full((1, 3, side, side), value / 255)
    same = images.clone().requires_grad_()
    score = untrained(spec.name)(images, same)
    assert score.item() == (1 if spec.range.higher_is_better else 0)
    score.sum().backward()
    assert (same.grad == 0).all()


@every_metric
def test_the_gradient_is_a_number_where_pixels_are_black(spec, untrained, batch):
    reference = batch(64, 64)
    distorted = (reference - 0.3).clamp(0, 1).requires_grad_()
    untrained(spec.name)(reference, distorted).sum().backward()
    assert distorted.grad.isfinite().all() and distorted.grad.abs().max() > 0


def test_more_contrast_than_the_reference_has_lifts_vif_above_1(batch):
    reference = 0.25 + batch(64, 64) / 2
    assert PiqMetric(VIF)(reference, (1.4 * (reference - 0.5) + 0.5).clamp(0, 1)).item() > 1


@every_metric
def test_what_a_reader_must_know_is_declared(spec):
    assert spec.extra == "metrics" and "piq" in spec.variant and len(spec.paper) > 40
    assert spec.range.low is not None and find_model(spec.name) is spec
