"""The curves of a run as one picture: loss, agreement on held-out pictures, learning rate."""

from pathlib import Path

from iqa_cli.errors import MissingExtraError
from iqa_cli.training.log import read_log

FILE = "curves.png"


def draw(out: Path, title: str) -> Path:
    """Draw `log.csv` of a run to `curves.png` beside it.

    Raises MissingExtraError when matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a plot of the curves", "train") from None
    rows = read_log(out)
    panels = (("loss", ("loss",)), ("held out", ("srocc", "plcc")), ("learning rate", ("lr",)))
    figure = Figure(figsize=(7, 8), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    axes = figure.subplots(len(panels), sharex=True)
    for axis, (label, columns) in zip(axes, panels, strict=True):
        for column in columns:
            axis.plot([r["step"] for r in rows], [r[column] for r in rows], marker=".", label=column.upper())
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
        if len(columns) > 1:
            axis.legend(loc="lower right")
    axes[-1].set_xlabel("step")
    figure.savefig(out / FILE, dpi=120)
    return out / FILE
