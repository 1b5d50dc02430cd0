"""Small pages to open in a browser: their data, with pictures of one colour."""

import base64
import io
from functools import cache

from PIL import Image

from iqa_cli.tables.grid import Cell, Column, Grid

IQT = {"name": "iqt", "higher": True, "decimals": 3}
PSNR = {"name": "psnr", "higher": True, "decimals": 2}
LPIPS = {"name": "lpips", "higher": False, "decimals": 4}
MAP = {"key": "iqt attention", "label": "attention, mean 1", "colours": ["#000004", "#fcffa4"]}


@cache
def solid(colour, size=(60, 40)):
    """A picture of one colour as a data: address."""
    return address(Image.new("RGB", size, colour))


def address(picture):
    stream = io.BytesIO()
    picture.save(stream, "png")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def picture(colour, size):
    return {"width": size[0], "height": size[1], "src": solid(colour, size), "thumb": solid(colour, size)}


def candidate(colour="grey", size=(60, 40), maps=None, **scores):
    return picture(colour, size) | {"scores": scores, "maps": maps or {}}


def scene(name, *candidates, reference="red", size=(60, 40)):
    pictured = reference and picture(reference, size)
    return {"name": name, "width": size[0], "height": size[1], "reference": pictured, "candidates": list(candidates)}


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
THREE = comparison(
    scene("image10", candidate(iqt=2.0, psnr=20.5), candidate(iqt=4.5, psnr=30.25)),
    scene("image2", candidate(iqt=3.0, psnr="inf"), candidate(iqt=2.5, psnr=31.0)),
    scene("image1", candidate(iqt=1.5, psnr=25.0), candidate(iqt=None, psnr=24.0)),
    models=(IQT, PSNR),
)


def many(count):
    return comparison(
        *(scene(f"n{number:03}", candidate(iqt=1 + number / 100), candidate(iqt=1.0)) for number in range(count))
    )


def colour_at(pixels, x, y):
    """The colour at a place given as fractions of the width and the height of H x W x 3 pixels."""
    height, width = pixels.shape[:2]
    return tuple(pixels[int(y * height), int(x * width)])
