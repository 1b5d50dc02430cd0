"""`iqa eval` in this process, miniature datasets and rated images."""

import json
from typing import NamedTuple

import layouts
import pytest

from iqa_cli.__main__ import main


class Finished(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def report(self):
        """The JSON on stdout."""
        return json.loads(self.out)

    def overall(self, model, dataset=0):
        """Measures of a model on the whole set."""
        measures = self.report["datasets"][dataset]["models"][model]["overall"]["measures"]
        return {name: measure["value"] for name, measure in measures.items()}


@pytest.fixture
def iqa(capsys, monkeypatch, tmp_path):
    """`iqa(...)` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments):
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        return Finished(int(leaving.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """`root(name)`: the folder of a miniature dataset, written once; tests leave it as it is."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            layouts.WRITERS[name](made[name])
        return made[name]

    return folder


@pytest.fixture
def ratings(tmp_path):
    """A manifest of six images of two references, with two distortion types."""
    rows = []
    for content in range(2):
        layouts.save_picture(tmp_path / f"set/r{content}.png", 32, content)
        for level in range(1, 4):
            image = f"d{content}{level}.png"
            layouts.save_picture(tmp_path / "set" / image, 32, content, level / 10)
            rows.append([f"r{content}.png", image, 5 - level - content / 10, ("noise", "grain")[level % 2]])
    layouts.write_csv(tmp_path / "set/ratings.csv", ["reference", "distorted", "mos", "type"], rows)
    return tmp_path / "set/ratings.csv"
