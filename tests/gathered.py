"""Data in miniature, gathered as a training run does."""

from itertools import count, islice
from pathlib import Path

import layouts
from miniature import HOLDOUT

from iqa_cli.training.gather import gather
from iqa_cli.training.picture_files import is_held_out
from iqa_cli.training.recipe import Recipe
from iqa_cli.training.recipe_parts import Stage

KADID10K = '[[rated]]\ndataset = "kadid10k"'
WHOLE = Stage("rated", epochs=1, crop=0, batch=2)
SYNTHETIC = Stage("synthetic", steps=3, crop=64, batch=1)


def silent(message):
    pass


def gathered(recipe, paths, **how):
    return gather(recipe, paths, **{"report": silent, **how})


def alone(*rated, **changed):
    """A recipe for images without references."""
    return Recipe("triq", (WHOLE,), rated=rated, holdout=HOLDOUT, **changed)


def in_order(examples):
    return sorted(examples, key=lambda example: example.image.path)


def file_names(examples):
    return {example.image.path.name for example in examples}


def table(root, rows, name="list.csv"):
    """A manifest of single images, which it makes: rows of (image, mos[, std])."""
    for number, (image, *_) in enumerate(rows):
        layouts.save_picture(root / image, 40, number)
    layouts.write_csv(root / name, ["image", "mos", "std"][: len(rows[0])], rows)
    return root / name


def held_out_names(learnt, held_out):
    """File names, so many on either side of the split by name."""
    for out, how_many in ((False, learnt), (True, held_out)):
        chosen = (name for n in count() if is_held_out(Path(name := f"p{n}.png"), HOLDOUT) == out)
        yield from islice(chosen, how_many)
