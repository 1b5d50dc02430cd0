"""Files that tests of planning need, and short ways to plan and to complain."""

import io
from pathlib import Path

import pytest

from iqa_cli.errors import ExitCode, UsageError
from iqa_cli.plan import Inputs, build_plan


def touch(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def write(name, text, encoding="utf-8"):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text.encode(encoding))


def full(*paths, **options):
    return build_plan(Inputs(paths=paths, **options), full_reference=True)


def alone(*paths, **options):
    return build_plan(Inputs(paths=paths, **options), full_reference=False)


def manifest(name, full_reference=False, stdin=None, reserved=lambda paired: ()):
    return build_plan(Inputs(manifest=name), full_reference, stdin, reserved)


def piped(text, full_reference=False, reserved=lambda paired: ()):
    return manifest("-", full_reference, io.StringIO(text), reserved)


def pairs(plan):
    return [(job.reference, job.image) for job in plan.jobs]


def images(plan):
    return [job.image for job in plan.jobs]


def complaint(call, *args, **options):
    """The message of the one-line usage error that the call must end in."""
    with pytest.raises(UsageError) as caught:
        call(*args, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == ExitCode.USAGE
    return message
