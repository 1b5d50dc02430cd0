"""What a person sees of a run, and what stays of it: a CSV log, TensorBoard events, its curves as a picture."""

import csv
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np

from iqa_cli.errors import MissingExtraError
from iqa_cli.ground.atomic import atomically
from iqa_cli.training.validation import Predictions

FILE, CURVES = "log.csv", "curves.png"
COLUMNS = ("step", "loss", "lr", "srocc", "plcc", "images_per_second")
EVERY = 50  # steps between lines
SMOOTH = 100  # steps that a told loss is the mean of


class Log:
    """`log.csv` and the lines a person watches.

    Without `out` no file is written: the other processes of a parallel run have none.
    A resumed run drops the rows that a killed one wrote after its last checkpoint: they come again.

    Raises MissingExtraError when TensorBoard is asked for and not installed.
    """

    def __init__(
        self,
        out: Path | None,
        steps: int,
        start: int,
        *,
        report: Callable[[str], None] = print,
        tensorboard: bool = False,
    ):
        self.out, self.report, self.steps, self.start = out, report, steps, start
        self.began, self.images, self.lr = time.monotonic(), 0, 0.0
        self.losses: deque[float] = deque(maxlen=SMOOTH)
        self.events = _events(out) if tensorboard and out else None
        if out:
            _keep_rows(out / FILE, start)

    def step(self, done: int, loss: float, lr: float, images: int) -> None:
        """Count one step; a line every 50."""
        self.images += images
        self.losses.append(loss)
        self.lr = lr
        if self.events:
            self.events.add_scalar("loss", loss, done)
            self.events.add_scalar("learning rate", lr, done)
        if done % EVERY == 0:
            self.report(self._line(done))

    def validated(self, done: int, found: Predictions) -> None:
        """Write one row of the CSV log and tell it."""
        srocc, plcc = found.srocc(), found.plcc()
        self.report(f"{self._line(done)}  held out: SROCC {srocc:.4f} PLCC {plcc:.4f}")
        if self.events:
            self.events.add_scalar("held out/SROCC", srocc, done)
            self.events.add_scalar("held out/PLCC", plcc, done)
        numbers = f"{np.mean(self.losses):.6f} {self.lr:.3g} {srocc:.5f} {plcc:.5f} {self._rate():.2f}".split()
        with (cast(Path, self.out) / FILE).open("a", newline="") as stream:
            csv.writer(stream).writerow([done, *numbers])

    def close(self) -> None:
        """Write what TensorBoard still holds back."""
        if self.events:
            self.events.close()

    def _rate(self) -> float:
        return self.images / max(time.monotonic() - self.began, 1e-9)

    def _line(self, done: int) -> str:
        left = (time.monotonic() - self.began) / max(done - self.start, 1) * (self.steps - done)
        return (
            f"step {done}/{self.steps}  loss {np.mean(self.losses):.4f}  lr {self.lr:.2e}  "
            f"{self._rate():.1f} images/s  {left / 60:.0f} min left"
        )


def read_log(out: Path) -> list[dict[str, float]]:
    """The rows of `log.csv` as numbers."""
    with (out / FILE).open(newline="") as stream:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]


def _keep_rows(path: Path, start: int) -> None:
    """Leave the header and the rows up to step `start`."""
    rows = list(csv.reader(path.open(newline=""))) if path.is_file() else []
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *(row for row in rows[1:] if row and int(row[0]) <= start)])


def _events(out: Path):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError("--tensorboard", "train", error) from None
    return SummaryWriter(out / "tensorboard")


def draw_curves(out: Path, title: str) -> Path:
    """Draw `log.csv` of a run to `curves.png` beside it.

    Raises MissingExtraError when matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("a plot of the curves", "train", error) from None
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
    with atomically(out / CURVES) as partial:
        figure.savefig(partial, dpi=120, format="png")
    return out / CURVES
