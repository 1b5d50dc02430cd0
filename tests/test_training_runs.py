"""Whole training runs in miniature: every shipped recipe, going on after a stop, and what a recipe asks of a run."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import layouts
import numpy as np
import pytest
import torch
from matplotlib.image import imread
from miniature import CPU, TOML, SmallTimm, pairs, run, same_tensors, short_recipe, small_recipe
from torch import nn

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.distortions import DISTORTIONS
from iqa_cli.errors import UsageError
from iqa_cli.models import backbones
from iqa_cli.registry import find_model
from iqa_cli.training import checkpoint, content, finish, loop, validation
from iqa_cli.training.data import gather
from iqa_cli.training.loop import step
from iqa_cli.training.parallel import Process
from iqa_cli.training.recipe import Stage
from iqa_cli.training.recipe_files import load_recipe, names
from iqa_cli.training.run import Run
from iqa_cli.training.validation import Agreement
from iqa_cli.weights import load_trained, read_checkpoint

FILES = {"figures.json", "weights.toml", "card.md", "held-out.txt", "log.csv", "curves.png", "last.pt"}


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """Every data set that a shipped recipe names, in miniature and in its official layout."""
    root = tmp_path_factory.mktemp("material")
    layouts.write_kadid10k(root / "kadid10k", references=3, size=72, types=2, levels=2)
    layouts.write_pipal(root / "pipal", references=3, size=72, groups=2)
    layouts.write_koniq(root / "koniq", images=12, size=(96, 64))
    layouts.write_koniq(root / "koniq", images=12, size=(64, 48), folder="512x384")
    layouts.write_live_wild(root / "live-wild", images=12, size=64)
    layouts.write_biq2021(root / "biq2021", images=14, size=136)
    for number in range(4):
        layouts.save_picture(root / "photos" / f"photo{number}.png", 80, number)
    names = {"koniq10k": "koniq", "koniq10k-512": "koniq"}
    every = ("kadid10k", "pipal", "koniq10k", "koniq10k-512", "live-wild", "biq2021", "photos")
    return {name: root / names.get(name, name) for name in every}


@pytest.fixture
def small_timm(monkeypatch):
    """Pretrained backbones are small random ones; content is measured on little."""
    timm = SmallTimm()
    monkeypatch.setattr(backbones, "import_timm", lambda: timm)
    monkeypatch.setattr(content, "PHOTOGRAPHS", 1)
    monkeypatch.setattr(content, "CROP", 64)
    monkeypatch.setattr(content, "LEVELS", np.array([1.0, 5.0]))
    monkeypatch.setattr(validation, "DISTORTIONS", {kind: DISTORTIONS[kind] for kind in (1, 10)})
    monkeypatch.setattr(finish, "MEASURED", 1)
    return timm


# The shipped recipes


@pytest.mark.parametrize("name", names())
def test_a_shipped_recipe_ends_with_weights_that_score_their_entry_card_and_curves(
    name, material, small_timm, tmp_path
):
    recipe = small_recipe(load_recipe(name))
    path, told = run(recipe, material, tmp_path / "out")
    assert {tag for tag, pretrained in small_timm.asked if pretrained} or not recipe.pretrained
    assert {p.name for p in (tmp_path / "out").iterdir()} - {"best.pt"} == FILES | {f"{name}.safetensors"}

    spec = find_model(recipe.model)
    loaded = load_trained(spec, path)
    assert loaded.model.config == spec.default_config()
    with torch.no_grad():
        score = loaded.model(*(1 + spec.full_reference) * [torch.rand(1, 3, 64, 64)])
    assert score.isfinite().all()

    figures = json.loads((tmp_path / "out" / "figures.json").read_text(), parse_constant=pytest.fail)
    assert figures["kind"] == recipe.stages[-1].kind and figures["images"] > 0 and -1 <= figures["srocc"] <= 1
    assert len(figures.get("srocc_by_type", {})) == (2 if figures["kind"] == "synthetic" else 0)
    (entry,) = tomllib.loads((tmp_path / "out" / "weights.toml").read_text())["weight"]
    assert (entry["name"], entry["model"], entry["size"]) == (name, recipe.model, path.stat().st_size)
    assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"SROCC {figures['srocc']}" in (tmp_path / "out" / "card.md").read_text()
    steps, losses = log_of(tmp_path / "out")
    assert steps[-1] == str(checkpoint.load(tmp_path / "out" / "last.pt")["position"]["step"])
    assert np.isfinite(losses).all() and imread(tmp_path / "out" / "curves.png").ndim == 3
    assert any("held out: SROCC" in line for line in told)


def log_of(out):
    with (out / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["step"] for row in rows], np.array([float(row["loss"]) for row in rows])


def test_trained_weights_are_what_iqa_score_takes(tmp_path, capsys):
    path, _ = run(short_recipe(), {"mine": pairs(tmp_path)}, tmp_path / "out")
    images = [str(tmp_path / name) for name in ("r0.png", "r0_1.png")]
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["score", *images, "--model", "iqt-c", "--weights", str(path), "--format", "json"])
    assert left.value.code == 0 and "iqt-c" in capsys.readouterr().out


# Stopping and going on


def stopped_after(step, monkeypatch):
    """A kill, right after the checkpoint of `step`."""
    save = checkpoint.save

    def save_and_die(path, state):
        save(path, state)
        if state.get("position", {}).get("step") == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", save_and_die)


def state_of(out):
    """Model, optimiser's moments and average of a run, as one set of tensors."""
    saved = checkpoint.load(out / "last.pt")
    moments = saved["optimiser"]["state"]
    tensors = {f"{i} {name}": t for i, own in moments.items() for name, t in own.items() if torch.is_tensor(t)}
    return (
        tensors | saved["model"] | {f"average {n}": t for n, t in saved.get("average", {"state": {}})["state"].items()}
    )


