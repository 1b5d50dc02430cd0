"""A run that was stopped, in whatever way, goes on to exactly the weights of an unbroken one."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from miniature import TOML, log_of, pairs, run, same_tensors, short_recipe

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.training import checkpoint
from iqa_cli.training.recipe_parts import Stage
from iqa_cli.weights import read_checkpoint


def stopped_after(step, monkeypatch):
    """A kill, right after the checkpoint of `step`."""
    save = checkpoint.save_state

    def save_and_die(path, state):
        save(path, state)
        if state.get("position", {}).get("step") == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_state", save_and_die)


def state_of(out):
    """Model, optimiser's moments and average of a run, as one set of tensors."""
    saved = checkpoint.load_state(out / "last.pt")
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
SIGNALS = [
    signal.SIGTERM,
    pytest.param(signal.SIGINT, marks=pytest.mark.slow),  # each is a process of its own, which takes seconds to begin
    pytest.param(signal.SIGKILL, marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A folder with a whole run in `unbroken`, and the command that makes it but for its `--out`."""
    root = tmp_path_factory.mktemp("undisturbed")
    (root / "own.toml").write_text(TOML.format(steps=STEPS, batch=2))
    command = ["train", str(root / "own.toml"), "--data", f"mine={pairs(root)}", "--workers", "1"]
    torch.set_num_threads(1)  # as the other processes have
    left(main, [*command, "--out", str(root / "unbroken")])
    return root, command


def ended(command, out, number):
    """The command, ended by a signal once there is a checkpoint; its exit code and what it told."""
    running = start([*command, "--out", str(out)])
    try:
        while not (out / "last.pt").is_file():
            assert running.poll() is None, "ended without a checkpoint"
            time.sleep(0.01)
        running.send_signal(number)
        told = running.communicate(timeout=120)[1]
    finally:
        running.kill()
    return running.returncode, told


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
def test_a_run_ended_by_a_signal_goes_on_with_resume_to_exactly_the_weights_of_an_undisturbed_one(undisturbed, number):
    root, command = undisturbed
    out = root / number.name
    code, told = ended(command, out, number)
    stopped_at = checkpoint.load_state(out / "last.pt")["position"]["step"]
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
    with pytest.raises(UsageError, match=r"last.pt is there already: add --resume.*--overwrite"):
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


def test_a_checkpoint_of_another_version_is_told_in_a_line(tmp_path):
    data, out = {"mine": pairs(tmp_path)}, tmp_path / "out"
    recipe = short_recipe(stages=(Stage("rated", steps=1, crop=64, batch=2),))
    run(recipe, data, out)
    state = checkpoint.load_state(out / "last.pt")
    name = next(iter(state["model"]))
    for other in (
        {**state, "model": {**state["model"], "more": state["model"][name]}},
        {part: saved for part, saved in state.items() if part != "optimiser"},
    ):
        checkpoint.save_state(out / "last.pt", other)
        with pytest.raises(UsageError, match=r"last.pt was written by another version of iqa.*--overwrite"):
            run(recipe, data, out, resume=True)


def test_a_frozen_part_that_the_model_lacks_is_told_with_those_it_has(tmp_path):
    with pytest.raises(UsageError, match=r"no part 'trunk': its parts are backbone, embed_difference"):
        run(short_recipe(frozen=("trunk",)), {"mine": pairs(tmp_path)}, tmp_path / "out")


def test_overwrite_begins_anew_in_the_place_of_another_run(tmp_path):
    listed = pairs(tmp_path)
    recipe = short_recipe(stages=(Stage("rated", steps=1, crop=64, batch=2),))
    run(recipe, {"mine": listed}, tmp_path / "out")
    run(replace(recipe, seed=1), {"mine": listed}, tmp_path / "out", overwrite=True)
    run(replace(recipe, seed=1), {"mine": listed}, tmp_path / "out", resume=True)
