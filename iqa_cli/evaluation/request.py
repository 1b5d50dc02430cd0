"""What an evaluation is asked for, whoever asks: rated images, and models that score them or score files."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from iqa_cli.errors import UsageError
from iqa_cli.evaluation.krasula_needs import check_krasula
from iqa_cli.evaluation.labelled_rows import sources_in
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.evaluation.rated import (
    Source,
    check_labels,
    check_references,
    checked,
    read_sources,
    with_test_lists,
)
from iqa_cli.evaluation.report import ScoreSet
from iqa_cli.evaluation.score_files import ScoreTable, read_score_files, scores_from_files
from iqa_cli.evaluation.scoring import score_sources
from iqa_cli.ground.frame_names import ALL_FRAMES, FIRST_FRAME
from iqa_cli.ground.named_values import by_name
from iqa_cli.ground.wording import first_few
from iqa_cli.guard import Output, protect
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.output import Tally
from iqa_cli.registry import Spec
from iqa_cli.storage.tables import read_table
from iqa_cli.terminal import Terminal, silent


@dataclass(frozen=True)
class EvaluationRequest:
    """Options of `iqa eval`, by the names of its flags.

    Raises UsageError for options that do not go together.
    """

    datasets: Sequence[str] = ()
    roots: Sequence[Path] = ()
    manifests: Sequence[Path] = ()
    scores: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    lower_is_better: Sequence[str] = ()
    test_lists: Sequence[str] = ()  # [NAME=]FILE
    skip_bad: bool = False
    keep: Path | None = None
    resume: bool = False
    frame: str = FIRST_FRAME  # `all` scores each frame of files that hold several
    protocol: EvaluationProtocol = EvaluationProtocol()  # noqa: RUF009 (frozen)
    scoring: Collection[str] = ()  # flags that were given and tell of images that are scored

    def __post_init__(self):
        if self.protocol.split == "reference" and self.test_lists:
            raise UsageError("--split reference draws its own test images: leave out --test-list")
        if self.scores and (self.keep or self.resume):
            raise UsageError("--scores FILE has the scores already: leave out --keep and --resume")
        # Of files of several frames score files have all frames, as --frame all asks for.
        useless = [flag for flag in self.scoring if flag != "--frame" or self.frame != ALL_FRAMES]
        if self.scores and useless:
            raise UsageError(f"--scores FILE has the scores already: leave out {first_few(useless)}")
        if self.columns and not (self.scores or self.manifests):
            raise UsageError("--column tells of --scores FILE or --manifest FILE, and neither is given")
        if self.lower_is_better and not self.scores:
            raise UsageError("--lower-is-better tells of --scores FILE, which is not given")
        if not (self.datasets or self.roots or self.manifests or self.scores):
            raise UsageError(
                "evaluate on what? --dataset NAME --root DIR (see --list), --manifest FILE, or --scores FILE"
            )

    def columns_of_manifests(self) -> dict[str, str]:
        """Names of columns by ours; beside score files, which may have been meant, only those that are there."""
        if not self.scores or not self.columns:
            return dict(self.columns)
        there = {column for path in self.manifests for column in read_table(path, "manifest").columns}
        return {our: theirs for our, theirs in self.columns.items() if theirs in there}


def scores_of(
    request: EvaluationRequest,
    models: Sequence[str],
    specs: Callable[[], Sequence[Spec]],
    engine: Callable[[Sequence[Spec]], EngineOptions],
    outputs: Mapping[str, Output] | None = None,
    terminal: Terminal | None = None,
    refuse: Callable[[Mapping[str, Output], Collection[str]], None] = lambda outputs, reports: None,
    tally: Tally | None = None,
) -> ScoreSet:
    """Read and check what is evaluated, then score it, or find its scores in files.

    Args:
        request: what is evaluated.
        models: names of models; with score files they may be of other toolkits, and none means all.
        specs: gives the models that score; asked only where there are no score files.
        engine: gives their options.
        outputs: further files that will be written, by option: none may replace what is read.
        terminal: as of `score_jobs`.
        refuse: asked about all files that will be written, and which options are of reports, not of rows; it refuses
            what must not be replaced.
        tally: filled while images are scored.

    Raises:
        UsageError: what is asked cannot be had of these data.
        WeightsError: a model has no trained weights.
    """
    terminal = terminal or silent()
    sources = read_sources(request.datasets, request.roots, request.manifests, request.columns_of_manifests())
    table: ScoreTable | None = None
    chosen: Sequence[Spec] = ()
    how: EngineOptions | None = None
    if request.scores:
        table = read_score_files(request.scores, request.columns, models)
        sources = sources or sources_in(table)
    else:
        chosen = specs()
        check_references(sources, chosen)
        how = engine(chosen)
    sources = with_test_lists(sources, request.test_lists)
    sources = [checked(source, files=table is None, skip_bad=request.skip_bad) for source in sources]
    check_labels(sources, request.protocol.split == "reference", request.keep)
    check_krasula(sources, request.protocol)
    written = {"--keep": request.keep, **(outputs or {})}
    protect(
        written,
        [*_files(request, sources), *(how.weights.values() if how else ())],
        label_folders=request.roots,
    )
    refuse(written, tuple(outputs or ()))
    if table is None and how is not None:
        return score_sources(sources, chosen, how, terminal, request.keep, request.resume, tally, request.frame)
    return scores_from_files(sources, cast(ScoreTable, table), request.lower_is_better, request.skip_bad)


def _files(request: EvaluationRequest, sources: Sequence[Source]) -> list[Path | str]:
    """Every file that is read."""
    lists = by_name("--test-list", request.test_lists, [source.name for source in sources])
    items = [item for source in sources for item in (*source.items, *source.unlisted)]
    images = [path for item in items for path in (item.reference, item.image, item.mask) if path is not None]
    return [*request.manifests, *request.scores, *map(Path, lists.values()), *images]
