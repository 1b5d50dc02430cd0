"""The page of `iqa export MODEL --html`: a model and what runs it in one file, which scores photographs in a browser.

Everything the page needs is in it, compressed, and its policy lets it connect to nothing: what it is given stays in it.
"""

import base64
import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from iqa_cli import __version__
from iqa_cli.ground.atomic import atomically
from iqa_cli.meaning import FIVE_LEVELS, IMPAIRMENT, MOST, QUALITY
from iqa_cli.page.shell import asset, fill
from iqa_cli.page.store import PALETTES
from iqa_cli.page.web_runtime import PACKAGE, VERSION, WebRuntime
from iqa_cli.records import ScoreRange
from iqa_cli.registry import MOST_CROPS, Spec

SCRIPTS = (
    "base.js",
    "controls.js",
    "scorer_parts.js",
    "scorer_work.js",
    "scorer_words.js",
    "scorer_maps.js",
    "scorer_cards.js",
    "scorer_main.js",
)  # one module, in order
WORKER = ("worker_crops.js", "worker_pixels.js", "worker_main.js")  # one script, after that of the runtime
STYLES = ("page.css", "scorer.css")
# A worker made of what is in the page, WebAssembly, and pictures that were dropped; `connect-src` stays closed.
POLICY = {"script-src": "'wasm-unsafe-eval' blob:", "worker-src": "blob:", "img-src": "blob:"}
# Of a photograph that a model looks at as a whole: WebAssembly has 4 GB. TRIQ scored 12 megapixels and failed at 24.
MOST_WHOLE = {"triq-lite": 25_000_000}
MOST_PIXELS = 12_600_000  # of a photograph where that says nothing
MOST_CROPPED = 64_000_000  # of one that a model looks at by crops
DECIMALS = 3
JUDGES, COMPARES = "how good does a photograph look?", "how close does a picture come to its reference?"


def write_browser_scorer(spec: Spec, network: bytes, facts: Mapping[str, Any], runtime: WebRuntime, file: Path) -> None:
    """Write one page that scores photographs and needs no network.

    Args:
        spec: the model.
        network: its ONNX file.
        facts: what that file says of itself, by name without `iqa.`, as values.
        runtime: what runs it.
        file: HTML file; replaced when all of the new page is there.

    Raises OSError when the page cannot be written.
    """
    worker = runtime.script.decode() + "\n" + "".join(map(asset, WORKER))
    parts = {"worker": worker.encode(), "glue": runtime.glue, "wasm": runtime.wasm, "network": network}
    packed = {name: Markup(base64.b64encode(gzip.compress(part, mtime=0)).decode()) for name, part in parts.items()}
    low, high = facts["range"]
    range = ScoreRange(low, high, facts["higher_is_better"])
    words = (IMPAIRMENT if spec.full_reference else QUALITY) if range == FIVE_LEVELS else ()
    data: dict[str, Any] = {
        "model": spec.name,
        "higher": range.higher_is_better,
        "decimals": DECIMALS,
        "range": [low, high],
        "reference": spec.full_reference,
        "crop": spec.crop,
        "overlap": spec.overlap,
        "crops": MOST_CROPS,
        "minimum": spec.minimum,
        "most": MOST_CROPPED if spec.crop else MOST_WHOLE.get(spec.name, MOST_PIXELS),
        "words": words,
        "percentiles": facts.get("percentiles"),
        "mostPercent": MOST,
        "colours": PALETTES["attention"],
    }
    text = fill(
        "scorer.html.j2",
        SCRIPTS,
        STYLES,
        data,
        POLICY,
        title=f"{spec.title}: {COMPARES if spec.full_reference else JUDGES}",
        version=__version__,
        spec=spec,
        facts=facts,
        parts=packed,
        size=f"{sum(map(len, packed.values())) / 1e6:.0f} MB",
        runtime=f"{PACKAGE} {VERSION}",
        licence=asset("mit.txt"),
        most=f"{data['most'] / 1e6:.0f}",
    )
    with atomically(file) as partial:
        partial.write_text(text, encoding="utf-8")
