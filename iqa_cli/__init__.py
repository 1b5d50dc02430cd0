"""iqa: how good an image looks, the way people would say it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iqa_cli.frames import compare, distort, evaluate, score
    from iqa_cli.scorer import Scorer, load

__version__ = "0.1.0"
__all__ = ["Scorer", "__version__", "compare", "distort", "evaluate", "load", "score"]

# torch and pandas are imported when something is asked for, not when the command line starts.
_HOMES = {
    **dict.fromkeys(("score", "evaluate", "compare", "distort"), "iqa_cli.frames"),
    **dict.fromkeys(("load", "Scorer"), "iqa_cli.scorer"),
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
