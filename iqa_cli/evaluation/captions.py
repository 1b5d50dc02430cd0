"""What is written above and below the tables and plots of a report."""

from collections.abc import Mapping, Sequence
from typing import Any

from iqa_cli.evaluation.report import ChoiceReport, DatasetReport
from iqa_cli.ground.wording import counted, first_few
from iqa_cli.statistics.agreement import Agreement
from iqa_cli.statistics.logistic import Fit
from iqa_cli.tables.grid import MISSING, SIGNIFICANT, interval_text, number, percent

BOOTSTRAP = "paired bootstrap"
CURVE_NAMES = {"logistic4": "4-parameter logistic", "logistic5": "5-parameter logistic", "linear": "straight line"}


def deviation_text(deviation: float) -> str:
    """`± deviation`, or nothing where there is none."""
    return "" if number(deviation) == MISSING else f"± {number(deviation)}"


def images_text(agreement: Agreement) -> str:
    """`10125 images of 81 references`, or of how many images where each stands for itself."""
    images = counted(agreement.images, "image")
    if agreement.references == agreement.images:
        return images
    return f"{images} of {counted(agreement.references, 'reference')}"


def protocol_of(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options the statistics were computed with, empty where they were not recorded."""
    return meta.get("protocol", {})


def overall_caption(dataset: DatasetReport, meta: Mapping[str, Any]) -> str:
    """Images, protocol, interval and fit of the table over the whole set."""
    agreements = {model: summary.overall for model, summary in dataset.summaries.items()}
    first = next(iter(agreements.values()))
    turned = [model for model, higher in dataset.higher_is_better.items() if not higher]
    sentences = [
        f"Whole set, {images_text(first)}",
        interval_caption(first.interval.srocc, first.references == first.images, meta, "images"),
        fits_caption({model: agreement.fit for model, agreement in agreements.items()}),
        "Main = SROCC + PLCC",
        f"Lower scores are better in {first_few(turned)}: turned round first" if turned else "",
        f"s / image: mean time of the model on {meta['scores']['device']}, without decoding"
        if times_told(meta)
        else "",
    ]
    return ". ".join(filter(None, sentences)) + "."


def times_told(meta: Mapping[str, Any]) -> bool:
    """Whether the times of the models are asked for, and known: score files have none."""
    scores = meta.get("scores")
    return bool(protocol_of(meta).get("times") and isinstance(scores, Mapping) and scores.get("seconds_per_image"))


def splits_caption(dataset: DatasetReport, meta: Mapping[str, Any]) -> str:
    """How the sides were drawn, and where a fit failed."""
    protocol, some = protocol_of(meta), next(iter(dataset.splits.values()))
    failed = [f"{model} {s.fits_failed} of {s.splits}" for model, s in dataset.splits.items() if s.fits_failed]
    share = f", each of {percent(protocol['test_share'])} of the references" if "test_share" in protocol else ""
    seed = f", seed {protocol['seed']}" if "seed" in protocol else ""
    whole = images_text(dataset.summaries[next(iter(dataset.splits))].overall)
    sentences = [
        f"Medians over {counted(some.splits, 'random test side')} of {whole}, split by reference{share}{seed}",
        "±: standard deviation over the splits",
        f"PLCC fit, RMSE and MAE after the {CURVE_NAMES[_asked(dataset)]}, fitted to each test side",
        f"A straight line stood in where the fit failed: {first_few(failed)}" if failed else "",
        "Main = SROCC + PLCC",
    ]
    return ". ".join(filter(None, sentences)) + "."


def fits_caption(fits: Mapping[str, Fit]) -> str:
    """The curve behind PLCC fit, RMSE and MAE, and for whom it failed or falls; `fits` are by model or by type."""
    curves = sorted({CURVE_NAMES[fit.function] for fit in fits.values() if fit.converged})
    failed = [name for name, fit in fits.items() if not fit.converged]
    falling = [name for name, fit in fits.items() if fit.decreasing]
    sentence = f"PLCC fit, RMSE and MAE after the {' or '.join(curves)}"
    if failed and curves:
        sentence += f", but after a straight line where it failed: {first_few(failed)}"
    elif failed:
        sentence = "PLCC fit, RMSE and MAE after a straight line, as no logistic could be fitted"
    return (
        f"{sentence}. The curve falls, for scores against the opinions: {first_few(falling)}" if falling else sentence
    )


def differences_caption(pairs: int, test: str = BOOTSTRAP) -> str:
    """How to read the differences."""
    return (
        f"First minus second. In brackets the 95 % interval ({test}). p after Holm's correction for"
        f" {counted(pairs, 'pair')}. *: different at {percent(SIGNIFICANT)}."
    )


def benchmark_caption(datasets: Sequence[DatasetReport]) -> str:
    """How many images of each dataset, and by what protocol."""
    sizes = ", ".join(f"{d.name} {next(iter(d.summaries.values())).overall.images}" for d in datasets)
    protocol = "Medians over repeated splits by reference" if datasets[0].splits else "Whole sets"
    return f"{protocol}. Images: {sizes}. PLCC is of the scores as they are, without a fit."


def choices_caption(choices: ChoiceReport, meta: Mapping[str, Any]) -> str:
    """Pairs, interval, and how to read the columns."""
    first, people = next(iter(choices.rows["overall"].values()))[0], choices.people["overall"][0]
    turned = [model for model, higher in choices.higher_is_better.items() if not higher]
    alone = first.references == first.pairs
    sentences = [
        counted(first.pairs, "pair") + ("" if alone else f" of {counted(first.references, 'reference')}"),
        interval_caption(first.interval.twoafc, alone, meta, "pairs"),
        "2AFC: share of people a model sides with",
        f"Accuracy: sides with most people, without {counted(people.undecided, 'undecided pair')}"
        if people.undecided
        else "Accuracy: sides with most people",
        "Of ceiling: 2AFC above chance, by that of the best possible predictor",
        "BT: SROCC with Bradley-Terry scores of linked images; share of the choices' likelihood, above chance, that the"
        " scores explain",
        f"Lower scores are better in {first_few(turned)}: turned round first" if turned else "",
    ]
    return ". ".join(filter(None, sentences)) + "."


def sets_caption(choices: Sequence[ChoiceReport]) -> str:
    """How many pairs of each set."""
    sizes = ", ".join(f"{one.name} {one.people['overall'][0].pairs}" for one in choices)
    return f"Share of people a model sides with. Pairs: {sizes}."


def interval_caption(bounds: tuple[float, float], alone: bool, meta: Mapping[str, Any], what: str) -> str:
    """What stands in brackets; `alone` where each of `what` (images, pairs) is drawn by itself."""
    protocol = protocol_of(meta)
    if not interval_text(*bounds):
        return ""
    drawn = what if alone else "references"
    known = "resamples" in protocol and "seed" in protocol
    draws = f", {protocol['resamples']} draws, seed {protocol['seed']}" if known else ""
    return f"In brackets the 95 % interval (bootstrap over {drawn}{draws})"


def _asked(dataset: DatasetReport) -> str:
    """The curve that was asked for, as far as any fit to the whole set succeeded."""
    functions = {summary.overall.fit.function for summary in dataset.summaries.values()}
    return min(functions, key=lambda function: function == "linear")
