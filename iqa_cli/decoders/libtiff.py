"""Pillow's libtiff, which prints on stderr what Pillow raises anyway, and knows which codecs it was built with."""

import ctypes
from functools import cache
from typing import Any

from PIL import Image

_SETTERS = ("TIFFSetErrorHandler", "TIFFSetWarningHandler")


def silence() -> tuple[Any, ...]:
    """Let libtiff print nothing; gives what `restore` needs."""
    return _set((None, None))


def restore(handlers: tuple[Any, ...]) -> None:
    """Let libtiff print as before."""
    _set(handlers)


def decodes(codec: int) -> bool:
    """Whether libtiff has a codec; True where it cannot be asked."""
    library = _library()
    return library is None or bool(library.TIFFIsCODECConfigured(ctypes.c_uint16(codec)))


def _set(handlers: tuple[Any, ...]) -> tuple[Any, ...]:
    library = _library()
    if library is None or not handlers:
        return ()
    return tuple(getattr(library, name)(handler) for name, handler in zip(_SETTERS, handlers, strict=True))


@cache
def _library() -> Any:
    """The library that Pillow's own module has loaded; None where its names are not visible (linked statically)."""
    try:
        library = ctypes.CDLL(Image.core.__file__)
        for name in _SETTERS:
            setter = getattr(library, name)
            setter.argtypes, setter.restype = (ctypes.c_void_p,), ctypes.c_void_p
        library.TIFFIsCODECConfigured.restype = ctypes.c_int
    except (AttributeError, OSError):
        return None
    return library
