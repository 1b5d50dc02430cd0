"""The tables of choices: models beside what people reach, by type and group, and several sets side by side."""

from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import Any

from iqa_cli.evaluation import captions
from iqa_cli.evaluation.difference_grids import difference_grid
from iqa_cli.evaluation.report import ChoiceReport
from iqa_cli.statistics.choice_agreement import ChoiceAgreement, ChoiceMeasures, People
from iqa_cli.tables.grid import Cell, Column, Grid, interval_text, marks, numbers

# Field of `ChoiceMeasures`, in the order of the columns.
MEASURES = {
    "twoafc": "2AFC",
    "accuracy": "Accuracy",
    "of_ceiling": "Of ceiling",
    "bt_srocc": "BT SROCC",
    "bt_fit": "BT fit",
}
PERSON, BEST = "(one person)", "(best possible)"
PARTS = {"type": "Type", "group": "Group"}


def choice_grids(choices: Sequence[ChoiceReport], meta: Mapping[str, Any], details: bool) -> Iterator[Grid]:
    """All tables; of several sets the one of all alone, without `details`."""
    several = len(choices) > 1
    if several:
        yield _sets_grid(choices)
    for one in choices if details or not several else ():
        yield _overall_grid(one, meta)
        if details:
            yield from filter(None, [_part_grid(one, part, meta) for part in PARTS])
            found = difference_grid(one.title, one.differences, MEASURES)
            if found:
                yield found


def _overall_grid(choices: ChoiceReport, meta: Mapping[str, Any]) -> Grid:
    rows = {model: found[0] for model, found in choices.rows["overall"].items()}
    people = choices.people["overall"][0]
    caption = captions.choices_caption(choices, meta)
    values = {model: row.value for model, row in rows.items()}
    reached = {PERSON: _person(people), BEST: _best(people)}
    return _measures_grid(choices.title, caption, "Model", rows, values | reached, (len(rows),), marked=True)


def _part_grid(choices: ChoiceReport, part: str, meta: Mapping[str, Any]) -> Grid | None:
    """All measures of a single model, else the 2AFC of each and what people reach; None without any."""
    by_model = choices.rows[part]
    first = next(iter(by_model.values()))
    if not first:
        return None
    title = f"{choices.title}: by {part}"
    names = [Cell(row.name or "(none)") for row in first]
    if len(by_model) == 1:
        rows = {row.name or "(none)": row for row in first}
        bounds, alone = first[0].interval.twoafc, first[0].references == first[0].pairs
        caption = captions.interval_caption(bounds, alone, meta, "pairs")
        values = {name: row.value for name, row in rows.items()}
        return _measures_grid(title, caption, PARTS[part], rows, values, (), marked=False)
    of_part = [[row.value.twoafc for row in several] for several in zip(*by_model.values(), strict=True)]
    cells = [numbers(values, marked=marks(values)) for values in of_part]
    columns = [
        (Column(PARTS[part], numeric=False), names),
        *((Column(model), column) for model, column in zip(by_model, zip(*cells, strict=True), strict=True)),
        (Column(PERSON), numbers([people.person for people in choices.people[part]])),
        (Column(BEST), numbers([people.ceiling for people in choices.people[part]])),
        (Column("n"), [Cell(str(row.pairs)) for row in first]),
    ]
    return Grid.of(f"{title}, 2AFC", "Bold: the best model of a row. Underlined: the second.", columns)


def _sets_grid(choices: Sequence[ChoiceReport]) -> Grid:
    """2AFC, models by sets."""
    models = list(choices[0].higher_is_better)
    columns = [(Column("Model", numeric=False), [Cell(name) for name in (*models, PERSON, BEST)])]
    for one in choices:
        values = [one.rows["overall"][model][0].value.twoafc for model in models]
        people = one.people["overall"][0]
        marked = [*marks(values), "", ""]
        columns.append((Column(one.name, True), numbers([*values, people.person, people.ceiling], marked=marked)))
    return Grid.of("Agreement with choices, 2AFC", captions.sets_caption(choices), columns, (len(models),))


def _measures_grid(
    title: str,
    caption: str,
    heading: str,
    rows: Mapping[str, ChoiceAgreement],
    values: Mapping[str, ChoiceMeasures[float]],
    sections: Sequence[int],
    marked: bool,
) -> Grid:
    """Rows with their intervals; `values` may go on below with what people reach."""
    below = [""] * (len(values) - len(rows))
    columns = [(Column(heading, numeric=False), [Cell(name) for name in values])]
    for measure, told in MEASURES.items():
        column = [getattr(value, measure) for value in values.values()]
        asides = [interval_text(*row.interval.twoafc) for row in rows.values()] if measure == "twoafc" else None
        found = marks(column[: len(rows)]) if marked else [""] * len(rows)
        cells = numbers(column, asides=None if asides is None else asides + below, marked=found + below)
        columns.append((Column(told, True), cells))
    pairs = [str(row.pairs) for row in rows.values()]
    columns.append((Column("n"), [Cell(text) for text in pairs + below]))
    return Grid.of(title, caption, columns, sections)


def _person(people: People) -> ChoiceMeasures[float]:
    share = (people.person - 0.5) / (people.ceiling - 0.5) if people.ceiling > 0.5 else nan
    return ChoiceMeasures(people.person, nan, share, nan, nan)


def _best(people: People) -> ChoiceMeasures[float]:
    decided = 1.0 if people.ceiling > 0.5 else nan
    return ChoiceMeasures(people.ceiling, decided, decided, nan, people.scale)
