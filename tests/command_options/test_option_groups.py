"""Groups of options: Typer sees each option, the command gets the group."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer import Option
from typer.testing import CliRunner

from iqa_cli.command_options.option_groups import OptionGroup, with_groups


@dataclass(frozen=True)
class Colours(OptionGroup):
    ink: Annotated[str, Option("--ink")] = "black"
    shades: Annotated[list[int] | None, Option("--shade", "-s")] = None


@dataclass(frozen=True)
class Paper(OptionGroup):
    ink: Annotated[str, Option("--paper-ink")] = "white"


def draw(name: str, times: int = 1, *, colours: Colours) -> None:
    """Draw."""
    typer.echo(f"{name} {times} {colours.ink} {colours.shades}")


def run(*arguments):
    app = typer.Typer()
    app.command()(with_groups(draw))
    return CliRunner().invoke(app, arguments).output


def test_a_command_gets_its_groups_as_they_were_typed_or_with_their_defaults():
    assert run("cat", "--times", "2", "--ink", "red", "-s", "1", "-s", "2") == "cat 2 red [1, 2]\n"
    assert run("cat") == "cat 1 black None\n"


def test_help_names_the_options_of_a_group_after_those_of_the_command():
    told = run("--help")
    assert told.index("--times") < told.index("--ink") < told.index("--shade")


def test_an_option_that_is_declared_twice_is_found_when_the_command_is_made():
    def both(*, colours: Colours, paper: Paper) -> None: ...

    with pytest.raises(TypeError, match="ink is declared twice"):
        with_groups(both)
