"""From a comparison to its page: tables as they are, and for every image the pictures, scores and maps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from math import isinf, isnan
from pathlib import Path
from typing import Any

import numpy as np

from iqa_cli import __version__
from iqa_cli.comparison.answer import answer
from iqa_cli.comparison.findings import Comparison
from iqa_cli.comparison.method_grids import summary_grids, title
from iqa_cli.engine.session import Look, Session
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.pixels import to_pillow
from iqa_cli.ground.wording import first_few
from iqa_cli.output.map_files import label, limits
from iqa_cli.page.origin import origin_grid
from iqa_cli.page.render import Page, render
from iqa_cli.page.store import PALETTES, PictureStore, coloured, shrunk, thumb, whole
from iqa_cli.plan.methods import IMAGE
from iqa_cli.records import Job
from iqa_cli.tables.grid import said_once
from iqa_cli.terminal import printable


def write_page(
    path: Path,
    found: Comparison,
    jobs: Sequence[Job],
    session: Session,
    maps: bool,
    inline: float,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Write one page that needs no network.

    Args:
        path: HTML file; it and the folder of its pictures are replaced when all of the new page is there.
        found: the comparison.
        jobs: those of its plan: image by image, one a method.
        session: decodes them as they were scored, and draws maps.
        maps: whether to draw them.
        inline: megabytes of pictures that go into the page; more go beside it (`PictureStore`).
        tick: called for each image.

    Raises OSError when the page cannot be written.
    """
    shown = set(found.images)
    looks = session.look([job for job in jobs if job.extra[IMAGE] in shown], maps)
    images, notes = [], list(found.notes)
    with PictureStore(path, int(inline * 1e6)) as store:
        for place in range(len(found.images)):
            image = _image(found, place, islice(looks, len(found.methods)), store, notes)
            images += [image] if image else []
            tick()
        store.finish()
        with atomically(path) as partial:
            partial.write_text(render(_page(found, images, notes)), encoding="utf-8")
            store.publish()


def _page(found: Comparison, images: list[dict[str, Any]], notes: Sequence[str]) -> Page:
    there = {key for image in images for candidate in image["candidates"] if candidate for key in candidate["maps"]}
    data = {
        "methods": [printable(name) for name in found.methods],
        "models": [
            {"name": m.name, "higher": m.higher_is_better, "decimals": found.decimals[m.name]} for m in found.models
        ],
        "single": found.single,
        "maps": list(_maps(found, there)),
        "images": images,
    }
    caption = f"{title(found)}, scored by {first_few([model.name for model in found.models])}"
    # The table of images sorts: it shows the worst and the most differing itself.
    grids = (*said_once(summary_grids(found)), origin_grid(found.meta))
    told = tuple(dict.fromkeys(notes))
    return Page(first_few(found.methods), caption, grids, told, data, __version__, tuple(answer(found)))


def _image(
    found: Comparison, place: int, looks: Iterable[Look], store: PictureStore, notes: list[str]
) -> dict[str, Any] | None:
    """One entry of "images": pictures of the reference and of each method; None where no file can be read again.

    Pixels are let go of one by one; only small maps wait for the range that all candidates share.
    """
    name = found.images[place] or title(found)
    reference, candidates, drawn = None, [], []
    for method, look in enumerate(looks):
        notes += look.notes
        if reference is None and look.reference is not None:
            reference = _pictures(look.reference, store)
        candidate = None if look.image is None else _pictures(look.image, store)
        candidates.append(candidate)
        if candidate is None:
            continue
        scores = {model.name: _score(found.scores[model.name][method, place]) for model in found.models}
        candidate.update(scores=scores, maps={})
        for model, maps in look.maps.items():
            for kind, values in maps.by_kind().items():
                drawn.append((candidate, model, kind, shrunk(values), *limits(kind, values, maps.range)))
    base = reference or next(filter(None, candidates), None)
    if base is None:
        notes.append(f"{name}: could not be read again for this page")
        return None
    for candidate, model, kind, values, _, _ in drawn:
        low = min(bottom for _, *key, _, bottom, _ in drawn if key == [model, kind])
        high = max(top for _, *key, _, _, top in drawn if key == [model, kind])
        candidate["maps"][f"{model} {kind}"] = entry = {"low": low, "high": high}
        store.put(entry, "src", *coloured(values, kind, low, high))
    size = {"width": base["width"], "height": base["height"]}
    return {"name": printable(name), **size, "reference": reference, "candidates": candidates}


def _pictures(pixels: np.ndarray, store: PictureStore) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    entry: dict[str, Any] = {"width": width, "height": height}
    image = to_pillow(pixels)
    store.put(entry, "src", *whole(image))
    store.put(entry, "thumb", *thumb(image))
    return entry


def _score(value: float) -> float | str | None:
    return None if isnan(value) else "inf" if isinf(value) else float(value)


def _maps(found: Comparison, there: set[str]) -> Iterator[dict[str, Any]]:
    for model in found.models:
        for kind, colours in PALETTES.items():
            key = f"{model.name} {kind}"
            if key in there:
                yield {"key": key, "label": label(kind, model.range), "colours": colours}
