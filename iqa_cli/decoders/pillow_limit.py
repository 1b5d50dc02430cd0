"""Pillow's limit of pixels, a setting of the whole process, lifted while we decode."""

from PIL import Image

from iqa_cli.decoders import libtiff
from iqa_cli.ground.shared_change import SharedChange


class _PillowLimitLifted(SharedChange):
    """Lifts Pillow's pixel limit, and silences libtiff, while any thread decodes.

    Our own limit may be above Pillow's. Leaving it off would disarm it for a host program that uses us as a library.
    """

    def _change(self) -> None:
        self._limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        self._handlers = libtiff.silence()

    def _restore(self) -> None:
        Image.MAX_IMAGE_PIXELS = self._limit
        libtiff.restore(self._handlers)


PILLOW_LIMIT_LIFTED = _PillowLimitLifted()
