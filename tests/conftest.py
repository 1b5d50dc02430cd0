"""Shared fixtures: pieces of photographs, files of them, and models built once for all tests."""

import os
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from iqa_cli.executing.executor import Executor
from iqa_cli.options.crops import CropRule
from iqa_cli.registry import find_model
from iqa_cli.scorer import Scorer
from iqa_cli.weights import default_weight, load_trained
from iqa_cli.weights.others import fetched

FEW_CROPS = CropRule(2)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """`pytest` alone, which means the whole suite, runs on all cores; with `-n 0` or `-p no:xdist` on one."""
    if "PYTEST_XDIST_WORKER" in os.environ or not config.pluginmanager.has_plugin("xdist"):
        return  # a worker has none of its own
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.collectonly
    if whole and config.option.numprocesses is None:
        config.option.numprocesses, config.option.dist = "auto", "loadfile"
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # a worker and its children keep to their core


@pytest.fixture(scope="session")
def photo():
    """`photo(height, width)`: that much of a photograph, uint8 H x W x 3; `number` takes another one."""

    def piece(height, width, number=0):
        whole = (data.astronaut, data.coffee, data.chelsea)[number % 3]()
        # Mirrored where the photograph is too small; from its middle, where there is something to see.
        missing = [max(0, wanted - side) for wanted, side in zip((height, width), whole.shape, strict=False)]
        whole = np.pad(whole, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")
        top, left = ((side - wanted) // 2 for side, wanted in zip(whole.shape, (height, width), strict=False))
        return np.ascontiguousarray(whole[top : top + height, left : left + width])

    return piece


@pytest.fixture(scope="session")
def batch(photo):
    """`batch(height, width, count)`: pieces of photographs as N x 3 x H x W float32 in [0, 1]."""

    def tensor(height, width, count=1):
        pieces = np.stack([photo(height, width, number) for number in range(count)])
        return torch.from_numpy(pieces.astype(np.float32) / 255).permute(0, 3, 1, 2).contiguous()

    return tensor


@pytest.fixture
def saved(tmp_path):
    """`saved(name, pixels)`: a uint8 image as a file in the test's folder; gives its path as text."""

    def path(name, pixels):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / name)
        return str(tmp_path / name)

    return path


@pytest.fixture(scope="session")
def untrained():
    """`untrained(name)`: a scorer with the same random weights each time, for what training does not change."""

    @cache
    def scorer(name):
        torch.manual_seed(0)
        return _scorer(installed(name), find_model(name).build())

    return scorer


@pytest.fixture(scope="session")
def trained():
    """`trained(name)`: a scorer with the weights inside the package; skips the test where there are none."""

    @cache
    def scorer(name):
        spec = installed(name)
        if not spec.trained:
            return _scorer(spec, spec.build())
        weight = default_weight(name)
        if weight is None or weight.file is None:
            pytest.skip(f"no weights of {name} come with the package")
        loaded = load_trained(spec, offline=True)
        return _scorer(spec, loaded.model, loaded)

    return scorer


def installed(name):
    """The model of that name; skips the test where something is missing that it needs."""
    spec = find_model(name)
    if spec.missing:
        pytest.skip(f"{spec.missing} is not installed")
    if not fetched(spec):
        pytest.skip(f"weights of {name} were not fetched")
    return spec


def _scorer(spec, model, loaded=None):
    return Scorer(Executor(spec, model, device=torch.device("cpu"), rule=FEW_CROPS), loaded)
