"""The notebook among the examples: its cells run, and it carries what they give."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples/iqa.ipynb"


@pytest.fixture
def cells(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples")
    monkeypatch.chdir(ROOT)
    yield json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    sys.modules.pop("run_notebook", None)


def test_the_cells_of_the_notebook_run_and_give_the_kinds_of_output_that_it_shows(cells, trained):
    trained("iqt-lite"), trained("triq-lite")  # or skip
    from run_notebook import run

    shown = [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]
    assert [[kind(output) for output in outputs] for outputs in run(cells)] == [
        [kind(output) for output in outputs] for outputs in shown
    ]
    assert sum(map(len, shown)) >= 5


def kind(output):
    return output["output_type"], sorted(output.get("data", ()))


def test_what_the_notebook_carries_is_small_and_names_no_folder_of_a_machine():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 20_000 and "/home/" not in text and "Traceback" not in text
