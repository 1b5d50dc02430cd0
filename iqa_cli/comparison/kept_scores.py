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
from iqa_cli.output.run_facts import NOT_TOLD
from iqa_cli.parts.same_scores import check_same_scores, facts_about, rules_in
from iqa_cli.parts.scored_rows import ScoredRows
from iqa_cli.plan.inputs import Inputs
from iqa_cli.plan.matching import check_match
from iqa_cli.plan.methods import IMAGE, METHOD, MethodsPlan
from iqa_cli.records import Job, ModelInfo, Record, ScoreRange
from iqa_cli.registry import Spec, find_model, names
from iqa_cli.weights.ready import named_among


@dataclass(frozen=True)
class KeptScores(Session):
    """A session that computes nothing: it shows pixels, read as they were when they were scored.

    `records` has what there is of each job, by method and image, and `sources` names the files and folders that this
    is from.
    """

    records: Mapping[tuple[str, str], Record] = field(default_factory=dict)
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
        return (self.records[job.extra[METHOD], job.extra[IMAGE]] for job in jobs)


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
    check_same_scores(sources, specs)
    images = images_of_rows(methods, inputs)
    for method, some in zip(methods, images, strict=True):
        check_once(method, some)
    common, skipped = common_images(methods, images, inputs)
    records: dict[tuple[str, str], Record] = {}
    jobs: dict[tuple[str, str], Job] = {}
    for method, some in zip(methods, images, strict=True):
        for row, image in zip(method.rows, some, strict=True):
            job = jobs[method.name, image] = job_of(row, method.name, image)
            records[method.name, image] = record_of(row, job, [spec.name for spec in specs], method.scored.name)
    plan = MethodsPlan(
        tuple(method.name for method in methods),
        tuple(common),
        tuple(jobs[method.name, image] for image in common for method in methods),
        reference_of(methods),
        single=len(common) == 1,
        messages=(*_untold(sources, specs), *skipped),
    )
    meta = _meta(sources, specs)
    infos = [ModelInfo(spec.name, _range(spec, meta["models"][spec.name])) for spec in specs]
    return plan, KeptScores((), infos, meta, _reading(meta, specs), records, [source.name for source in sources])


def _models_in(methods: Sequence[MethodRows], wanted: Sequence[str]) -> list[Spec]:
    """The models asked for, or those that every method has scores of."""
    first = methods[0].scored
    known = [name for name in first.columns if name in names()]
    in_all = [name for name in known if all(name in method.scored.columns for method in methods)]
    chosen = [find_model(name) for name in (named_among(in_all, wanted) if wanted else in_all)]
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


def _untold(sources: Sequence[ScoredRows], specs: Sequence[Spec]) -> list[str]:
    """What a reader must know of trained models where nothing tells how they scored."""
    untold = first_few([source.name for source in sources if not source.facts])
    if not untold or not any(spec.trained for spec in specs):
        return []
    return [f"{untold}: nothing tells with which weights and options these rows were made; taken as alike"]


def _meta(sources: Sequence[ScoredRows], specs: Sequence[Spec]) -> dict[str, Any]:
    """What is told of all scores; where nothing tells it of some, only what the rows themselves do."""
    if all(source.facts for source in sources):
        return facts_about(sources[0], specs)
    rules = rules_in(sources[0])
    told = {"luma": rules["luma"], "crop_border": int(rules["crop_border"])} if "luma" in sources[0].columns else {}
    return {"iqa": NOT_TOLD, "models": {spec.name: told if spec.takes_luma else {} for spec in specs}}


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
