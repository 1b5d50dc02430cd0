"""A comparison of scores that are there already: no image is opened, and no model either."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iqa_cli.comparison.method_rows import MethodRows, job_of, read_methods, record_of
from iqa_cli.comparison.row_images import check_once, common_images, images_of_rows, reference_of
from iqa_cli.engine.decode_ahead import DecodeOptions
from iqa_cli.engine.session import Observer, Session
from iqa_cli.errors import UsageError
from iqa_cli.ground.wording import first_few
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import job_key
from iqa_cli.output.run_facts import NOT_TOLD, differences
from iqa_cli.parts.scored_rows import ScoredRows
from iqa_cli.plan.inputs import Inputs
from iqa_cli.plan.matching import check_match
from iqa_cli.plan.methods import MethodsPlan
from iqa_cli.records import Job, ModelInfo, Record, ScoreRange
from iqa_cli.registry import Spec, find_model, names

RULES = {"luma": "rgb", "crop_border": "0", "ssim_windows": "gaussian"}  # of classical models, as rows tell them


@dataclass(frozen=True)
class KeptScores(Session):
    """A session that computes nothing: it shows pixels, read as they were when they were scored.

    `records` has what there is of each job, and `sources` names the files and folders that this is from.
    """

    records: Mapping[tuple, Record] = field(default_factory=dict)
    sources: Sequence[str] = ()

    def run(
        self,
        jobs: Iterable[Job],
        streaming: bool = False,
        seen: Observer | None = None,
        maps: bool = True,
        alone: bool = False,
    ) -> Iterator[Record]:
        """The record of each job, in order."""
        return (self.records[job_key(job)] for job in jobs)


def open_scores(values: Sequence[str], models: Sequence[str], inputs: Inputs) -> tuple[MethodsPlan, KeptScores]:
    """What files of rows and folders of parts have of several methods: a plan, and the session with its scores.

    Args:
        values: `PATH` or `NAME=PATH`, see `read_methods`.
        models: those wanted; none takes all that every one has.
        inputs: how rows are paired: `match` by the names of methods, `allow_missing`.

    Raises:
        UsageError: one cannot be read, models or images are missing, or scores were made otherwise than others.
    """
    methods = read_methods(values)
    check_match(inputs.match, [method.name for method in methods])
    specs = _models_in(methods, models)
    sources = list({id(method.scored): method.scored for method in methods}.values())
    messages = _check_alike(sources, specs)
    images = images_of_rows(methods, inputs)
    for method, some in zip(methods, images, strict=True):
        check_once(method, some)
    common, skipped = common_images(methods, images, inputs)
    records: dict[tuple, Record] = {}
    jobs: dict[tuple[str, str], Job] = {}
    for method, some in zip(methods, images, strict=True):
        for row, image in zip(method.rows, some, strict=True):
            job = jobs[method.name, image] = job_of(row, method.name, image)
            records[job_key(job)] = record_of(row, job, [spec.name for spec in specs], method.scored.name)
    plan = MethodsPlan(
        tuple(method.name for method in methods),
        tuple(common),
        tuple(jobs[method.name, image] for image in common for method in methods),
        reference_of(methods),
        single=len(common) == 1,
        messages=(*messages, *skipped),
    )
    meta = _meta(sources, specs)
    infos = [ModelInfo(spec.name, _range(spec, meta["models"][spec.name])) for spec in specs]
    return plan, KeptScores((), infos, meta, _reading(meta, specs), records, [source.name for source in sources])


def _models_in(methods: Sequence[MethodRows], wanted: Sequence[str]) -> list[Spec]:
    """The models asked for, or those that every method has scores of."""
    first = methods[0].scored
    known = [name for name in first.columns if name in names()]
    in_all = [name for name in known if all(name in method.scored.columns for method in methods)]
    chosen = [find_model(name) for name in dict.fromkeys(wanted or in_all)]
    for method in methods:
        missing = [spec.name for spec in chosen if spec.name not in method.scored.columns]
        if missing:
            there = [name for name in method.scored.columns if name in names()]
            has = f"it has {first_few(there)}" if there else f"only {first_few(method.scored.columns, limit=12)}"
            raise UsageError(f"{method.scored.name}: no scores of {first_few(missing)}; {has}")
    if not chosen:
        scored = {method.scored.name: [n for n in method.scored.columns if n in names()] for method in methods}
        has = "; ".join(f"{name} has {first_few(some) or 'none'}" for name, some in scored.items())
        raise UsageError(f"no model has scores of every method: {has}; score the missing ones, or leave a file out")
    return chosen


def _check_alike(sources: Sequence[ScoredRows], specs: Sequence[Spec]) -> list[str]:
    """See to it that all scores mean the same.

    Returns:
        What nothing tells of, where another file tells it or where models are trained.

    Raises:
        UsageError: it names every difference, and the two files.
    """
    told = [source for source in sources if source.facts]
    untold = [source.name for source in sources if not source.facts]
    for source in sources[1:]:
        first = told[0] if source.facts and source is not told[0] else sources[0]
        changed = list(_rules_differ(first, source, specs))
        if first.facts and source.facts:
            changed += differences(_of(first, specs), _of(source, specs))
        if changed:
            what = "; ".join(f"{name} {before} and {now}" for name, before, now in changed)
            raise UsageError(
                f"{first.name} and {source.name} were scored otherwise, so their scores do not compare: {what}. Score "
                "one of them anew, with the options of the other"
            )
    if untold and any(spec.trained for spec in specs):
        told_of = first_few(untold)
        return [f"{told_of}: nothing tells with which weights and options these rows were made; taken as alike"]
    return []


def _rules_differ(one: ScoredRows, other: ScoredRows, specs: Sequence[Spec]) -> Iterator[tuple[str, str, str]]:
    """What rows themselves tell of how classical models scored."""
    if (one.facts and other.facts) or not any(spec.takes_luma for spec in specs):
        return  # facts tell it, too
    for name, default in RULES.items():
        before, now = (source.rows[0].get(name) or default if source.rows else default for source in (one, other))
        if before != now:
            yield name.replace("_", " "), before, now


def _of(source: ScoredRows, specs: Sequence[Spec]) -> Mapping[str, Any]:
    """The facts of the models that are compared."""
    models = {spec.name: source.facts["models"].get(spec.name, {}) for spec in specs}
    return {**source.facts, "models": models}


def _meta(sources: Sequence[ScoredRows], specs: Sequence[Spec]) -> dict[str, Any]:
    """What is told of all scores; where nothing tells it of some, only what the rows themselves do."""
    if all(source.facts for source in sources):
        return dict(_of(sources[0], specs))
    row = sources[0].rows[0] if sources[0].rows else {}
    rules = {"luma": row.get("luma") or RULES["luma"], "crop_border": int(row.get("crop_border") or 0)}
    classical = {spec.name: rules if spec.takes_luma and "luma" in row else {} for spec in specs}
    return {"iqa": NOT_TOLD, "models": classical}


def _range(spec: Spec, facts: Mapping[str, Any]) -> ScoreRange:
    if "range" in facts:
        low, high = facts["range"]
        return ScoreRange(low, high, facts.get("higher_is_better", spec.range.higher_is_better))
    return spec.range


def _reading(meta: Mapping[str, Any], specs: Sequence[Spec]) -> DecodeOptions:
    """How images were read: what nothing tells was as by default."""
    told = {name: meta[name] for name in ("raw", "frame", "view_size") if name in meta}
    colour = "convert" if meta.get("icc_to_srgb", True) else "ignore"
    how = EngineOptions(colour=colour, **told)
    mismatch = meta.get("size_mismatch", how.on_size_mismatch)
    return DecodeOptions(how.policy, mismatch, how.view_size, any(spec.full_reference for spec in specs))
