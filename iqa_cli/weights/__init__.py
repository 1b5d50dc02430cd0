"""Trained weights: which there are, where they lie, and how a model gets them.

weight_list → fetching → state_dicts → loading: an entry of weights.toml, its verified file, its tensors, a model.
Files of other projects come in through `importing`. No torch is imported here before it is needed.
"""

from iqa_cli.weights.fetching import locate
from iqa_cli.weights.loading import Loaded, load_trained
from iqa_cli.weights.state_dicts import read_checkpoint, save_weights
from iqa_cli.weights.weight_list import Weight, default_weight

__all__ = [
    "Loaded",
    "Weight",
    "default_weight",
    "load_trained",
    "locate",
    "read_checkpoint",
    "save_weights",
]
