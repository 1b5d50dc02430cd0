"""The one entry to planning: choose between the paths on the command line and a manifest."""

import sys
from dataclasses import replace
from typing import TextIO

from iqa_cli.errors import UsageError
from iqa_cli.plan.clip_frames import with_frames
from iqa_cli.plan.inputs import Inputs, Plan, check_existence, check_typed
from iqa_cli.plan.kind import reference_given
from iqa_cli.plan.manifests import Reserved, plan_manifest_file
from iqa_cli.plan.paths import plan_pairs, plan_single_images
from iqa_cli.plan.picture_frames import with_all_frames
from iqa_cli.plan.standard_input import plan_standard_input
from iqa_cli.plan.tar_columns import read_sidecars, with_columns
from iqa_cli.storage.folder_listing import matching

STANDARD_INPUT = "-"


def build_plan(
    inputs: Inputs,
    full_reference: bool | None,
    stdin: TextIO | None = None,
    reserved: Reserved = lambda paired: (),
) -> Plan:
    """Turn what the user typed into jobs.

    Of clips the frames that `inputs.frames` says are scored, one job each; of picture files with several all that
    there are, where `inputs.frame` says so.
    With a full-reference model every job has a reference; a no-reference model in the same run
    scores the distorted image of each pair. `-`, alone or after a reference, reads standard input.

    Args:
        inputs: paths, manifest and options as typed.
        full_reference: True when any chosen model needs a reference; None where no model is chosen, and what is
            given decides: the plan's `paired` then says whether references are there.
        stdin: where `-` reads a manifest or a list of paths, line by line; `sys.stdin` by default.
        reserved: names of output columns that no column of a manifest may take, of paired rows and of others.

    Raises:
        UsageError: the inputs do not make a plan. For standard input a bad line raises when the
            jobs reach it; everything else raises here.
    """
    check_typed(inputs)
    plan = with_all_frames(_planned(inputs, full_reference, stdin, reserved), inputs.frame)
    return with_frames(plan, inputs.frames)


def _planned(inputs: Inputs, full_reference: bool | None, stdin: TextIO | None, reserved: Reserved) -> Plan:
    manifest = _manifest(inputs, full_reference)
    if inputs.columns and manifest is None:
        raise UsageError(
            "--column says what a manifest calls its columns: give --manifest FILE, or - for standard input"
        )
    if manifest == STANDARD_INPUT:
        return plan_standard_input(stdin or sys.stdin, bool(full_reference), inputs, reserved)
    if manifest is not None:
        return plan_manifest_file(manifest, bool(full_reference), reserved, inputs.columns)
    inputs = replace(inputs, paths=tuple(name for path in inputs.paths for name in matching(path)))
    sidecars, messages = read_sidecars(inputs.paths)
    if full_reference is None:
        full_reference = reference_given(inputs)
    plan = plan_pairs(inputs) if full_reference else plan_single_images(inputs)
    return with_columns(replace(plan, messages=(*messages, *plan.messages)), sidecars, reserved(full_reference))


def _manifest(inputs: Inputs, full_reference: bool | None) -> str | None:
    """The manifest to read, if any, however it was asked for; `-` may follow a reference."""
    if inputs.manifest is not None and inputs.paths:
        raise UsageError(f"give either paths or --manifest {inputs.manifest}, not both")
    if STANDARD_INPUT not in inputs.paths:
        return inputs.manifest
    *before, last = inputs.paths
    if last != STANDARD_INPUT or len(before) > 1 or (before and full_reference is False):
        raise UsageError("'-' reads standard input and stands alone, or after one reference: leave out the other paths")
    check_existence(before)
    return STANDARD_INPUT
