"""The contract that every model keeps, as tests: those of this package, and those of a plug-in's author.

    from iqa_cli.registry import find_model
    from iqa_cli.testing import ModelContract

    class TestMine(ModelContract):
        specs = (find_model("mine"),)

pytest runs each test for each model. A subclass may bring photographs and weights of its own.
"""

import pytest

pytest.register_assert_rewrite("iqa_cli.testing.contract")  # so that a failure tells its values

from iqa_cli.testing.contract import ModelContract  # noqa: E402 (after the line that it must not come before)

__all__ = ["ModelContract"]
