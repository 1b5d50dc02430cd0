"""Choices in the report as data: tidy rows and JSON."""

from collections.abc import Iterator
from typing import Any

from iqa_cli.evaluation.report import ChoiceReport, measures_document

PEOPLE = "(people)"  # stands for a model where a row tells what can be reached


def choice_rows(choices: ChoiceReport) -> Iterator[tuple]:
    """One statistic a row, as those of rated images; what people reach under a name of its own."""
    for part, by_model in choices.rows.items():
        for model, agreements in by_model.items():
            for agreement in agreements:
                head = (choices.name, model, part, agreement.name, agreement.pairs)
                for statistic, value in vars(agreement.value).items():
                    yield (*head, statistic, value, *getattr(agreement.interval, statistic))
        names = [agreement.name for agreement in next(iter(by_model.values()))]
        for name, people in zip(names, choices.people[part], strict=True):
            for statistic in ("ceiling", "person", "scale"):
                value = getattr(people, statistic)
                yield (choices.name, PEOPLE, part, name, people.pairs, statistic, value, None, None)


def choice_document(choices: ChoiceReport) -> dict[str, Any]:
    """Everything but the single pairs."""
    return {
        "name": choices.name,
        "title": choices.title,
        "pairs": choices.pairs,
        "models": {
            model: {
                "higher_is_better": higher,
                "overall": _rows(choices, "overall", model)[0],
                "by_type": _rows(choices, "type", model),
                "by_group": _rows(choices, "group", model),
            }
            for model, higher in choices.higher_is_better.items()
        },
        "people": {
            "overall": vars(choices.people["overall"][0]),
            "by_type": [vars(people) for people in choices.people["type"]],
            "by_group": [vars(people) for people in choices.people["group"]],
        },
        "differences": [vars(pair) for matrix in choices.differences for pair in matrix.pairs],
        "notes": choices.notes,
    }


def _rows(choices: ChoiceReport, part: str, model: str) -> list[dict[str, Any]]:
    return [
        {
            "name": agreement.name,
            "pairs": agreement.pairs,
            "references": agreement.references,
            "measures": measures_document(agreement.value, agreement.interval),
        }
        for agreement in choices.rows[part][model]
    ]
