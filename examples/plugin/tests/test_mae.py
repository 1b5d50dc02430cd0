"""The contract of every model, kept by this one: `pytest` in this folder, once the package is installed."""

from iqa_cli.registry import find_model
from iqa_cli.testing import ModelContract


class TestMAE(ModelContract):
    """What holds of every model, held against this one."""

    specs = (find_model("mae"),)
