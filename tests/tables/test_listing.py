"""Lists of what there is: within 80 columns for a person, one line an entry for grep and cut."""

import io

import pytest
from rich.text import Text
from rows import FakeTerminal

from iqa_cli.commands.model_list import ADVICE
from iqa_cli.registry import FIRST, SPECS, names
from iqa_cli.tables.listing import ListFormat, Listing, print_facts, print_listing

LISTS = (
    ("models",),
    ("models", *names()),
    ("weights", "list"),
    ("train", "--list"),
    ("train", "triq-default", "--list"),
    ("eval", "--list"),
    ("eval", "--list", "--dataset", "toyama", "--dataset", "live"),
    ("distort", "--list"),
)
LONG = "a sentence of words that goes on for much longer than one line of a terminal has room for, to its very end"


def listing(**changes):
    rows = (("one", "1.25", LONG), ("twelve", "100.00", "https://example.org/" + "x" * 90))
    return Listing(**{"columns": ("name", "number", "about"), "groups": (("", rows),), "right": (1,), **changes})


@pytest.fixture
def on_terminal(monkeypatch):
    """What is printed on a terminal so many columns wide, without its colours."""

    def show(print_it, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        stream = FakeTerminal()
        print_it(stream)
        return Text.from_ansi(stream.getvalue()).plain

    return show


def test_only_the_last_column_is_wrapped_and_numbers_stand_under_each_other(on_terminal):
    lines = on_terminal(lambda stream: print_listing(listing(), stream)).splitlines()
    assert [line.index(text) + len(text) for line, text in zip(lines[1:], ["1.25"], strict=False)] == [14]
    (twelve,) = [line for line in lines if line.startswith("twelve")]
    assert twelve.index("100.00") + len("100.00") == 14
    assert max(map(len, lines[:-1])) <= 80
    assert " ".join(" ".join(lines).split()).count("to its very end") == 1


@pytest.mark.parametrize("columns", [30, 80, 140])
def test_an_address_is_never_broken(on_terminal, columns):
    assert "x" * 90 in on_terminal(lambda stream: print_listing(listing(), stream), columns)


def test_in_a_pipe_each_entry_is_a_line_parted_by_tabs_with_its_group_and_its_mark():
    stream = io.StringIO()
    rows = (("a", "1"),), (("b", "2\n"),)
    groups = tuple(zip(("first group", "second group"), rows, strict=True))
    print_listing(Listing(("name", "n"), groups, first="best", marked=frozenset("b"), before=("x",)), stream)
    assert stream.getvalue() == "name\tn\tbest\tgroup\na\t1\tno\tfirst group\nb\t2\\n\tyes\tsecond group\n"


def test_columns_for_a_pipe_alone_are_on_no_terminal(on_terminal):
    assert LONG not in on_terminal(lambda stream: print_listing(listing(piped=1), stream))
    piped = io.StringIO()
    print_listing(listing(piped=1), piped)
    assert LONG in piped.getvalue()


def test_either_format_can_be_asked_for_anywhere(on_terminal, monkeypatch):
    assert "\t" in on_terminal(lambda stream: stream.write("") or print_listing(listing(), stream, ListFormat.PLAIN))
    monkeypatch.setenv("COLUMNS", "80")
    piped = io.StringIO()
    print_listing(listing(), piped, ListFormat.TABLE)
    assert "\t" not in piped.getvalue() and len(piped.getvalue().splitlines()) > 3


def test_facts_are_wrapped_under_their_text(on_terminal):
    lines = on_terminal(lambda stream: print_facts([("about", LONG), ("n", "1")], stream)).splitlines()
    assert lines[0].startswith("about  a sentence") and lines[1].startswith(" " * 7) and lines[-1] == "n      1"


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_every_list_of_the_program_fits_80_columns(on_terminal, command, monkeypatch):
    from iqa_cli.__main__ import main

    def run(stream):
        monkeypatch.setattr("sys.stdout", stream)
        with pytest.raises(SystemExit):
            main(list(command))

    lines = on_terminal(run).splitlines()
    addresses = ("http", "/", "sha256")  # are to be copied, and stay whole
    assert not [line for line in lines if len(line) > 80 and not any(word in line for word in addresses)]
    assert len(lines) > 3


def test_the_list_of_models_begins_with_which_to_take_and_names_none_that_is_not_there():
    advised = [name for _, models in ADVICE for name in models]
    assert set(advised) <= set(names())
    assert advised[: len(FIRST)] == list(FIRST.values())


def test_a_model_tells_its_weights_with_hash_licence_and_training(capsys):
    from iqa_cli.__main__ import main
    from iqa_cli.weights.weight_list import default_weight

    for spec in SPECS:
        with pytest.raises(SystemExit):
            main(["models", spec.name])
        facts = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
        weight = default_weight(spec.name) if spec.trained else None
        assert spec.name in facts["model"] and facts["smallest side"] == f"{spec.minimum} px"
        assert facts.get("paper", "") == spec.paper
        assert not weight or (facts["sha256"], facts["licence"]) == (weight.sha256, weight.licence)
        assert not weight or facts["trained on"] == weight.training_data
