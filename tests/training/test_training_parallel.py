"""Training in two processes (gloo, CPU), started by torchrun: the same steps as in one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from miniature import CPU, TOML, pairs, same_tensors, short_recipe
from torch import nn

import iqa_cli
from iqa_cli.__main__ import main
from iqa_cli.errors import UsageError
from iqa_cli.models import backbones, trunk_blocks
from iqa_cli.training import checkpoint, parallel
from iqa_cli.training.gather import Data
from iqa_cli.training.logbook import read_log
from iqa_cli.training.loop import train

# Python imports this module at its start. Where no dropout is drawn, what a process computes does not depend
# on which part of the batch it has.
WITHOUT_DROPOUT = """
from torch import nn
nn.Dropout.forward = lambda self, x: x
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """One training, three steps of three pairs, by two processes and by one: its folder, and what torchrun said."""
    root = tmp_path_factory.mktemp("parallel")
    text = TOML.format(steps=3, batch=3).replace("validate_every = 4", "validate_every = 1\nema = 0")
    (root / "own.toml").write_text(text)
    (root / "sitecustomize.py").write_text(WITHOUT_DROPOUT)
    command = ["train", str(root / "own.toml"), "--data", f"mine={pairs(root)}"]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "iqa_cli"]
    path = os.pathsep.join([str(root), str(Path(iqa_cli.__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    finished = subprocess.run(
        [*torchrun, *command, "--out", str(root / "two")], env=environment, text=True, capture_output=True, timeout=600
    )
    assert finished.returncode == 0, finished.stderr
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
        patch.setattr(nn.Dropout, "forward", lambda self, x: x)
        main([*command, "--out", str(root / "one"), "--workers", "0"])
    assert left.value.code == 0
    return root, finished


@pytest.mark.slow
def test_two_processes_have_the_losses_and_the_weights_of_one(both):
    root, _ = both
    one, two = (checkpoint.load_state(root / out / "last.pt") for out in ("one", "two"))
    losses = [[row["loss"] for row in read_log(root / out)] for out in ("one", "two")]
    assert len(losses[0]) == 3 and losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert np.ptp(losses[0]) > 0
    same_tensors(one["model"], two["model"], rtol=1e-4, atol=2e-5)


@pytest.mark.slow
def test_torchrun_writes_one_set_of_files_and_says_everything_once(both):
    root, finished = both
    others = {"figures.json", "weights.toml", "card.md", "held-out.txt", "log.csv", "curves.png", "last.pt"}
    assert {path.name for path in (root / "two").iterdir()} == {"own.safetensors", *others}
    assert [row["step"] for row in read_log(root / "two")] == [1, 2, 3]
    assert finished.stdout.splitlines() == [str(root / "two" / "own.safetensors")]
    assert finished.stderr.count("steps 0 to 3") == 1


def test_more_processes_than_pictures_in_a_batch_are_refused(tmp_path):
    process = parallel.Process(rank=1, world=4)
    with pytest.raises(UsageError, match="4 processes cannot share a batch"):
        train(short_recipe(), Data([], [], [], []), tmp_path, device=CPU, process=process)


def test_synchronised_batchnorm_keeps_the_activation_that_timm_makes_part_of_it():
    torch.manual_seed(0)
    backbone = backbones.InceptionResNetV2Prefix().eval()
    images = torch.rand(1, 3, 75, 75)
    with torch.no_grad():
        expected = backbone(images)
        converted = parallel.synchronised(backbone)
        assert any(isinstance(module, nn.SyncBatchNorm) for module in converted.modules())
        torch.testing.assert_close(converted(images), expected)


def test_synchronised_batchnorm_has_the_parameters_that_the_optimiser_knows_and_learns_no_frozen_one():
    for layers in (trunk_blocks.NormAct(4, nn.ReLU()), nn.BatchNorm2d(4)):
        module = nn.Sequential(nn.Conv2d(3, 4, 1), layers)
        module[1].requires_grad_(False)
        module[1].running_mean.add_(1)
        before = dict(module.named_parameters()) | dict(module.named_buffers())
        after = parallel.synchronised(module)
        kept = dict(after.named_parameters()) | dict(after.named_buffers())
        assert isinstance(after[1], nn.SyncBatchNorm) and kept.keys() == before.keys()
        assert all(kept[name] is tensor for name, tensor in before.items())
        assert [p.requires_grad for p in after.parameters()] == [True, True, False, False]


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
