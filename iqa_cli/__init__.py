"""iqa: how good an image looks, the way people would say it."""

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def __getattr__(name: str):
    # torch is imported when a model is loaded, not when the command line starts.
    if name == "load":
        from iqa_cli.scorer import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
