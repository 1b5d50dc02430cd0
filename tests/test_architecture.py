"""docs/architecture.md against the package: its rooms, its words, and who rests on whom."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import iqa_cli

PACKAGE = Path(iqa_cli.__file__).parent
PAGE = (PACKAGE.parent / "docs/architecture.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
WORDS = re.findall(r"^\| (\w+) \| .* \| `([\w.]+)` \|$", PAGE, re.MULTILINE)
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]


def imported(path):
    """Rooms and top modules of the package that a module names in its imports, also in functions."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[1] for name in names if name.startswith("iqa_cli.")}


def test_the_map_names_the_rooms_that_there_are():
    assert sorted(ROOMS) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_the_map_names_the_modules_beside_the_rooms():
    beside = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    told = PAGE.partition("Beside them:")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", told)) == beside


@pytest.mark.parametrize(("word", "place"), WORDS)
def test_each_word_is_a_class_where_the_glossary_says(word, place):
    module, _, name = place.rpartition(".")
    assert name == word
    assert hasattr(import_module(f"iqa_cli.{module}"), name)


def test_tables_that_the_map_names_are_there():
    for path in re.findall(r"`(\w+/\w+\.py|training/recipes/)`", PAGE):
        assert (PACKAGE / path).exists(), path


@pytest.mark.parametrize(
    ("room", "may"),
    [("ground", {"errors"}), ("statistics", {"errors"}), ("models", {"errors", "ground", "records"})],
)
def test_the_lowest_rooms_rest_on_no_other(room, may):
    for path in (PACKAGE / room).glob("*.py"):
        assert imported(path) <= may | {room}, path.name


def test_a_room_rests_on_those_above_it_alone():
    order = {room: place for place, room in enumerate(ROOMS)}
    turned = {
        f"{path.parent.name}/{path.name} on {other}"
        for path in MODULES
        if path.parent.name in order
        for other in imported(path)
        if other in order and order[other] > order[path.parent.name]
    }
    assert not turned


def test_what_stands_beside_the_rooms_turns_no_flow_round():
    """A room may use a module beside the rooms only where that rests on rooms above it, by others beside them too."""
    order = {room: place for place, room in enumerate(ROOMS)}
    beside = {path.stem: imported(path) for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}

    def lowest(module, passed=()):
        ways = (lowest(name, (*passed, module)) for name in beside[module] if name in beside and name not in passed)
        return max([-1, *(order[name] for name in beside[module] if name in order), *ways])

    turned = {
        f"{path.parent.name}/{path.name} on {other}"
        for path in MODULES
        if path.parent.name in order
        for other in imported(path)
        if other in beside and lowest(other) >= order[path.parent.name]
    }
    assert not turned


def test_no_module_has_the_name_of_another_and_none_is_long():
    names = [path.name for path in MODULES]
    assert {name for name in names if names.count(name) > 1} <= {"cache.py"}
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {name: length for name, length in lengths.items() if length > 250}
