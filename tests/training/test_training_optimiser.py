"""What moves the weights and what a run carries: decay, rate, average, position, checkpoint, signals."""

import math
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from miniature import short_recipe
from torch import nn

from iqa_cli.registry import find_model
from iqa_cli.training import checkpoint
from iqa_cli.training.checkpoint import Position
from iqa_cli.training.loop import listening
from iqa_cli.training.optimiser import Average, make_optimiser, parameter_groups, set_learning_rate
from iqa_cli.training.recipe_parts import Stage

STAGE = Stage("synthetic", steps=3, crop=64, batch=1, versions=2, lr=1e-3)


def built(name):
    """Without memory: only names and shapes are asked for."""
    with torch.device("meta"):
        return find_model(name).build()


def test_matrices_decay_and_biases_norms_and_tokens_do_not():
    model = built("iqt-c")
    groups = parameter_groups(model, 0.05)
    where = {id(p): (group["weight_decay"], group["backbone"]) for group in groups for p in group["params"]}
    assert len(where) == len(list(model.parameters()))
    for name, parameter in model.named_parameters():
        undecayed = name.endswith("bias") or "norm" in name or ".bn." in name or "tokens" in name
        assert where[id(parameter)] == (0.0 if undecayed else 0.05, name.startswith("backbone.")), name


def test_tokens_of_timm_do_not_decay_and_its_trunk_is_a_backbone():
    model = built("vit-iqa")
    for group in parameter_groups(model, 0.05):
        for parameter in group["params"]:
            name = next(n for n, p in model.named_parameters() if p is parameter)
            assert group["backbone"] == name.startswith("trunk.")
            assert not (group["weight_decay"] and name in ("trunk.cls_token", "trunk.pos_embed"))


def test_what_is_frozen_is_not_optimised_and_adam_has_no_decay():
    model = built("iqt-c")
    model.backbone.requires_grad_(False)
    optimiser = make_optimiser(model, short_recipe(optimiser="adam", weight_decay=0.05))
    assert type(optimiser) is torch.optim.Adam
    assert {(g["weight_decay"], g["backbone"]) for g in optimiser.param_groups} == {(0.0, False)}
    assert type(make_optimiser(model, short_recipe())) is torch.optim.AdamW


@pytest.mark.parametrize("backbone_lr", [None, 1e-4])
def test_the_learning_rate_warms_up_and_follows_a_cosine_to_its_end(backbone_lr):
    model = nn.ModuleDict({"backbone": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    optimiser = make_optimiser(model, short_recipe())
    stage = replace(STAGE, steps=110, warmup=10, lr=1e-3, backbone_lr=backbone_lr)
    expected = {0: 0.1, 4: 0.5, 9: 1, 10: 1, 60: 0.505, 109: 0.01}
    for step, share in expected.items():
        assert set_learning_rate(optimiser, stage, step) == pytest.approx(1e-3 * share, rel=0.03)
        for group in optimiser.param_groups:
            full = backbone_lr if group["backbone"] and backbone_lr else 1e-3
            assert group["lr"] == pytest.approx(full * share, rel=0.03)


def test_a_stage_may_hold_its_rate_keep_it_or_lay_its_cosine_over_more_steps():
    held = replace(STAGE, steps=130, warmup=10, hold=20, final=0)
    assert [held.rate(step) for step in (9, 20, 30)] == pytest.approx([1, 1, 1])
    assert held.rate(80) == pytest.approx(0.5) and held.rate(130) == pytest.approx(0)
    constant = replace(STAGE, steps=50, final=1)
    assert {constant.rate(step) for step in range(50)} == {1}
    longer = replace(STAGE, steps=50, schedule=100, final=0)
    assert longer.rate(50) == pytest.approx(0.5)


def test_the_average_follows_the_weights_with_a_decay_that_grows_to_its_own():
    model = nn.Linear(1, 1, bias=False)
    average = Average(model, decay=0.3)
    expected = model.weight.item()
    for update in range(1, 8):
        with torch.no_grad():
            model.weight.fill_(update)
        average.update(model)
        decay = min(0.3, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * update
    assert average.state["weight"].item() == pytest.approx(expected)
    restored = Average(nn.Linear(1, 1, bias=False), decay=0.3)
    restored.load_state_dict(average.state_dict())
    restored.copy_to(model)
    assert model.weight.item() == pytest.approx(expected) and restored.updates == 7


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    checkpoint.save_state(tmp_path / "last.pt", {"step": 1})

    def killed(state, stream):
        stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save_state(tmp_path / "last.pt", {"step": 2})
    assert checkpoint.load_state(tmp_path / "last.pt") == {"step": 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_full_disk_is_told_with_the_checkpoints_name(tmp_path):
    (tmp_path / "last.pt").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        checkpoint.save_state(tmp_path / "last.pt", {"step": torch.zeros(100_000)})


def test_a_position_counts_validations_since_the_best_and_never_takes_nan():
    position = Position()
    assert [position.validated(srocc) for srocc in (0.5, 0.4, math.nan, 0.6)] == [True, False, False, True]
    position.validated(0.1)
    (again := Position()).load_state_dict(position.state_dict())
    assert (again.best, again.since) == (0.6, 1)


def test_the_first_signal_is_noted_the_second_ends_at_once_and_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with listening() as interrupt:
        signal.raise_signal(signal.SIGTERM)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before
