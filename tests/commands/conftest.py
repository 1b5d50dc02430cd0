"""`iqa ...` in this process, in a folder with pictures."""

import pytest
import torch
from command_line import COLOURS, in_process, noise, save

from iqa_cli.images import loader
from iqa_cli.registry import find_model
from iqa_cli.weights import save_weights


@pytest.fixture
def iqa(capsys):
    """`iqa("score", ...)` in this process."""
    return in_process(capsys)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current directory: references ref/{a,b,c}.png, and a JPEG of each in dist/."""
    monkeypatch.chdir(tmp_path)
    for name in COLOURS:
        monkeypatch.delenv(name, raising=False)
    for number, stem in enumerate("abc"):
        save(f"ref/{stem}.png", noise(number))
        save(f"dist/{stem}.jpg", noise(number))
    return tmp_path


@pytest.fixture(scope="session")
def triq_weights(tmp_path_factory):
    """A weight file of TRIQ as it is before training: good enough to see that it is used."""
    torch.manual_seed(0)
    spec = find_model("triq")
    path = tmp_path_factory.mktemp("weights") / "triq.safetensors"
    save_weights(path, spec.name, spec.default_config(), spec.build().state_dict(), half=True)
    return path


@pytest.fixture
def opened(monkeypatch):
    """Grows by one for each image file that is decoded."""
    calls, decode = [], loader.decode
    monkeypatch.setattr(loader, "decode", lambda *args: calls.append(args) or decode(*args))
    return calls
