"""What a recipe asks of a run: frozen parts, seeds, parts of batches, averages, best weights, precision."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from miniature import CPU, log_of, pairs, same_tensors, short_recipe
from torch import nn

from iqa_cli.errors import IqaError
from iqa_cli.registry import find_model
from iqa_cli.training import checkpoint, loop
from iqa_cli.training.checkpoint import Run
from iqa_cli.training.gather import gather
from iqa_cli.training.loop import step
from iqa_cli.training.parallel import Process
from iqa_cli.training.recipe_parts import Stage
from iqa_cli.training.validation import Predictions


@pytest.fixture
def data(tmp_path):
    """The miniature pairs, gathered."""
    return gather(short_recipe(), {"mine": pairs(tmp_path / "pairs")}, report=lambda message: None)


def trained(recipe, data, out):
    """The model that `loop.train` returns, its batches made in this process."""
    return loop.train(recipe, data, out, device=CPU, workers=0, report=lambda message: None)


def test_a_frozen_backbone_gets_no_gradient_and_keeps_its_statistics(data, tmp_path):
    torch.manual_seed(0)
    before = find_model("iqt-c").build().state_dict()
    after = trained(short_recipe(ema=0), data, tmp_path / "out")
    backbone = {name: value for name, value in before.items() if name.startswith("backbone.")}
    same_tensors(backbone, {name: after.state_dict()[name] for name in backbone})
    assert any("running_mean" in name for name in backbone)
    assert all(p.grad is None and not p.requires_grad for p in after.backbone.parameters())
    assert not torch.equal(after.head.second.weight, before["head.second.weight"])


def test_one_seed_gives_the_same_weights_and_another_others(data, tmp_path):
    recipe = short_recipe(stages=(Stage("rated", steps=2, crop=64, batch=2, lr=1e-3),))
    one, again = (trained(recipe, data, tmp_path / name).state_dict() for name in "ab")
    same_tensors(one, again)
    other = trained(replace(recipe, seed=1), data, tmp_path / "c").state_dict()
    assert not torch.equal(one["head.first.weight"], other["head.first.weight"])


def begun(data, out, **changed):
    """A run before its first step, without dropout, and its first batch of six pairs."""
    stage = Stage("rated", steps=1, crop=64, batch=6, lr=1e-3)
    recipe = short_recipe(stages=(stage,), clip=0, ema=0, **changed)
    begun = Run(recipe, data, out, CPU, Process())
    begun.training_mode()
    for module in begun.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    for group in begun.optimiser.param_groups:
        group["lr"] = 1e-3
    return begun, loop.Batches(recipe, data)[0]


def test_a_batch_in_parts_makes_the_step_of_the_whole(data, tmp_path):
    found = []
    for parts in (1, 3):
        one, batch = begun(data, tmp_path)
        loss = step(one, batch, parts)
        found.append((loss, {n: p.grad for n, p in one.model.named_parameters() if p.requires_grad}))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    same_tensors(found[0][1], found[1][1], rtol=1e-3, atol=1e-6)


def test_the_norm_of_the_gradient_is_clipped_to_the_recipes(data, tmp_path):
    norms = {}
    for clip in (0, 0.01):
        one, batch = begun(data, tmp_path)
        one.recipe = replace(one.recipe, clip=clip)
        step(one, batch, 1)
        norms[clip] = torch.stack([p.grad.norm() for p in one.model.parameters() if p.grad is not None]).norm().item()
    assert norms[0] > 0.01 and norms[0.01] == pytest.approx(0.01, rel=1e-3)


def test_a_gradient_that_is_not_finite_ends_the_run_before_it_spoils_a_checkpoint(data, tmp_path):
    for clip in (1.0, 0.0):
        out = tmp_path / str(clip)
        recipe = short_recipe(stages=(Stage("rated", steps=4, crop=64, batch=2, lr=1e30),), clip=clip)
        with pytest.raises(IqaError, match=f"step 2: the gradient is not finite.*{out} has the last checkpoint"):
            trained(recipe, data, out)
        kept = checkpoint.load_state(out / "last.pt")
        assert kept["position"]["step"] == 1 and all(t.isfinite().all() for t in kept["model"].values())


def test_the_result_is_the_average_of_the_weights_where_there_is_one(data, tmp_path):
    stages = (Stage("rated", steps=2, crop=64, batch=2, lr=1e-3),)
    result = trained(short_recipe(stages=stages), data, tmp_path / "averaged").state_dict()
    saved = checkpoint.load_state(tmp_path / "averaged" / "last.pt")
    same_tensors(saved["average"]["state"], {name: result[name] for name in saved["average"]["state"]})
    assert not torch.equal(result["head.first.weight"], saved["model"]["head.first.weight"])
    plain = trained(short_recipe(stages=stages, ema=0), data, tmp_path / "plain").state_dict()
    same_tensors(saved["model"], plain)


@pytest.fixture
def judged(monkeypatch):
    """`judged(0.1, 0.5, ...)`: the SROCC that each validation will find; gives the heads' weights it then saw."""

    def scripted(*sroccs):
        coming, seen = iter(sroccs), []

        def evaluate(model, average, *rest):
            weights = average.state if average else model.state_dict()
            seen.append(weights["head.first.weight"].clone())
            return found(next(coming))

        monkeypatch.setattr(loop, "evaluate", evaluate)
        return seen

    return scripted


