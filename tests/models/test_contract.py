"""What every model keeps to because the registry declares it; a new model is tested by being listed."""

import io
import math
from dataclasses import is_dataclass

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from iqa_cli.engine.crops import CropRule
from iqa_cli.engine.executor import Executor
from iqa_cli.engine.pieces import Sample
from iqa_cli.errors import ImageError, UsageError
from iqa_cli.models.attention import Attentive
from iqa_cli.models.base import FullReference, NoReference
from iqa_cli.registry import SPECS, Spec, find_model

# A learned full-reference model ends in a linear layer: it is trained into its range, not held there.
SLACK = 0.5


def param(spec):
    """A test of this model, skipped where something is not installed that it needs."""
    return pytest.param(
        spec, id=spec.name, marks=pytest.mark.skipif(bool(spec.missing), reason=f"needs {spec.missing}")
    )


every_model = pytest.mark.parametrize("spec", [param(spec) for spec in SPECS])
every_loss = pytest.mark.parametrize("spec", [param(spec) for spec in SPECS if spec.gradient])


def side(spec):
    """A side in px that is quick and yet enough."""
    return max(spec.minimum, 64)


def images(spec, pixels, worse):
    """What the model is asked: a pair, or the worse image alone."""
    return (pixels, worse) if spec.full_reference else (worse,)


def noisy(pixels, sigma=30):
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def blurred(pixels):
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(5)))


def blocky(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=3)
    return np.asarray(Image.open(file))


RUINED = {"noise": lambda pixels: noisy(pixels, 80), "blur": blurred, "jpeg": blocky}


def executor(scorer, batch_size=None):
    return Executor(scorer.spec, scorer.model, device=torch.device("cpu"), rule=CropRule(2), batch_size=batch_size)


def samples_of(spec, pieces):
    """Each piece with noise, and the piece itself as reference where the model takes one."""
    unit = [(piece.astype(np.float32) / 255, noisy(piece).astype(np.float32) / 255) for piece in pieces]
    if not spec.full_reference:
        return [Sample(worse) for _, worse in unit]
    return [Sample(worse, piece, f"reference {number}") for number, (piece, worse) in enumerate(unit)]


@every_model
def test_a_spec_names_a_class_of_its_kind_and_a_frozen_config(spec: Spec):
    config = spec.default_config()
    assert is_dataclass(config) and config.__dataclass_params__.frozen
    with torch.device("meta"):
        model = spec.build()
    assert isinstance(model, FullReference if spec.full_reference else NoReference)
    assert model.config == config


@every_model
def test_what_the_registry_says_of_a_model_is_what_its_class_is(spec):
    with torch.device("meta"):
        model = spec.build()
    assert spec.maps == isinstance(model, Attentive)
    assert spec.crop == getattr(model.config, "crop", None)  # of a weight file, the crop it was trained with
    assert model.border == 0


@every_model
def test_the_pieces_of_an_image_are_pooled_by_its_model(spec, untrained, batch):
    model, several = untrained(spec.name).model, batch(side(spec), side(spec), 3)
    with torch.no_grad():
        references = [model.encode(several.flip(0))] if spec.full_reference else []
        outputs = model.outputs(*references, several)
        alone = torch.stack([model.pool(output[None]) for output in outputs])
    torch.testing.assert_close(model.pool(outputs), alone.mean())
    torch.testing.assert_close(model.pool(outputs[:, None].expand(-1, 2, *outputs.shape[1:])), alone.mean().expand(2))
    facts = model.details(outputs, cropped=True)
    assert (facts["crops"], facts["crop_max"]) == (3, pytest.approx(alone.max().item()))
    assert "crops" not in model.details(outputs, cropped=False)


@every_model
def test_what_a_model_learns_from_is_the_score_it_gives(spec, untrained, batch):
    model, several = untrained(spec.name).model, batch(side(spec), side(spec), 4)
    references = several[:2].flip(-1)
    asked = (references.repeat_interleave(2, dim=0), several)[-1 - spec.full_reference :]
    with torch.no_grad():
        predicted = model.predict(several, references)
        wanted = model(*asked)
        loss = model.loss(predicted, torch.full((4,), 3.0), torch.full((4, 5), 0.2))
    torch.testing.assert_close(model.scores(predicted), wanted, rtol=1e-4, atol=1e-4)
    assert loss.shape == (4,) and (loss >= 0).all()


