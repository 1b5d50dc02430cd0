"""How a frame of a clip is called: `clip.mp4#120`, counted from 0."""

import re
from pathlib import PurePath

# fmt: off
VIDEO_SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".y4m", ".ogv", ".wmv",
    ".flv",
})
# fmt: on
"""Lower-case suffixes by which a clip is known."""

_FRAME = re.compile(r"(.+)#(\d+)", re.DOTALL)


def is_clip(path: str) -> bool:
    """Whether a path is that of a clip, by its suffix."""
    return PurePath(path).suffix.lower() in VIDEO_SUFFIXES


def frame_name(clip: str, number: int) -> str:
    """What frame `number` of a clip is called."""
    return f"{clip}#{number}"


def parted(path: str) -> tuple[str, int | None]:
    """The clip and the number of a frame; of any other path itself and None."""
    match = _FRAME.fullmatch(path)
    return (match[1], int(match[2])) if match and is_clip(match[1]) else (path, None)


def file_of(path: str) -> str:
    """The file that a path is read from: the clip, if it names a frame."""
    return parted(path)[0]
