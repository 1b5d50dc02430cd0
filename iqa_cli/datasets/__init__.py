"""The public image quality datasets in their official layouts, and manifests of one's own.

Everything ends as a list of `Item`: an image, its reference if it has one, and what people said.
"""

from iqa_cli.datasets.audit import Kind, Problem, audit, audit_dataset, describe, without_bad
from iqa_cli.datasets.catalogue import DATASETS, find_dataset, load
from iqa_cli.datasets.manifest import read_manifest
from iqa_cli.datasets.types import Dataset, Item

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