def test_names_are_unique_and_an_unknown_one_is_answered_with_the_closest():
    assert len({spec.name for spec in SPECS}) == len(SPECS)
    assert find_model("IQT-C").name == "iqt-c"
    with pytest.raises(UsageError, match="no model 'ssmi': did you mean 'ssim'"):
        find_model("ssmi")
    with pytest.raises(UsageError, match="there are, with a reference: iqt, iqt-c, iqt-lite"):
        find_model("?")


@every_model
def test_the_same_input_gives_the_same_score(spec, untrained, photo):
    scorer, pixels = untrained(spec.name), photo(side(spec), side(spec) + 9)
    asked = images(spec, pixels, noisy(pixels))
    assert scorer.score(*asked) == scorer.score(*asked)


@every_model
def test_an_image_scores_the_same_alone_and_in_any_batch(spec, untrained, photo):
    scorer = untrained(spec.name)
    pieces = [photo(side(spec), side(spec), number) for number in range(3)] + [photo(side(spec) + 8, side(spec))]
    samples = samples_of(spec, pieces)
    alone = [executor(scorer).score([one])[0].value for one in samples]
    assert len(set(alone)) == len(alone)  # else agreement would say nothing
    for batch_size in (1, 4):
        together = executor(scorer, batch_size).score(samples)
        assert [score.value for score in together] == pytest.approx(alone, abs=1e-4)


@every_model
@pytest.mark.parametrize("shape", [(0, 0), (37, 53), (32, 700), (300, 33)], ids=str)
def test_any_size_from_the_minimum_on_is_scored(spec, untrained, photo, shape):
    height, width = (max(length, spec.minimum) for length in shape)
    pixels = photo(height, width)
    score = untrained(spec.name).score(*images(spec, pixels, noisy(pixels)))
    assert math.isfinite(score)


@pytest.mark.parametrize("spec", [param(spec) for spec in SPECS if spec.minimum > 1])
def test_an_image_below_the_minimum_costs_its_own_sample_only(spec, untrained, photo):
    scorer, least = untrained(spec.name), spec.minimum
    fits, small = photo(least, least), photo(least + 9, least - 1)
    first, second, third = executor(scorer).score(samples_of(spec, (fits, small, fits)))
    assert (first.status, second.status, third.status) == ("ok", "error", "ok")
    assert f"{least - 1}x{least + 9}" in second.details["reason"]
    assert f"{spec.name} needs {least} px" in second.details["reason"]
    with pytest.raises(ImageError, match=f"needs {least} px"):
        scorer.score(*images(spec, small, noisy(small)))


@every_loss
def test_a_gradient_reaches_the_distorted_image(spec, untrained, batch):
    reference = batch(side(spec), side(spec))
    noise = torch.rand(reference.shape, generator=torch.Generator().manual_seed(0))
    distorted = (0.8 * reference + 0.2 * noise).requires_grad_()
    untrained(spec.name)(*images(spec, reference, distorted)).sum().backward()
    assert distorted.grad.isfinite().all()
    assert distorted.grad.abs().max() > 0


@every_model
def test_scores_lie_in_the_declared_range(spec, trained, photo):
    scorer, pixels = trained(spec.name), photo(192, 192)
    slack = SLACK if spec.trained and spec.full_reference else 0
    for worse in (pixels, noisy(pixels, 5), *(ruin(pixels) for ruin in RUINED.values())):
        score = scorer.score(*images(spec, pixels, worse))
        assert spec.range.low is None or score >= spec.range.low - slack
        assert spec.range.high is None or score <= spec.range.high + slack


@every_model
@pytest.mark.parametrize("ruin", RUINED)
def test_a_ruined_image_scores_worse(spec, trained, photo, ruin):
    scorer, pixels = trained(spec.name), photo(192, 192)
    good = scorer.score(*images(spec, pixels, noisy(pixels, 2)))
    bad = scorer.score(*images(spec, pixels, RUINED[ruin](pixels)))
    assert bad < good if scorer.higher_is_better else bad > good
