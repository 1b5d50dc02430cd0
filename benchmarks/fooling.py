"""How far each trained model can be fooled: as a loss it is only as good as the pictures that please it.

    OMP_NUM_THREADS=1 python benchmarks/fooling.py [--model iqt] [--steps 12] [--rate 0.01]

Noisy, blurred and JPEG-compressed pieces of example photographs are optimised, pixel by pixel, by Adam for one model's
score, then rounded to 8 bits; PSNR, SSIM and every other model say what became of them. Where a model rises and
all others fall, it was fooled. Models without a reference also score pictures that are none: flats, a
gradient, text, and JPEG of quality 5. About a minute a model on one core.
"""

import argparse
import io
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

import iqa_cli
from iqa_cli.registry import SPECS
from iqa_cli.scorer import Scorer
from iqa_cli.weights import default_weight

EXAMPLES = Path(__file__).parents[1] / "examples"
PHOTOGRAPHS = ("astronaut.png", "references/chelsea.png")
SIDE = 256  # px of the piece that is optimised
CROPS = 4


def photograph(name: str) -> np.ndarray:
    """The middle of an example, SIDE x SIDE x 3 uint8."""
    whole = np.asarray(Image.open(EXAMPLES / name).convert("RGB"))
    top, left = ((length - SIDE) // 2 for length in whole.shape[:2])
    return whole[top : top + SIDE, left : left + SIDE]


def noisy(pixels: np.ndarray) -> np.ndarray:
    """White noise of sigma 25."""
    return np.clip(pixels + np.random.default_rng(0).normal(0, 25, pixels.shape), 0, 255).astype(np.uint8)


def blurred(pixels: np.ndarray) -> np.ndarray:
    """Gaussian blur of 2.5 px."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(2.5)))


def compressed(pixels: np.ndarray, quality: int = 10) -> np.ndarray:
    """JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


STARTS = {"noise": noisy, "blur": blurred, "JPEG": compressed}


def asked(scorer: Scorer, reference: np.ndarray, image: np.ndarray) -> float:
    """The score of an image, against its reference where the model takes one."""
    return scorer.score(reference, image) if scorer.spec.full_reference else scorer.score(image)


def tensor(pixels: np.ndarray) -> torch.Tensor:
    """H x W x 3 uint8 to 1 x 3 x H x W in [0, 1]."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def optimised(scorer: Scorer, reference: np.ndarray, start: np.ndarray, steps: int, rate: float) -> np.ndarray:
    """The image after that many steps up the model's score, uint8."""
    against, image = tensor(reference), tensor(start).requires_grad_()
    optimiser = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        shown = image.clamp(0, 1)
        score = scorer(against, shown) if scorer.spec.full_reference else scorer(shown)
        (-score.sum() if scorer.higher_is_better else score.sum()).backward()
        optimiser.step()
    return (image.detach().clamp(0, 1)[0].permute(1, 2, 0) * 255).round().byte().numpy()


def unnatural() -> Iterator[tuple[str, np.ndarray]]:
    """Pictures that are no photographs, made here, and what JPEG makes of one that is."""
    for name, level in (("flat black", 0), ("flat grey", 128), ("flat white", 255)):
        yield name, np.full((SIDE, SIDE, 3), level, np.uint8)
    ramp = np.linspace(0, 255, SIDE).round().astype(np.uint8)
    yield "gradient", np.broadcast_to(ramp[None, :, None], (SIDE, SIDE, 3)).copy()
    page = Image.new("RGB", (SIDE, SIDE), "white")
    for row in range(16):
        ImageDraw.Draw(page).text((8, 4 + 16 * row), f"{row:2d} The quick brown fox jumps over the dog", fill="black")
    yield "text", np.asarray(page)
    yield "uniform noise", np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    for name in PHOTOGRAPHS:
        yield Path(name).stem, photograph(name)
        yield f"{Path(name).stem}, JPEG quality 5", compressed(photograph(name), 5)


def row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def fool(scorer: Scorer, judges: dict[str, Scorer], steps: int, rate: float) -> tuple[int, int]:
    """A row for each start, means over the photographs; how many pictures fooled it, and of how many."""
    fooled = total = 0
    for start, worsen in STARTS.items():
        before, after = {name: [] for name in judges}, {name: [] for name in judges}
        for name in PHOTOGRAPHS:
            reference = photograph(name)
            first = worsen(reference)
            last = optimised(scorer, reference, first, steps, rate)
            for judge, opinion in judges.items():
                before[judge].append(asked(opinion, reference, first))
                after[judge].append(asked(opinion, reference, last))
            others = [judge for judge in judges if judge != scorer.spec.name]
            fooled += all(after[judge][-1] < before[judge][-1] for judge in others)
            total += 1
        cells = []
        for judge in judges:
            text = f"{fmean(before[judge]):.2f} → {fmean(after[judge]):.2f}"
            cells.append(f"**{text}**" if judge == scorer.spec.name else text)
        row([scorer.spec.name, start, *cells])
    return fooled, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", help="one to optimise; all that have weights")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rate", type=float, default=0.01, help="of Adam, in [0, 1] of a pixel")
    options = parser.parse_args()

    trained = [spec.name for spec in SPECS if spec.trained and default_weight(spec.name)]
    judges = {name: iqa_cli.load(name, crops=CROPS, device="cpu") for name in ("psnr", "ssim", *trained)}
    chosen = options.model or trained
    print(f"`python benchmarks/fooling.py --steps {options.steps} --rate {options.rate:g}`: before → after, means of")
    print(f"{len(PHOTOGRAPHS)} photographs of {SIDE} px; in bold the score that was raised.\n")
    row(["raised", "start", *judges])
    row(["---"] * (2 + len(judges)))
    found = {name: fool(judges[name], judges, options.steps, options.rate) for name in chosen}
    print()
    for name, (fooled, total) in found.items():
        print(f"- `{name}`: {fooled} of {total} optimised pictures are worse by every other metric")
    alone = [judges[name] for name in trained if not judges[name].spec.full_reference]
    print("\nPictures that are none, without a reference:\n")
    row(["picture", *(scorer.spec.name for scorer in alone)])
    row(["---"] * (1 + len(alone)))
    for name, pixels in unnatural():
        row([name, *(f"{scorer.score(pixels):.2f}" for scorer in alone)])


if __name__ == "__main__":
    main()
