"""From what the user typed to an ordered list of jobs: no image is opened here."""

from iqa_cli.plan.build import build_plan
from iqa_cli.plan.inputs import Inputs, Plan

__all__ = ["Inputs", "Plan", "build_plan"]
