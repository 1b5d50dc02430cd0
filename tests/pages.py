"""Small pages to open in a browser: their data, with pictures of one colour."""

import base64
import io
from functools import cache

from PIL import Image

from iqa_cli.tables.grid import Cell, Column, Grid

IQT = {"name": "iqt", "higher": True, "low": 1, "high": 5}
PSNR = {"name": "psnr", "higher": True, "low": None, "high": None}
MAP = {"key": "iqt attention", "model": "iqt", "label": "attention, mean 1", "colours": ["#000004", "#fcffa4"]}


@cache
def solid(colour, size=(60, 40)):
    """A picture of one colour as a data: address."""
    return address(Image.new("RGB", size, colour))


def address(picture):
    stream = io.BytesIO()
    picture.save(stream, "png")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def candidate(colour="grey", size=(60, 40), maps=None, **scores):
    source = solid(colour, size)
    entry = {"src": source, "thumb": source, "width": size[0], "height": size[1]}
    return entry | {"scores": scores, "maps": maps or {}}


def scene(name, *candidates, reference="red", size=(60, 40)):
    pictured = reference and {"src": solid(reference, size), "thumb": solid(reference, size)}
    entry = {"name": name, "width": size[0], "height": size[1], "reference": pictured}
    return entry | {"candidates": list(candidates)}


def comparison(*images, methods=("jpeg", "blur"), models=(IQT,), maps=(), single=False):
    """The data of a page."""
    data = {"methods": list(methods), "models": list(models), "single": single, "maps": list(maps)}
    return data | {"images": list(images)}


def summary(name="jpeg"):
    """A table with a best and a second."""
    columns = (Column("method", None, False), Column("iqt", True))
    rows = (
        (Cell(name), Cell("3.5", "[3, 4]", "best")),
        (Cell("blur"), Cell("3.1", "", "second")),
        (Cell("c"), Cell("1")),
    )
    return Grid("Means", "Best bold, second underlined.", columns, rows, (2,))


WHITE_MAP = {"iqt attention": {"src": solid("white", (4, 4)), "low": 0, "high": 3.25}}
PAIR = comparison(
    scene("first", candidate("lime", iqt=4.0), candidate("red", iqt=2.0)),  # the largest spread: first in the table
    scene("second", candidate("blue", iqt=3.0), candidate("lime", iqt=2.0)),
    scene("third", candidate("lime", iqt=2.5), candidate("blue", iqt=2.0)),
)


def colour_at(pixels, x, y):
    """The colour at a place given as fractions of the width and the height of H x W x 3 pixels."""
    height, width = pixels.shape[:2]
    return tuple(pixels[int(y * height), int(x * width)])
