"""The documentation against the program: names, links, examples and commands cannot rot unnoticed."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from iqa_cli.__main__ import main
from iqa_cli.app import app
from iqa_cli.comparison.targets import FORMATS
from iqa_cli.output import ROW_FORMATS
from iqa_cli.registry import names
from iqa_cli.tables.report_formats import REPORTS

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples/README.md")
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
QUICK_START = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Quick start\n")[2].partition("\n## ")[0]
SEPARATORS = {"&&", "||", "|", ";", "(", ")"}


def page_name(page):
    return page.relative_to(ROOT).as_posix()


def fenced(language, text):
    """Contents of the code blocks in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(group=None, name="iqa"):
    """Every command that does something, by what is typed for it."""
    group = group or typer.main.get_command(app)
    if not hasattr(group, "commands"):
        return {name: group}
    return {k: v for word, sub in group.commands.items() for k, v in commands(sub, f"{name} {word}").items()}


COMMANDS = commands()


def options(command):
    """The spellings of each option of a command, `--help` left out."""
    return [[*p.opts, *p.secondary_opts] for p in command.params if p.opts[0].startswith("-") and p.name != "help"]


def mentioned(word):
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", TEXT)


def anchors(page):
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shell_commands(text):
    """Every single command of the sh blocks, as words."""
    for line in "\n".join(fenced("sh", text)).replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = []
        for word in (*lexer, ";"):
            if word not in SEPARATORS:
                words.append(word)
            elif words:
                yield words
                words = []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    assert mentioned(command)


@pytest.mark.parametrize(
    "spellings",
    options(COMMANDS["iqa score"]) + options(COMMANDS["iqa compare"]) + options(COMMANDS["iqa rank"]),
    ids=lambda spellings: spellings[0],
)
def test_every_option_of_score_compare_and_rank_is_documented(spellings):
    assert any(mentioned(spelling) for spelling in spellings if spelling.startswith("--"))


@pytest.mark.parametrize("model", names())
def test_every_model_is_documented(model):
    assert f"`{model}`" in TEXT


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_python_examples_compile(page):
    for number, block in enumerate(fenced("python", page.read_text(encoding="utf-8"))):
        compile(block, f"{page_name(page)}, python block {number}", "exec")


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_commands_in_examples_and_their_options_exist(page):
    for words in shell_commands(page.read_text(encoding="utf-8")):
        if words[0] != "iqa":
            continue
        name = next((n for n in (" ".join(words[:3]), " ".join(words[:2])) if n in COMMANDS), None)
        assert name or words[1].startswith("-"), f"no such command: {shlex.join(words)}"
        known = {spelling for spellings in options(COMMANDS[name]) for spelling in spellings} if name else set()
        typed = {word.partition("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
        assert typed <= known | {"--help", "-h", "--version", "--debug"}, shlex.join(words)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_relative_links_and_their_anchors_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_example_files_named_in_the_documentation_exist():
    for pattern in set(re.findall(r"examples/[\w./*-]*\w", TEXT)):
        assert list(ROOT.glob(pattern)), pattern


def test_the_commands_of_the_example_page_run(tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    for words in shell_commands((ROOT / "examples/README.md").read_text(encoding="utf-8")):
        expanded = [path for word in words[1:] for path in sorted(map(str, Path().glob(word))) or [word]]
        with pytest.raises(SystemExit) as leaving:
            main(expanded)
        assert leaving.value.code == 0, shlex.join(words)
    assert len(Path("scores.csv").read_text().splitlines()) == 1 + 3


def test_the_quick_start_is_two_lines_that_install_score_and_test():
    first_block = fenced("sh", QUICK_START)[0]
    install_and_score, test = first_block.splitlines()
    assert "pip install" in install_and_score
    assert "iqa score examples/" in install_and_score
    assert test.endswith("pytest")


def test_no_tracked_file_names_a_folder_of_somebodys_machine():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    home = re.compile(rb"(?<![\w.~$}/-])/(?:home|root|Users|work|opt|tmp|mnt|srv)/\w[^\s\"']*")
    files = [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    found = {page_name(file): home.findall(file.read_bytes()) for file in files}
    assert not {name: paths for name, paths in found.items() if paths}


def test_the_formats_are_documented_as_their_tables_have_them():
    for page, known in (("scoring.md", ROW_FORMATS), ("evaluating.md", REPORTS)):
        assert f"`{'|'.join(known)}`" in (ROOT / "docs" / page).read_text(encoding="utf-8")
    comparing = (ROOT / "docs" / "comparing.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in comparing for name in FORMATS)


def test_the_pipeline_of_the_readme_asks_for_rows_with_scores_alone():
    """A row that failed has no percentile, and in jq null is less than any number."""
    (line,) = [line for line in TEXT.splitlines() if "percentile <" in line]
    assert "| iqa score - " in line and 'select(.status == "ok" and ' in line
