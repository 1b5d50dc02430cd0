"""The public image quality datasets in their official layouts, and manifests of one's own.

Everything ends as a list of `Item`: an image, its reference if it has one, and what people said.
"""

from iqa_cli.datasets.audit import Kind, Problem, audit, audit_dataset, describe, without_bad
from iqa_cli.datasets.choice_manifest import holds_choices, read_choices
from iqa_cli.datasets.choices import images_of
from iqa_cli.datasets.items import Choice, Dataset, Item
from iqa_cli.datasets.official import DATASETS, find_dataset, load, load_choices
from iqa_cli.datasets.rated_manifest import read_manifest

__all__ = [
    "DATASETS",
    "Choice",
    "Dataset",
    "Item",
    "Kind",
    "Problem",
    "audit",
    "audit_dataset",
    "describe",
    "find_dataset",
    "holds_choices",
    "images_of",
    "load",
    "load_choices",
    "read_choices",
    "read_manifest",
    "without_bad",
]
