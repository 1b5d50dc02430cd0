"""Small pictures of photographs for a contact sheet, made while the photographs are decoded for scoring anyway."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Self

from numpy.typing import NDArray

from iqa_cli.ground.pixels import reduced
from iqa_cli.page.store import PictureStore, encoded
from iqa_cli.storage.names import is_local_file, on_the_web

SMALL = 224  # px of the longer side, more than the width in which a card of the sheet shows it
PREVIEW = 1280  # px of the longer side, of a file that browsers do not show
INLINE = 64_000_000  # bytes of previews that go into the page; more go beside it
SHOWN = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".avif"}
"""What every browser of today shows; the sheet links these files and needs no preview of them."""


@dataclass(frozen=True)
class Thumbnail:
    """One photograph as the sheet has it.

    Attributes:
        width, height: px of the photograph as it is seen.
        data: WebP, `SMALL` px.
        preview: where `PictureStore` puts the address of a larger picture under "src"; None where the file is linked.
    """

    width: int
    height: int
    data: bytes
    preview: dict[str, Any] | None


class Thumbnails:
    """Those of one sheet, by the name that `add` was given. As a context it removes what was never published.

    Args:
        page: the HTML file to come; previews that it has no room for go beside it, into the folder of its pictures.
        inline: bytes of previews that go into the page.
    """

    def __init__(self, page: Path, inline: int = INLINE):
        self.store = PictureStore(page, inline)
        self._made: dict[str, Thumbnail] = {}

    def __enter__(self) -> Self:
        self.store.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        self.store.__exit__(*reason)

    def __len__(self) -> int:
        return len(self._made)

    def get(self, name: str) -> Thumbnail | None:
        """The thumbnail of a photograph, None where none was made: it failed, or was scored in an earlier run."""
        return self._made.get(name)

    def add(self, name: str, pixels: NDArray[Any]) -> None:
        """Keep a small picture of an H x W x 3 RGB photograph, upright, in sRGB, as it was scored.

        Args:
            name: its path, whose suffix says whether a browser can show the file itself.
            pixels: the photograph, floats in [0, 1] or 8-bit integers; not kept.
        """
        height, width = pixels.shape[:2]
        preview: dict[str, Any] | None = None
        if PurePath(name).suffix.lower() not in SHOWN or not (is_local_file(name) or on_the_web(name)):
            preview = {}
            self.store.put(preview, "src", "jpg", encoded(reduced(pixels, PREVIEW), "JPEG", quality=82))
        data = encoded(reduced(pixels, SMALL), "WEBP", quality=62, method=2)
        self._made[name] = Thumbnail(width, height, data, preview)
