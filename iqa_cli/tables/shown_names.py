"""Names as a table shows them: paths without the folder they share, and cut in the middle where room is short."""

import os
import re
from collections.abc import Sequence

from rich.cells import cell_len

ELLIPSIS = "…"
SLASHES = "/\\" if os.sep == "\\" else "/"  # a backslash is a letter like others but on Windows
MANY = 2_000  # names beyond which cuts are not tried to keep all apart


def without_common_folder(paths: Sequence[str]) -> tuple[str, list[str]]:
    """The folder that all paths share, with its slash, and the paths below it; "" where they share none.

    Empty texts stay as they are and count for nothing.
    """
    slash = re.escape(SLASHES)
    folders = [re.findall(f"[^{slash}]*[{slash}]", path) for path in paths if path]
    shared = 0
    while folders and all(len(folder) > shared and folder[shared] == folders[0][shared] for folder in folders):
        shared += 1
    folder = "".join(folders[0][:shared]) if folders else ""
    if not folder.strip(SLASHES):  # the root alone is no folder to speak of
        return "", list(paths)
    return folder, [path[len(folder) :] for path in paths]


def cut_in_the_middle(names: Sequence[str], width: int) -> list[str]:
    """The names within `width` cells: where a name is longer an ellipsis stands for its middle.

    Beginning and end stay, for they tell names apart; where they do not, another cut does if there is one.
    """
    middle = width // 2
    found = [_cut(name, width, middle) for name in names]
    different = len(set(names))
    if different > MANY or len(set(found)) == different:
        return found
    cuts = sorted(range(width), key=lambda head: abs(head - middle))
    best = max(cuts, key=lambda head: len({_cut(name, width, head) for name in set(names)}))
    return [_cut(name, width, best) for name in names]


def _cut(name: str, width: int, head: int) -> str:
    """`head` cells of the beginning and the rest of the end; a wide character that does not fit is left out."""
    if cell_len(name) <= width:
        return name
    return _within(name, head) + ELLIPSIS + _within(name[::-1], width - head - 1)[::-1]


def _within(text: str, width: int) -> str:
    used, place = 0, 0
    while place < len(text) and used + cell_len(text[place]) <= width:
        used += cell_len(text[place])
        place += 1
    return text[:place]
