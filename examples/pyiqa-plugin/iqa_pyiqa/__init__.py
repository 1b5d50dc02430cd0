"""Metrics of pyiqa, declared; pyiqa itself, which is for noncommercial use only, is imported when one scores."""

from iqa_cli.registry import FULL, NONE, ScoreRange, Spec

BETTER, WORSE = ScoreRange(None, None), ScoreRange(None, None, higher_is_better=False)


def _metric(name: str, title: str, kind: str, range: ScoreRange) -> Spec:
    constant = name.upper()
    builder = "iqa_pyiqa.adapter:" + ("PyiqaPair" if kind == FULL else "PyiqaAlone")
    return Spec(
        f"pyiqa-{name.replace('_', '-')}",
        f"{title} (pyiqa)",
        kind,
        builder,
        f"iqa_pyiqa.adapter:{constant}",
        range,
        minimum=96,
        paper="see pyiqa's model card",
        variant="pyiqa, noncommercial",
        trained=False,
        module="pyiqa",
        gradient=False,
    )


METRICS = (
    _metric("topiq_fr", "TOPIQ", FULL, BETTER),
    _metric("topiq_nr", "TOPIQ", NONE, BETTER),
    _metric("musiq", "MUSIQ", NONE, BETTER),
    _metric("niqe", "NIQE", NONE, WORSE),
)
