"""How a frame is called, of a clip or of a picture file that holds several: `clip.mp4#120`, counted from 0."""

import os
import re

from iqa_cli.errors import UsageError
from iqa_cli.ground.picture_formats import SEVERAL_SUFFIXES

# fmt: off
VIDEO_SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".y4m", ".ogv", ".wmv",
    ".flv",
})
# fmt: on
"""Lower-case suffixes by which a clip is known."""

FIRST_FRAME, ALL_FRAMES = "first", "all"  # which frame of a picture file is scored, beside a number
_FRAME = re.compile(r"(.+)#(\d+)", re.DOTALL)


def is_clip(path: str) -> bool:
    """Whether a path is that of a clip, by its suffix."""
    return _suffix(path) in VIDEO_SUFFIXES


def may_hold_several(path: str) -> bool:
    """Whether a path is that of a picture file whose format can hold several, by its suffix."""
    return _suffix(path) in SEVERAL_SUFFIXES


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 (of a million names: pathlib is slow)


def frame_name(file: str, number: int) -> str:
    """What frame `number` of a file is called."""
    return f"{file}#{number}"


def frame_number(rule: str) -> int | None:
    """Which frame is scored of picture files that hold several; None for the first.

    Raises UsageError for what is no rule, and for `all`, a row for each: plans have them, see `frame_read`.
    """
    if rule == ALL_FRAMES:
        raise UsageError("--frame all: one picture of a file is taken here; say first, or which, counted from 0")
    if rule != FIRST_FRAME and not rule.isdecimal():
        raise UsageError(f"--frame {rule}: say first, all, or which, counted from 0")
    return None if rule == FIRST_FRAME else int(rule)


def frame_read(rule: str) -> str:
    """What is read of a file that names no frame, where a plan has a job for each frame if the rule is `all`."""
    return FIRST_FRAME if rule == ALL_FRAMES else rule


def parted(path: str) -> tuple[str, int | None]:
    """The file and the number of a frame; of any other path itself and None."""
    match = _FRAME.fullmatch(path)
    return (match[1], int(match[2])) if match and (is_clip(match[1]) or may_hold_several(match[1])) else (path, None)


def file_of(path: str) -> str:
    """The file that a path is read from: the one that holds the frame, if it names one."""
    return parted(path)[0]
