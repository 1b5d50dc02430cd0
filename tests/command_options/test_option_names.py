"""One name for one thing: options of all commands."""

from collections import defaultdict

import pytest
import typer

from iqa_cli.app import app

# Options whose names two commands share for what they share: their helps begin alike.
ROOT = 4


def commands(found, path=()):
    """Every command with its path."""
    if hasattr(found, "commands"):
        for name, below in found.commands.items():
            yield from commands(below, (*path, name))
    else:
        yield " ".join(path), found


def options():
    """(command, option) for each that a person is shown."""
    for path, command in commands(typer.main.get_command(app)):
        for option in command.params:
            if option.param_type_name == "option" and not option.hidden:
                yield path, option


def by(names):
    found = defaultdict(list)
    for path, option in options():
        for name in names(option):
            found[name].append((path, option))
    return found


LONG = by(lambda option: [name for name in option.opts if name.startswith("--")])
SHORT = by(lambda option: [name for name in option.opts if not name.startswith("--")])
SHARED = [name for name, users in LONG.items() if len(users) > 1]


@pytest.mark.parametrize("name", SHARED)
def test_a_name_has_one_meaning_in_every_command(name):
    users = LONG[name]
    assert len({option.help[:ROOT] for _, option in users}) == 1, [(path, option.help) for path, option in users]
    assert len({option.is_flag for _, option in users}) == 1


@pytest.mark.parametrize("name", SHORT)
def test_a_short_name_stands_for_one_long_one(name):
    assert len({option.opts[0] for _, option in SHORT[name]}) == 1


def test_a_meaning_has_one_name():
    names = defaultdict(set)
    for _, option in options():
        names[option.help].add(option.opts[0])
    assert {told: found for told, found in names.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("command", "old"), [("score", "--seed"), ("train", "--workers"), ("train", "-o"), ("weights import", "--out")]
)
def test_old_names_still_work_and_are_not_shown(command, old):
    (found,) = [found for path, found in commands(typer.main.get_command(app)) if path == command]
    assert [option.hidden for option in found.params if old in option.opts] == [True]
