"""`iqa eval`: rated images → scores → statistics → report."""

import typer

from iqa_cli.command_options import eval_options
from iqa_cli.command_options import shared_options as options
from iqa_cli.command_options.engine_options import Engine
from iqa_cli.command_options.output_options import OutputOptions
from iqa_cli.command_options.parsing import models_chosen, names_listed
from iqa_cli.commands.closing import closing_line
from iqa_cli.errors import ExitCode
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.ground.frame_names import frame_read
from iqa_cli.ground.named_values import pairs
from iqa_cli.guard import numbered
from iqa_cli.output import Tally, files_of
from iqa_cli.tables.latex import LATEX_PARTS, LatexStyle
from iqa_cli.tables.report_formats import REPORTS
from iqa_cli.terminal import Terminal

EPILOG = """Examples:

iqa eval --dataset kadid10k --root ~/kadid10k -m iqt -m psnr --keep kadid.csv

iqa eval --dataset tid2013 --root ~/tid2013 --dataset csiq --root ~/CSIQ -m iqt -m ssim --format markdown

iqa eval --manifest testset/manifest.csv -m iqt -m psnr --by type --plot scatter.svg

iqa eval --manifest pairs.csv -m iqt-lite -m psnr --by type

iqa eval --scores lpips.csv --column image=name --column mos=MOS --column lpips=LPIPS --lower-is-better lpips

Exit codes: 0 done, 1 some images failed, 2 wrong use or bad data, 4 weights unavailable, 130 interrupted,
143 terminated: go on with --keep FILE.csv --resume."""


def evaluate(
    dataset: eval_options.Datasets = None,
    root: eval_options.Roots = None,
    manifest: eval_options.Manifests = None,
    model: options.Models = None,
    test_list: eval_options.TestLists = None,
    skip_bad: eval_options.SkipBad = False,
    list_: eval_options.List = False,
    scores: eval_options.Scores = None,
    column: options.Column = None,
    lower_is_better: eval_options.LowerIsBetter = None,
    split: eval_options.Split = EvaluationProtocol.split,
    repeats: eval_options.Repeats = EvaluationProtocol.repeats,
    seed: eval_options.Seed = EvaluationProtocol.seed,
    by: eval_options.By = None,
    logistic: eval_options.Logistic = EvaluationProtocol.logistic,
    resamples: eval_options.Resamples = EvaluationProtocol.resamples,
    krasula: eval_options.Krasula = False,
    raters: eval_options.Raters = None,
    times: eval_options.Times = False,
    format: eval_options.Format = None,
    latex: options.Latex = ",".join(LATEX_PARTS),
    plot: eval_options.Plot = None,
    keep: eval_options.Keep = None,
    quiet: options.Quiet = False,
    *,
    outputs: OutputOptions,
    engine: Engine,
) -> None:
    """Measure how well models agree with people: correlations with opinion scores, and how sure these are."""
    if list_:
        from iqa_cli.commands.dataset_list import print_datasets

        print_datasets(dataset or ())
        raise typer.Exit
    # Whatever can be wrong in the command or the data is found before torch is imported.
    from iqa_cli.evaluation.report_writing import check_plot, draw, write_report
    from iqa_cli.evaluation.request import EvaluationRequest, scores_of

    terminal = Terminal(quiet=quiet)
    protocol = EvaluationProtocol(split, repeats, seed, logistic, tuple(by or ()), resamples, krasula, raters, times)
    targets = outputs.targets(format, terminal.stdout.isatty(), REPORTS)
    check_plot(plot)
    style = LatexStyle.parse(latex, [target.format for target in targets])
    request = EvaluationRequest(
        datasets=dataset or (),
        roots=root or (),
        manifests=manifest or (),
        scores=scores or (),
        columns=pairs("--column", column, "OURS=THEIRS", "image=name"),
        lower_is_better=lower_is_better or (),
        test_lists=test_list or (),
        skip_bad=skip_bad,
        keep=keep,
        resume=outputs.resume,
        frame=engine.frame,
        protocol=protocol,
        scoring=[*engine.given, *(["--times"] if times else [])],
    )
    files = {"-o": files_of(targets), "--plot": numbered(plot)}
    wanted = names_listed("--model", model)
    tally, kept = Tally(), [keep] if keep else []
    written = [*kept]
    with closing_line(terminal, tally, written, kept):
        found = scores_of(
            request,
            wanted,
            lambda: models_chosen(model),
            lambda specs: engine.options(specs, frame=frame_read(engine.frame)),
            files,
            terminal,
            outputs.refuse_existing,
            tally,
        )
        labelled = [scored.source for scored in found.scored if scored.source.labelled]
        for scored in found.scored:
            if not scored.source.labelled:
                terminal.info(f"{scored.source.title}: labels are not public; the scores to submit are in {keep}")
        if labelled:
            from iqa_cli.evaluation.evaluate import evaluate as to_report  # SciPy

            with terminal.progress(len(labelled) * len(found.higher_is_better), "statistics") as advance:
                report = to_report(found, protocol, lambda: advance(1))
            for target in targets:
                write_report(report, target.format, target.path, terminal, len(labelled) == 1 or bool(by), style)
            written += [*files_of(targets), *(draw(report, plot) if plot else ())]
    raise typer.Exit(ExitCode.SOME_FAILED if found.failed else ExitCode.OK)