def test_a_run_that_was_stopped_goes_on_to_exactly_the_same_weights(tmp_path, monkeypatch):
    """With dropout, BatchNorm that learns, an average, two stages and early best weights."""
    stages = (
        Stage("rated", steps=2, crop=64, batch=2, lr=1e-3),
        Stage("rated", steps=1, crop=64, batch=2, from_best=True),
    )
    recipe = short_recipe(stages=stages, frozen=(), validate_every=2, keep="best")
    data = {"mine": pairs(tmp_path)}
    unbroken, _ = run(recipe, data, tmp_path / "unbroken")
    for stop in (1, 2):  # within a stage, and between two
        out = tmp_path / f"stopped{stop}"
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            stopped_after(stop, patch)
            run(recipe, data, out)
        path, told = run(recipe, data, out, resume=True)
        assert f"steps {stop} to 3" in told
        same_tensors(state_of(tmp_path / "unbroken"), state_of(out))
        same_tensors(read_checkpoint(unbroken)[0], read_checkpoint(path)[0])
        assert log_of(out)[0] == ["2", "3"]


STEPS = 8
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(iqa_cli.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Three runs of the command, each ended in its middle by another signal; and one that nobody disturbed."""
    root = tmp_path_factory.mktemp("killed")
    (root / "own.toml").write_text(TOML.format(steps=STEPS, batch=2))
    command = ["train", str(root / "own.toml"), "--data", f"mine={pairs(root)}", "--workers", "1"]
    running = {number: start([*command, "--out", str(root / number.name)]) for number in SIGNALS}
    try:
        waiting = dict(running)
        while waiting:
            for number in [n for n in waiting if (root / n.name / "last.pt").is_file()]:
                waiting.pop(number).send_signal(number)
            assert all(process.poll() is None for process in waiting.values()), "ended without a checkpoint"
            time.sleep(0.01)
        told = {number: process.communicate(timeout=120)[1] for number, process in running.items()}
    finally:
        for process in running.values():
            process.kill()
    torch.set_num_threads(1)  # as the processes had
    left(main, [*command, "--out", str(root / "unbroken")])
    return root, command, {number: (running[number].returncode, told[number]) for number in SIGNALS}


def start(arguments):
    """The command as a process of its own, which hears Ctrl-C also where the tests run in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "iqa_cli", *arguments], env=ENVIRONMENT, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def left(function, *arguments):
    with pytest.raises(SystemExit) as leaving:
        function(*arguments)
    assert leaving.value.code == 0


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_run_ended_by_a_signal_goes_on_with_resume_to_exactly_the_weights_of_an_undisturbed_one(killed, number):
    root, command, ended = killed
    code, told = ended[number]
    out = root / number.name
    stopped_at = checkpoint.load(out / "last.pt")["position"]["step"]
    assert 0 < stopped_at < STEPS
    if number == signal.SIGKILL:
        assert code == -signal.SIGKILL
    else:
        assert code == 130
        assert f"stopped after step {stopped_at}: the same command with --resume goes on" in told
    left(main, [*command, "--out", str(out), "--resume"])
    same_tensors(state_of(root / "unbroken"), state_of(out))
    same_tensors(*(read_checkpoint(folder / "own.safetensors")[0] for folder in (root / "unbroken", out)))
    assert log_of(out)[0] == log_of(root / "unbroken")[0] == ["4", "8"]


def test_a_run_is_not_begun_over_another_one(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "last.pt").touch()
    with pytest.raises(UsageError, match=r"last.pt is there already: add --resume"):
        run(short_recipe(), {"mine": pairs(tmp_path)}, tmp_path / "out")


def test_resuming_with_another_recipe_or_other_data_is_refused(tmp_path):
    listed = pairs(tmp_path)
    recipe = short_recipe(stages=(Stage("rated", steps=1, crop=64, batch=2),))
    run(recipe, {"mine": listed}, tmp_path / "out")
    with pytest.raises(UsageError, match="another recipe"):
        run(replace(recipe, seed=1), {"mine": listed}, tmp_path / "out", resume=True)
    listed.write_text(listed.read_text().replace("4.5", "4.4"))
    with pytest.raises(UsageError, match="other data"):
        run(recipe, {"mine": listed}, tmp_path / "out", resume=True)


def test_a_frozen_part_that_the_model_lacks_is_told_with_those_it_has(tmp_path):
    with pytest.raises(UsageError, match=r"no part 'trunk': its parts are backbone, embed_difference"):
        run(short_recipe(frozen=("trunk",)), {"mine": pairs(tmp_path)}, tmp_path / "out")


# What a recipe asks for


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


def test_the_result_is_the_average_of_the_weights_where_there_is_one(data, tmp_path):
    stages = (Stage("rated", steps=2, crop=64, batch=2, lr=1e-3),)
    result = trained(short_recipe(stages=stages), data, tmp_path / "averaged").state_dict()
    saved = checkpoint.load(tmp_path / "averaged" / "last.pt")
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
    agreement = Agreement(np.arange(3.0), np.arange(3.0), np.zeros(3))
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
