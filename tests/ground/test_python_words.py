"""Messages in the words of Python: each option that a message names is a keyword of a function."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import iqa_cli
from iqa_cli.errors import UsageError
from iqa_cli.ground.python_words import in_python, speaks_python

PACKAGE = Path(iqa_cli.__file__).parent
# Rooms that no public function reaches, and what their options are for.
COMMANDS_ALONE = {"commands", "command_options", "training", "gate"}
# Options that only what a person types can bring into a message.
TYPED_ALONE = {
    "--debug",
    "--sort",  # a frame is sorted by pandas
    "--null",  # names on standard output
    "--runtime",  # of the page of a model
    "--shard",  # shares of a run; Python has BatchScorer for engines that share out themselves
    "--ray",
    "--array",  # of Slurm
    "--sparse",  # of tar
    "--version",
    "--help",
    "--list",
    "--format",
    "--root",
    "--html-",
    "--backbone",
    "--latex",
    "--tensorboard",
    "--icc",  # the old name of --colour, which no signature shows
    "--no-icc",
}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--crops every: give a number from 1, or all", "crops='every': give a number from 1, or all"),
        ("there is nothing for --crop-seed to choose", "there is nothing for crop_seed= to choose"),
        ("choose --on-size-mismatch crop or resize to score", "choose on_size_mismatch='crop' or 'resize' to score"),
        ("raise it with --max-pixels 1600", "raise it with max_pixels=1600"),
        ("give --colour ignore to score its values", "give colour='ignore' to score its values"),
        ("add -m iqt-lite; -m triq-lite judges", "add models='iqt-lite'; models='triq-lite' judges"),
        ("by --match '{stem}'; --allow-missing skips them", "by match='{stem}'; allow_missing=True skips them"),
        ("give either paths or --manifest list.csv, not both", "give either paths or manifest='list.csv', not both"),
        ("--names: 2 names for 3 methods", "names: 2 names for 3 methods"),
        ("for example --column iqt=NAME", "for example columns={'iqt': NAME}"),
        ("--dataset NAME --root DIR (see --list), or", "datasets={NAME: DIR}, or"),
        ("convert it with 'iqa weights import a --out b'", "convert it with 'iqa weights import a --out b'"),
        ("well-known x-m iqt", "well-known x-m iqt"),
    ],
)
def test_an_option_is_the_keyword_that_stands_for_it(typed, said):
    assert in_python(typed) == said


def test_what_a_function_raises_speaks_its_words():
    @speaks_python(model="name")
    def load():
        raise UsageError("not of 'iqt': choose --model iqt-c")

    with pytest.raises(UsageError, match="choose name='iqt-c'"):
        load()


def messages():
    """Texts of the package that name options, but for documentation, by module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in COMMANDS_ALONE | {"app.py", "__main__.py", "process.py"}:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                text = re.sub(r"'iqa [^']*'?", "", node.value)
                yield from (
                    (str(path.relative_to(PACKAGE)), option) for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)
                )


def test_every_option_that_a_message_names_is_a_keyword_of_some_function():
    commands = (iqa_cli.score, iqa_cli.evaluate, iqa_cli.compare, iqa_cli.distort, iqa_cli.rank, iqa_cli.encode)
    functions = (*commands, iqa_cli.load, iqa_cli.export, iqa_cli.BatchScorer)
    known = {name for function in functions for name in inspect.signature(function).parameters} | {"manifest"}
    unknown = {
        (module, option)
        for module, option in messages()
        if option not in TYPED_ALONE and re.split(r"[=:]", in_python(f"{option}: "))[0] not in known
    }
    assert not unknown