def found(srocc):
    agreement = Predictions(np.arange(3.0), np.arange(3.0), np.zeros(3))
    object.__setattr__(agreement, "srocc", lambda: srocc)
    return agreement


def many_steps(**changed):
    return Stage("rated", steps=6, crop=64, batch=1, lr=1e-3, **changed)


def test_a_stage_ends_early_and_the_best_weights_are_the_result(data, tmp_path, judged):
    seen = judged(0.1, 0.5, 0.4, 0.3)
    told = []
    recipe = short_recipe(stages=(many_steps(),), ema=0, validate_every=1, patience=2, keep="best")
    model = loop.train(recipe, data, tmp_path, device=CPU, workers=0, report=told.append)
    assert "no better SROCC in 2 validations: this stage ends at step 4" in told
    assert log_of(tmp_path)[0] == ["1", "2", "3", "4"]
    assert torch.equal(model.head.first.weight, seen[1]) and not torch.equal(seen[1], seen[3])


@pytest.mark.parametrize("ema", [0, 0.9])
def test_a_stage_may_start_from_the_best_weights_with_patience_anew(data, tmp_path, judged, ema):
    seen = judged(0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
    stages = (many_steps(), replace(many_steps(from_best=True), lr=0.0))
    recipe = short_recipe(stages=stages, ema=ema, validate_every=1, patience=2, optimiser="adam")
    model = trained(recipe, data, tmp_path)
    assert log_of(tmp_path)[0] == ["1", "2", "3", "7", "8"]
    assert torch.equal(seen[3], seen[0]) and torch.equal(model.head.first.weight, seen[0])


def test_bf16_learns_like_fp32(data, tmp_path):
    losses = {}
    for precision in ("bf16", "fp32"):
        stages = (Stage("rated", steps=2, crop=64, batch=2, lr=1e-3),)
        trained(short_recipe(stages=stages, precision=precision, validate_every=2), data, tmp_path / precision)
        losses[precision] = log_of(tmp_path / precision)[1]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.1)
    assert (losses["bf16"] != losses["fp32"]).any()


def test_progress_is_shown_while_data_are_read(tmp_path):
    from contextlib import contextmanager

    counted = []

    @contextmanager
    def progress(total, description):
        counted.append(total)
        yield lambda: counted.append(description)

    gather(short_recipe(), {"mine": pairs(tmp_path)}, progress=progress)
    assert counted == [12, *["reading"] * 12]
