"""The page of `iqa rank --html`: photographs as thumbnails by score, groups side by side, the names to keep.

Thumbnails are in the page. What is seen large is the photograph itself, linked by its path from the page: copies in
full size would make the page as large as the folder, and smaller ones would hide what tells near-copies apart. From the
web a page may show pictures only where photographs of its own lie there. Formats that browsers do not show have a
smaller copy, in the page while there are few, else beside it (`Thumbnails`).
"""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from iqa_cli import __version__
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.wording import counted, first_few, told_once
from iqa_cli.page.shell import fill
from iqa_cli.page.thumbnails import Thumbnails
from iqa_cli.ranking.photographs import Photograph, Ranking
from iqa_cli.ranking.ranking_grids import SHARED
from iqa_cli.ranking.requests import FOLDER, SIMILAR
from iqa_cli.storage.names import is_url, on_the_web, tar_parts
from iqa_cli.tables.grid import one_line
from iqa_cli.terminal import printable

SCRIPTS = (
    "base.js",
    "controls.js",
    "sheet_state.js",
    "zoom.js",
    "zoom_controls.js",
    "canvas.js",
    "layout.js",
    "dialog.js",
    "sheet_thumbs.js",
    "sheet_cards.js",
    "sheet_list.js",
    "sheet_tools.js",
    "sheet_names.js",
    "sheet_viewer.js",
    "sheet_main.js",
)  # one module, in order
STYLES = ("page.css", "sheet.css")
ALIKE = {SIMILAR: "alike", FOLDER: "in one folder"}  # what the photographs of a group are
BLOCK = 100  # thumbnails in an element of their own: the first are there before the last are read
WEB = {"img-src": "https: http:"}  # no list of hosts: one may lead to another
SHELL = 60_000  # bytes of a page without photographs, about
ABOUT = (
    "The thumbnails are in this page, which needs no network. Seen large are the photographs themselves, where they "
    "lie now: move the page together with them. What you tick to keep lasts while the page is open: copy the names. "
    "Keys: arrows walk over the cards, Enter opens one, K keeps it."
)


def write_contact_sheet(ranking: Ranking, thumbnails: Thumbnails, file: Path) -> None:
    """Write one page that needs no network.

    Args:
        ranking: the photographs, the best first.
        thumbnails: theirs, by path; a photograph without one has a card without a picture. Its pictures beside the
            page are published with it.
        file: HTML file; replaced when all of the new page is there.

    Raises OSError when the page cannot be written.
    """
    thumbnails.store.finish()
    photographs = [_entry(photograph, ranking, thumbnails, file) for photograph in ranking.photographs]
    linked = [p.path for p, entry in zip(ranking.photographs, photographs, strict=True) if not entry["preview"]]
    small = [_picture(thumbnails, photograph) for photograph in ranking.photographs]
    thumbs = [Markup("\n".join(small[start : start + BLOCK])) for start in range(0, len(small), BLOCK)]
    places = ranking.decimals
    models = [{"name": m.name, "higher": m.higher_is_better, "decimals": places[m.name]} for m in ranking.models]
    data = {"models": models, "photos": photographs, "block": BLOCK, "alike": ALIKE.get(ranking.grouping, "")}
    text = fill(
        "contact_sheet.html.j2",
        SCRIPTS,
        STYLES,
        data,
        WEB if any(map(on_the_web, linked)) else None,
        title=_title(ranking),
        version=__version__,
        caption=_caption(ranking),
        size=f"{(SHELL + len(json.dumps(data)) + sum(map(len, thumbs))) / 1e6:.1f} MB",
        thumbs=thumbs,
        module=False,
        about=[sentence for sentence in (ranking.rule, ABOUT) if sentence],
        notes=tuple(_notes(ranking)),
    )
    with atomically(file) as partial:
        partial.write_text(text, encoding="utf-8")
        thumbnails.store.publish()


def _entry(photograph: Photograph, ranking: Ranking, thumbnails: Thumbnails, file: Path) -> dict[str, Any]:
    """What the page knows of one photograph; by model where there is one value each, in the order of the models."""
    names = [model.name for model in ranking.models]
    small = thumbnails.get(photograph.path)
    name = one_line(photograph.path)
    width, height = (photograph.width, photograph.height) if small is None else (small.width, small.height)
    return {
        "name": name,
        "whole": name == photograph.path,
        "scores": [photograph.scores.get(name) for name in names],
        "words": [photograph.words.get(name) for name in names],
        "percentiles": [photograph.percentiles.get(name) for name in names],
        "group": photograph.group,
        "best": photograph.best,
        "taken": photograph.taken.isoformat(timespec="seconds") if photograph.taken else None,
        "width": width,
        "height": height,
        "notes": [printable(note) for note in photograph.notes],
        "error": photograph.error and printable(photograph.error),
        "thumb": small is not None,
        "preview": small and small.preview and small.preview["src"],
        "link": link_to(photograph.path, file),
    }


def link_to(path: str, file: Path) -> str:
    """The address of a file, or of the tar that it is in, as a page names it: relative, so that both move, or whole."""
    path = (tar_parts(path) or (path,))[0]
    if is_url(path):
        return path
    target, folder = os.path.realpath(path), Path(os.path.realpath(file)).parent
    try:
        relative = os.path.relpath(target, folder)
    except ValueError:  # on another drive
        return Path(target).as_uri()
    return "./" + quote(os.fsencode(relative.replace(os.sep, "/")))


def _title(ranking: Ranking) -> str:
    failed = f"; {ranking.failed} not scored" if ranking.failed else ""
    return f"{counted(len(ranking.scored), 'photograph')}, the best first{failed}"


def _caption(ranking: Ranking) -> str:
    names = [model.name for model in ranking.models]
    told = f"Ranked by {names[0]}" + (f", scored by {first_few(names[1:])} too" if names[1:] else "")
    of = ranking.percentile_of.get(names[0])
    told += f"; percentages are of {of}." if of else "."
    if ranking.groups:
        groups = f"{counted(len(ranking.groups), 'group')} of those that {SHARED[ranking.grouping]}"
        told += f" {groups}, {counted(len(ranking.keepers), 'photograph')} to keep."
    return told


def _picture(thumbnails: Thumbnails, photograph: Photograph) -> str:
    """A thumbnail in letters that end no element and no line; empty where there is none."""
    small = thumbnails.get(photograph.path)
    return base64.b64encode(small.data).decode() if small else ""


def _notes(ranking: Ranking) -> Iterator[str]:
    for photograph in ranking.photographs:
        if photograph.error:
            yield f"{printable(photograph.path)}: {printable(photograph.error)}"
    yield from told_once(printable("; ".join(photograph.notes)) for photograph in ranking.photographs)
