"""iqa: how good an image looks, the way people would say it."""

__version__ = "0.1.0"
