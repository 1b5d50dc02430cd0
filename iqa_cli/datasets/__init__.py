"""The public image quality datasets in their official layouts, and manifests of one's own.

Everything ends as a list of `Item`: an image, its reference if it has one, and what people said.
"""

from iqa_cli.datasets.audit import Kind, Problem, audit, audit_dataset, describe, without_bad
from iqa_cli.datasets.items import Dataset, Item
from iqa_cli.datasets.official import DATASETS, find_dataset, load
from iqa_cli.datasets.rated_manifest import read_manifest

__all__ = [
    "DATASETS",
    "Dataset",
    "Item",
    "Kind",
    "Problem",
    "audit",
    "audit_dataset",
    "describe",
    "find_dataset",
    "load",
    "read_manifest",
    "without_bad",
]
