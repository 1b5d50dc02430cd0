"""Runs of the command line as people and scripts start it, and pictures to run it on."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

import iqa_cli
from iqa_cli.__main__ import main

PAIR = ("ref/a.png", "dist/a.jpg")
COLOURS = ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS")  # CI services ask for them, pipes or not
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in COLOURS}
ENVIRONMENT["PYTHONPATH"] = str(Path(iqa_cli.__file__).parents[1])


class Finished(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def rows(self):
        """The CSV on stdout."""
        return list(csv.DictReader(io.StringIO(self.out, newline="")))

    @property
    def document(self):
        """The JSON on stdout."""
        return json.loads(self.out)


def in_process(capsys):
    """`run("score", ...)` of `iqa` in this process; what it printed is plain."""

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        plain = (re.sub(r"\x1b\[[\d;]*m", "", text) for text in capsys.readouterr())
        return Finished(int(leaving.value.code or 0), *plain)

    return run


def noise(seed, height=48, width=64):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(name, pixels):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(name)


def truncate(name):
    Path(name).write_bytes(Path(name).read_bytes()[:1500])


def start(*arguments, env=ENVIRONMENT, **streams):
    """`iqa ...` as a process of its own, where Ctrl-C works even if the tests run in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "iqa_cli", *map(str, arguments)],
        env=env,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        **streams,
    )


def strict_json(text):
    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)
