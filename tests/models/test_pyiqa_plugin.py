"""The adapter of pyiqa in examples/, with a stand-in for pyiqa that tells what it is asked."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

from iqa_cli.registry import Spec


@pytest.fixture
def metrics(monkeypatch):
    """The declarations of the adapter, by name, beside a pyiqa whose metrics are differences of means."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples/pyiqa-plugin"))
    pyiqa = ModuleType("pyiqa")

    class Metric(torch.nn.Module):
        def forward(self, target, reference=None):
            assert target.shape[0] == 1
            return (target.mean() - 2 * (0 if reference is None else reference.mean())).reshape(1, 1)

    pyiqa.create_metric = lambda name, as_loss, device: Metric()
    monkeypatch.setitem(sys.modules, "pyiqa", pyiqa)
    from iqa_pyiqa import METRICS

    return {spec.name: replace(spec, home="", module="") for spec in METRICS}


def test_each_metric_is_declared_with_its_licence_and_its_direction(metrics):
    assert all(isinstance(spec, Spec) and "noncommercial" in spec.variant for spec in metrics.values())
    assert [name for name, spec in metrics.items() if not spec.range.higher_is_better] == ["pyiqa-niqe"]


def test_pyiqa_is_given_the_distorted_image_then_the_reference_one_pair_at_a_time(metrics, batch):
    reference, distorted = batch(96, 96, 2), batch(96, 96, 2) / 2
    model = metrics["pyiqa-topiq-fr"].build()
    expected = distorted.mean(dim=(1, 2, 3)) - 2 * reference.mean(dim=(1, 2, 3))
    torch.testing.assert_close(model(reference, distorted), expected)
    torch.testing.assert_close(metrics["pyiqa-musiq"].build()(distorted), distorted.mean(dim=(1, 2, 3)))
