"""Pictures to distort, and what `iqa distort` made of them."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image


def save(path, pixels, **options):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def pixels(path):
    return np.asarray(Image.open(path))


def rows(folder="set"):
    with Path(folder, "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    """Every file by its path, as bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*.*")}
