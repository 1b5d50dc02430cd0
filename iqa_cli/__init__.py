"""iqa: how good an image looks, the way people would say it."""

from typing import TYPE_CHECKING, Any

from iqa_cli import errors

if TYPE_CHECKING:
    from iqa_cli.batch_scorer import BatchScorer
    from iqa_cli.frames import compare, distort, encode, evaluate, rank, score
    from iqa_cli.model_export import export
    from iqa_cli.score_value import ScoreValue
    from iqa_cli.scorer import Scorer, load

__version__ = "0.1.0"
__all__ = [
    "BatchScorer", "ScoreValue", "Scorer", "__version__",
    "compare", "distort", "encode", "errors", "evaluate", "export", "load", "rank", "score",
]  # fmt: skip

if not TYPE_CHECKING:  # a type checker knows the names above, and tells of others
    # torch and pandas are imported when something is asked for, not when the command line starts.
    _HOMES = {
        **dict.fromkeys(("score", "evaluate", "compare", "distort", "encode", "rank"), "iqa_cli.frames"),
        **dict.fromkeys(("load", "Scorer"), "iqa_cli.scorer"),
        "BatchScorer": "iqa_cli.batch_scorer",
        "ScoreValue": "iqa_cli.score_value",
        "export": "iqa_cli.model_export",
    }

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            from importlib import import_module

            return globals().setdefault(name, getattr(import_module(_HOMES[name]), name))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return __all__
