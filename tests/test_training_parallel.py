"""Training in two processes (gloo, CPU), started by torchrun: the same steps as in one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from miniature import TOML, pairs, same_tensors
from torch import nn

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.models import backbones
from iqa_cli.training import checkpoint, parallel
from iqa_cli.training.log import read_log

RUNNER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
# Where no dropout is drawn, what a process computes does not depend on which part of the batch it has.
WITHOUT_DROPOUT = """
import sys
from torch import nn
nn.Dropout.forward = lambda self, x: x
from iqa_cli.__main__ import main
main(sys.argv[1:])
"""


def torchrun(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(Path(iqa_cli.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *RUNNER, *map(str, arguments)], env=environment, text=True, capture_output=True, timeout=300
    )


@pytest.fixture
def command(tmp_path):
    """`command(out)`: arguments of `iqa train` for three steps of three pairs, which two processes share unevenly."""
    text = TOML.format(steps=3, batch=3).replace("validate_every = 4", "validate_every = 1\nema = 0")
    (tmp_path / "own.toml").write_text(text)
    listed = pairs(tmp_path)
    return lambda out: ["train", tmp_path / "own.toml", "--data", f"mine={listed}", "--out", tmp_path / out]


def test_two_processes_have_the_losses_and_the_weights_of_one(command, tmp_path, monkeypatch):
    (tmp_path / "script.py").write_text(WITHOUT_DROPOUT)
    finished = torchrun(tmp_path / "script.py", *command("two"))
    assert finished.returncode == 0, finished.stderr
    monkeypatch.setattr(nn.Dropout, "forward", lambda self, x: x)
    with pytest.raises(SystemExit) as left:
        main([*map(str, command("one")), "--workers", "0"])
    assert left.value.code == 0
    one, two = (checkpoint.load(tmp_path / out / "last.pt") for out in ("one", "two"))
    losses = [[row["loss"] for row in read_log(tmp_path / out)] for out in ("one", "two")]
    assert len(losses[0]) == 3 and losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert np.ptp(losses[0]) > 0
    same_tensors(one["model"], two["model"], rtol=1e-4, atol=2e-5)


def test_torchrun_writes_one_set_of_files_and_says_everything_once(command, tmp_path):
    finished = torchrun("-m", "iqa_cli", *command("out"))
    assert finished.returncode == 0, finished.stderr
    files = {path.name for path in (tmp_path / "out").iterdir()}
    expected = {"own.safetensors", "figures.json", "weights.toml", "card.md", "log.csv", "curves.png", "last.pt"}
    assert files == expected
    assert [row["step"] for row in read_log(tmp_path / "out")] == [1, 2, 3]
    assert finished.stdout.splitlines() == [str(tmp_path / "out" / "own.safetensors")]
    assert finished.stderr.count("steps 0 to 3") == 1


def test_more_processes_than_pictures_in_a_batch_are_refused(command, tmp_path, monkeypatch):
    from iqa_cli.errors import UsageError
    from iqa_cli.training.data import Data
    from iqa_cli.training.loop import train
    from iqa_cli.training.recipe_files import load_recipe

    command("out")
    process = parallel.Process(rank=1, world=4)
    with pytest.raises(UsageError, match="4 processes cannot share a batch"):
        train(
            load_recipe(str(tmp_path / "own.toml")), Data([], [], [], []), tmp_path, device=torch.device("cpu"),
            process=process,
        )  # fmt: skip


def test_synchronised_batchnorm_keeps_the_activation_that_timm_makes_part_of_it():
    torch.manual_seed(0)
    backbone = backbones.InceptionResNetV2Prefix().eval()
    images = torch.rand(1, 3, 75, 75)
    with torch.no_grad():
        expected = backbone(images)
        converted = parallel.synchronised(backbone)
        assert any(isinstance(module, nn.SyncBatchNorm) for module in converted.modules())
        torch.testing.assert_close(converted(images), expected)


def test_outside_torchrun_there_is_one_process(monkeypatch):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert parallel.is_first() and not parallel.started_by_torchrun()
    with parallel.joined(torch.device("cpu")) as process:
        assert process == parallel.Process(0, 1) and process.first
        assert process.tell(0.5) == 0.5


def test_each_process_of_torchrun_has_its_own_gpu(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert parallel.local_device(torch.device("cuda")) == torch.device("cuda", 1)
    assert parallel.local_device(torch.device("cpu")) == torch.device("cpu")
