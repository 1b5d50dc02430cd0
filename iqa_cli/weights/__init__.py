"""Trained weights: which there are, where they lie, and how a model gets them.

catalogue → cache → files → loading: an entry of weights.toml, its verified file, its tensors, a model.
Files of other projects come in through `importing`. No torch is imported here before it is needed.
"""

from iqa_cli.weights.cache import locate
from iqa_cli.weights.catalogue import Weight, default_weight
from iqa_cli.weights.files import read_checkpoint, save_weights
from iqa_cli.weights.loading import Loaded, load_trained

__all__ = [
    "Loaded",
    "Weight",
    "default_weight",
    "load_trained",
    "locate",
    "read_checkpoint",
    "save_weights",
]
