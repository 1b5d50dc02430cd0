"""`iqa eval`: rated images → scores → statistics → report."""

import typer

from iqa_cli.commands import eval_options
from iqa_cli.commands import shared_options as options
from iqa_cli.commands.engine_options import Engine
from iqa_cli.commands.parsing import models_chosen, target_of
from iqa_cli.errors import ExitCode, UsageError
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.ground.named_values import pairs
from iqa_cli.output import choose_format
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa eval --dataset kadid10k --root ~/kadid10k -m iqt -m psnr --keep kadid.csv

iqa eval --dataset tid2013 --root ~/tid2013 --dataset csiq --root ~/CSIQ -m iqt -m ssim --format markdown

iqa eval --manifest testset/manifest.csv -m iqt -m psnr --by type --plot scatter.svg

iqa eval --scores lpips.csv --column image=name --column mos=MOS --column lpips=LPIPS --lower-is-better lpips

Exit codes: 0 done, 1 some images failed, 2 wrong use or bad data, 4 weights unavailable, 130 interrupted: go on
with --keep FILE.csv --resume."""


def evaluate(
    dataset: eval_options.Datasets = None,
    root: eval_options.Roots = None,
    manifest: eval_options.Manifests = None,
    model: options.Models = None,
    test_list: eval_options.TestLists = None,
    skip_bad: eval_options.SkipBad = False,
    list_: eval_options.List = False,
    scores: eval_options.Scores = None,
    column: eval_options.Column = None,
    lower_is_better: eval_options.LowerIsBetter = None,
    split: eval_options.Split = EvaluationProtocol.split,
    repeats: eval_options.Repeats = EvaluationProtocol.repeats,
    seed: eval_options.Seed = EvaluationProtocol.seed,
    by: eval_options.By = None,
    logistic: eval_options.Logistic = EvaluationProtocol.logistic,
    resamples: eval_options.Resamples = EvaluationProtocol.resamples,
    format: eval_options.Format = None,
    output: options.Output = None,
    plot: eval_options.Plot = None,
    keep: eval_options.Keep = None,
    resume: eval_options.Resume = False,
    quiet: options.Quiet = False,
    *,
    engine: Engine,
) -> None:
    """Measure how well models agree with people: correlations with opinion scores, and how sure these are."""
    # Whatever can be wrong in the command or the data is found before torch is imported.
    from iqa_cli.evaluation.rated import check_labels, check_references, checked, read_sources, with_test_lists
    from iqa_cli.evaluation.report_writing import FORMATS, check_targets, draw, write_report
    from iqa_cli.evaluation.score_files import read_score_files, scores_from_files, sources_in
    from iqa_cli.evaluation.scoring import score_sources

    terminal = Terminal(quiet=quiet)
    protocol = EvaluationProtocol(split, repeats, seed, logistic, tuple(by or ()), resamples)
    target = target_of(output)
    kind = choose_format(format, target, terminal.stdout.isatty(), FORMATS.values())
    check_targets(plot, target, keep)
    if split == "reference" and test_list:
        raise UsageError("--split reference draws its own test images: leave out --test-list")
    if scores and (keep or resume):
        raise UsageError("--scores FILE has the scores already: leave out --keep and --resume")
    if (column or lower_is_better) and not scores:
        raise UsageError("--column and --lower-is-better tell of --scores FILE, which is not given")

    sources = read_sources(dataset or (), root or (), manifest or ())
    if scores:
        table = read_score_files(scores, pairs("--column", column, "OURS=THEIRS", "image=name"), model or ())
        sources = sources or sources_in(table)
    elif not sources:
        raise UsageError("evaluate on what? --dataset NAME --root DIR (see --list), --manifest FILE, or --scores FILE")
    else:
        specs = models_chosen(model)
        check_references(sources, specs)
        how = engine.options(specs)
    sources = with_test_lists(sources, test_list or ())
    sources = [checked(source, files=not scores, skip_bad=skip_bad) for source in sources]
    check_labels(sources, split == "reference", keep)
    if scores:
        found = scores_from_files(sources, table, lower_is_better or (), skip_bad)
    else:
        found = score_sources(sources, specs, how, terminal, keep, resume)

    labelled = [source for source in sources if source.labelled]
    for source in sources:
        if source not in labelled:
            terminal.info(f"{source.title}: labels are not public; the scores to submit are in {keep}")
    if labelled:
        from iqa_cli.evaluation.evaluate import evaluate as to_report  # SciPy

        with terminal.progress(len(labelled) * len(found.higher_is_better), "statistics") as advance:
            report = to_report(found, protocol, lambda: advance(1))
        write_report(report, kind, target, terminal, details=len(labelled) == 1 or bool(by))
        if plot:
            for path in draw(report, plot):
                terminal.info(f"drawn: {path}")
    raise typer.Exit(ExitCode.SOME_FAILED if found.failed else ExitCode.OK)
