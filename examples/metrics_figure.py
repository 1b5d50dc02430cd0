"""Draw docs/figures/equal-psnr.png: python examples/metrics_figure.py (needs iqa-cli[metrics,plot])

One photograph, made worse in five ways that have the same PSNR, and how each metric orders the five.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

import iqa_cli
from iqa_cli.distortions.compression import jpeg
from iqa_cli.distortions.noise import white_noise
from iqa_cli.distortions.sharpness import gaussian_blur

HERE = Path(__file__).parent
TARGET = 26.0  # dB
METRICS = ("psnr", "ssim", "ms-ssim", "fsimc", "vsi", "gmsd", "haarpsi", "mdsi", "vif", "dss", "iqt-lite")


def brighter(image: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """The same amount of light everywhere."""
    return image + amount


def quantised(image: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """Few levels of each colour."""
    return np.round(image / step) * step


WAYS: dict[str, tuple[Callable[..., np.ndarray], float, float]] = {
    "brighter": (brighter, 0.0, 0.5),
    "few levels": (quantised, 0.01, 0.9),
    "noise": (white_noise, 1e-5, 0.1),
    "blur": (gaussian_blur, 0.1, 12.0),
    "JPEG": (jpeg, 95, 2),
}


def at_target(image: np.ndarray, way: str, score: Callable[..., float]) -> np.ndarray:
    """The image made worse until its PSNR is that of all."""
    distort, weak, strong = WAYS[way]
    for _ in range(20):
        middle = (weak + strong) / 2
        worse = np.clip(distort(image, middle, np.random.default_rng(0)), 0, 1).astype(np.float32)
        weak, strong = (middle, strong) if score(image, worse) > TARGET else (weak, middle)
    return worse


def main() -> None:
    """Measure and draw."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    image = np.asarray(Image.open(HERE / "astronaut.png").convert("RGB"), np.float32) / 255
    models = {name: iqa_cli.load(name, device="cpu", crops=4) for name in METRICS}
    worse = {way: at_target(image, way, models["psnr"].score) for way in WAYS}
    scores = np.array([[float(models[name].score(image, one)) for name in METRICS] for one in worse.values()])
    better = np.array([models[name].higher_is_better for name in METRICS])
    ranks = np.argsort(np.argsort(np.where(better, -scores, scores), axis=0), axis=0) + 1
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(9, 6), height_ratios=(1, 1.5))
    above.imshow(np.concatenate([one[60:220, 110:270] for one in worse.values()], axis=1))
    above.set_xticks([80 + 160 * place for place in range(len(WAYS))], list(WAYS))
    above.set_yticks([])
    above.set_title(
        f"Five copies with a PSNR of {TARGET:g} dB (a part of each), and their rank for each metric, 1 is best"
    )
    shown = ranks.astype(float)
    shown[:, 0] = np.nan  # PSNR cannot tell them apart
    below.imshow(shown, cmap="RdYlGn_r", aspect="auto", alpha=0.7)
    for row in range(len(WAYS)):
        for column in range(len(METRICS)):
            rank = "–" if np.isnan(shown[row, column]) else f"{ranks[row, column]}"
            below.text(column, row, f"{rank}\n{scores[row, column]:.3g}", ha="center", va="center", fontsize=8)
    arrows = ["↑" if higher else "↓" for higher in better]
    below.set_xticks(range(len(METRICS)), [f"{name} {arrow}" for name, arrow in zip(METRICS, arrows, strict=True)])
    below.set_yticks(range(len(WAYS)), list(WAYS))
    figure.tight_layout()
    target = HERE.parent / "docs/figures/equal-psnr.png"
    figure.savefig(target, dpi=80, pil_kwargs={"optimize": True})
    print(f"{target}: PSNR {scores[:, 0].round(2).tolist()}")


if __name__ == "__main__":
    main()
