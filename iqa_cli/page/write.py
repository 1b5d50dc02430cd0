"""From a comparison to its page: tables as they are, and for every image the pictures, scores and maps."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import isinf, isnan
from pathlib import Path
from typing import Any

import numpy as np

from iqa_cli import __version__
from iqa_cli.comparison.compare import Comparison
from iqa_cli.comparison.grids import decimals, summary_grids, title
from iqa_cli.engine.session import Look, Session
from iqa_cli.page.pictures import PALETTES, PictureStore, coloured, thumb, whole
from iqa_cli.page.render import Page, render
from iqa_cli.plan.methods import GROUP
from iqa_cli.plan.wording import first_few
from iqa_cli.records import Job, ModelInfo
from iqa_cli.terminal import printable

LABELS = {"attention": "attention, mean 1", "quality": "score, 1 to 5"}
QUALITY = (1.0, 5.0)
MOST = 99.5  # percent of the pixels whose attention the colours tell apart; a single peak must not darken the rest


def write_page(
    path: Path,
    found: Comparison,
    jobs: Sequence[Job],
    session: Session,
    maps: bool,
    inline: int,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Write one page that needs no network.

    Args:
        path: HTML file, replaced when all of it is there.
        found: the comparison.
        jobs: those of its plan: image by image, one a method.
        session: decodes them as they were scored, and draws maps.
        maps: whether to draw them.
        inline: bytes of pictures that go into the page; more go beside it (`PictureStore`).
        tick: called for each image.

    Raises UsageError when the folder of the pictures cannot be written.
    """
    store = PictureStore(path, inline)
    shown = set(found.groups)
    looks = session.look([job for job in jobs if job.extra[GROUP] in shown], maps)
    images = []
    for place in range(len(found.groups)):
        of_image = list(islice(looks, len(found.methods)))
        if any(look.image is not None for look in of_image):  # files can vanish after they were scored
            images.append(_image(found, place, of_image, store))
        tick()
    store.finish()
    there = {key for image in images for candidate in image["candidates"] if candidate for key in candidate["maps"]}
    data = {
        "methods": [printable(name) for name in found.methods],
        "models": [_model(model) for model in found.models],
        "single": found.single,
        "maps": list(_maps(found, there)),
        "images": images,
    }
    caption = f"{title(found)}, scored by {first_few([model.name for model in found.models])}"
    grids = tuple(summary_grids(found))  # the table of images sorts: it shows the worst and the most differing itself
    page = Page(first_few(found.methods), caption, grids, found.notes, data, __version__)
    part = path.with_name(path.name + ".part")
    part.write_text(render(page), encoding="utf-8")
    part.replace(path)


def _image(found: Comparison, place: int, looks: Sequence[Look], store: PictureStore) -> dict[str, Any]:
    """One entry of "images": pictures of the reference and of each method."""
    pixels = [look.image for look in looks if look.image is not None]
    height, width = pixels[0].shape[:2]
    reference = next((look.reference for look in looks if look.reference is not None), None)
    highest = {}
    for look in looks:
        for (model, kind), values in look.maps.items():
            high = QUALITY[1] if kind == "quality" else float(np.nanpercentile(values, MOST))
            highest[model, kind] = max(high, highest.get((model, kind), 0.0))
    return {
        "name": printable(found.groups[place]),
        "width": width,
        "height": height,
        "reference": None if reference is None else _pictures(reference, store),
        "candidates": [_candidate(found, k, place, look, highest, store) for k, look in enumerate(looks)],
    }


def _candidate(
    found: Comparison,
    method: int,
    place: int,
    look: Look,
    highest: dict[tuple[str, str], float],
    store: PictureStore,
) -> dict[str, Any] | None:
    if look.image is None:
        return None
    maps = {}
    for (model, kind), values in look.maps.items():
        low, high = QUALITY[0] if kind == "quality" else 0.0, highest[model, kind]
        entry: dict[str, Any] = {"low": low, "high": high}
        store.put(entry, "src", *coloured(values, kind, low, high))
        maps[f"{model} {kind}"] = entry
    scores = {m.name: _score(found.scores[m.name][method, place]) for m in found.models}
    pictures = _pictures(look.image, store)
    pictures.update(scores=scores, maps=maps)  # this very dict, to which the store will add addresses
    return pictures


def _pictures(pixels: np.ndarray, store: PictureStore) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    entry: dict[str, Any] = {"width": width, "height": height}
    store.put(entry, "src", *whole(pixels))
    store.put(entry, "thumb", *thumb(pixels))
    return entry


def _model(model: ModelInfo) -> dict[str, Any]:
    ends = {"low": model.low, "high": model.high}
    return {"name": model.name, "higher": model.higher_is_better, "decimals": decimals(model), **ends}


def _score(value: float) -> float | str | None:
    return None if isnan(value) else "inf" if isinf(value) else float(value)


def _maps(found: Comparison, there: set[str]) -> Iterator[dict[str, Any]]:
    for model in found.models:
        for kind, colours in PALETTES.items():
            key = f"{model.name} {kind}"
            if key in there:
                yield {"key": key, "model": model.name, "label": LABELS[kind], "colours": colours}
