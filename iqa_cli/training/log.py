"""What a person sees of a run, and the CSV that stays of it."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from iqa_cli.training.validation import Agreement


class Log:
    """`log.csv` and the lines a person watches."""

    def __init__(self, path: Path, report: Callable[[str], None], steps: int, start: int):
        self.path, self.report, self.steps, self.start = path, report, steps, start
        self.began, self.images, self.losses, self.lr = time.monotonic(), 0, [], 0.0

    def step(self, done: int, loss: float, lr: float, images: int) -> None:
        """Count one step; a line every 50."""
        self.images += images
        self.losses = [*self.losses[-99:], loss]
        self.lr = lr
        if done % 50 == 0:
            self.report(self._line(done))

    def validated(self, done: int, agreement: Agreement) -> None:
        """Write one row of the CSV log and tell it."""
        srocc, plcc = agreement.srocc(), agreement.plcc()
        self.report(f"{self._line(done)}  held out: SROCC {srocc:.4f} PLCC {plcc:.4f}")
        row = {
            "step": done,
            "loss": f"{np.mean(self.losses):.6f}",
            "lr": f"{self.lr:.3g}",
            "srocc": f"{srocc:.5f}",
            "plcc": f"{plcc:.5f}",
            "images_per_second": f"{self._rate():.2f}",
        }
        new = not self.path.exists()
        with self.path.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, row)
            if new:
                writer.writeheader()
            writer.writerow(row)

    def _rate(self) -> float:
        return self.images / max(time.monotonic() - self.began, 1e-9)

    def _line(self, done: int) -> str:
        left = (time.monotonic() - self.began) / max(done - self.start, 1) * (self.steps - done)
        return (
            f"step {done}/{self.steps}  loss {np.mean(self.losses):.4f}  lr {self.lr:.2e}  "
            f"{self._rate():.1f} images/s  {left / 60:.0f} min left"
        )
