"""The Dockerfile, the action and docs/ci.md against each other and against the program."""

import fnmatch
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from test_docs import COMMANDS, fenced, options, shell_commands

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
WORKFLOWS = [yaml.safe_load(text) for text in fenced("yaml", PAGE)]
ACTION = yaml.safe_load((ROOT / ".github/actions/iqa/action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}
INSTALL = ["uv", "pip", "install", "--torch-backend=cpu"]  # which needs no host of an index


def dockerfile():
    """The instructions, each with its words; the arguments have their defaults."""
    text = (ROOT / ".ci/Dockerfile").read_text(encoding="utf-8")
    defaults = dict(re.findall(r"^ARG (\w+)=(.*)$", text, re.MULTILINE))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    named = [re.sub(r"\$\{(\w+)\}", lambda m: defaults.get(m[1], m[0]), line) for line in lines]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in named)]


def installs(text):
    """The commands of a script that install iqa by uv, without settings before them and what is installed behind."""
    for words in shell_commands(f"```sh\n{text}\n```"):
        while words and re.fullmatch(r"\w+=.*", words[0]):
            del words[0]
        if words[:3] == INSTALL[:3]:
            yield words


def score_commands():
    """What GitHub and GitLab run in the examples of the page."""
    for workflow in WORKFLOWS:
        for step in workflow.get("jobs", {}).get("quality", {}).get("steps", ()):
            if "args" in step.get("with", {}):
                yield shlex.split(f"iqa score {step['with']['args']}")
        yield from (
            (shlex.split(line) for line in workflow["quality"]["script"] if line.startswith("iqa "))
            if ("script" in workflow.get("quality", {}))
            else ()
        )
    for words in shell_commands(PAGE):
        if words[:2] == ["docker", "run"] and "iqa" in words:
            yield words[words.index("iqa") :]


def test_every_way_to_install_is_the_one_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    scripts = [
        "\n".join(fenced("sh", readme)),
        "\n".join(fenced("sh", PAGE)),
        "\n".join(rest for word, rest in dockerfile() if word == "RUN"),
        STEPS["Install"]["run"],
        *("\n".join(workflow["quality"]["script"]) for workflow in WORKFLOWS if "quality" in workflow),
    ]
    for script in scripts:
        found = list(installs(script))
        assert found, script
        for words in found:
            assert INSTALL[3] in words, shlex.join(words)


def test_commands_of_the_examples_exist_with_their_options():
    found = list(score_commands())
    assert len(found) >= 4
    known = {spelling for spellings in options(COMMANDS["iqa score"]) for spelling in spellings}
    for words in found:
        assert words[:2] == ["iqa", "score"]
        assert {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known


def test_build_arguments_of_the_page_are_those_of_the_dockerfile():
    declared = {rest.partition("=")[0] for word, rest in dockerfile() if word == "ARG"}
    told = re.findall(r"--build-arg (\w+)=", PAGE + (ROOT / ".ci/Dockerfile").read_text(encoding="utf-8"))
    assert told and set(told) <= declared


def test_the_image_runs_iqa_as_no_root_user_and_downloads_nothing():
    words = dict(dockerfile())
    assert words["ENTRYPOINT"] == '["iqa"]'
    assert words["USER"] not in ("root", "0")
    assert "IQA_OFFLINE=1" in words["ENV"]


def test_what_the_dockerfile_copies_is_there_and_is_let_in_and_nothing_else():
    copied = [
        name for word, rest in dockerfile() if word == "COPY" and "--from" not in rest for name in rest.split()[:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert all((ROOT / name).exists() for name in copied)
    assert "*" in ignored and {line[1:] for line in ignored if line.startswith("!")} == set(copied)
    assert not any(fnmatch.fnmatch(name, pattern) for name in copied for pattern in ignored if pattern[0] not in "*!#")


def test_what_the_wheel_is_built_from_is_copied():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        *wheel["packages"],
        *wheel["force-include"],
        project["project"]["readme"],
        *project["project"]["license-files"],
    }
    (copied,) = [rest.split()[:-1] for word, rest in dockerfile() if word == "COPY" and rest.startswith("pyproject")]
    assert needed <= {*copied, "iqa_cli"}


@pytest.mark.parametrize("args", ["a/ 'b c/' -m iqt\n--fail-below 3", "'$(touch gone)' `touch gone` ; touch gone"])
def test_the_action_hands_its_words_over_as_they_are_and_keeps_the_exit_code(tmp_path, args):
    binaries = tmp_path / "iqa/bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    (binaries / "iqa").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 3\n')
    (binaries / "iqa").chmod(0o755)
    (tmp_path / "shlex.py").write_text("raise SystemExit('of the checkout')")
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path), "ARGS": args}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", STEPS["Score"]["run"]],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout.splitlines() == ["score", *shlex.split(args), "--report", "github"]
    assert not (tmp_path / "gone").exists()


def test_no_python_of_the_action_imports_from_the_checkout():
    calls = re.findall(r"python\"? (-\S+)", "\n".join(step["run"] for step in STEPS.values()))
    assert calls == ["-I", "-I"]


@pytest.mark.parametrize(("code", "told"), [(3, "jq"), (2, "")])
def test_the_recipe_for_a_shell_reads_the_summary_that_there_is_and_keeps_the_exit_code(tmp_path, code, told):
    recipe = next(text for text in fenced("sh", PAGE) if "jq " in text)
    script = recipe[recipe.index("code=0") :]
    (tmp_path / "iqa").write_text(f"#!/bin/sh\n{'touch summary.json' if code == 3 else ''}\nexit {code}\n")
    (tmp_path / "jq").write_text("#!/bin/sh\necho jq\n")
    for name in ("iqa", "jq"):
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-e", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (code, told)


def test_recipes_name_no_version_of_the_action_and_read_the_baseline_that_the_page_writes():
    assert re.findall(r"actions/iqa@(\S+)", PAGE) == ["COMMIT"]
    assert set(re.findall(r"baseline\.(?:csv|json\w*)", PAGE)) == {"baseline.json"}


def test_every_input_of_the_action_is_used_and_no_script_pastes_one():
    text = (ROOT / ".github/actions/iqa/action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert not any("${{" in step["run"] for step in STEPS.values())


def test_the_page_tells_every_member_of_the_summary():
    from iqa_cli.gate.summary import FACTS

    members = re.findall(r"^\| (`.+?`) \| ", PAGE, re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(members)))
    expected = {"iqa_summary", "iqa", "device", "passed", "exit_code", "rows", "seconds", "models", "means"}
    assert told >= expected | {"failed", "below", "baseline"}
    assert all(f"`{fact}`" in PAGE for fact in FACTS)
