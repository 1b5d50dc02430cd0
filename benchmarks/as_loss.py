"""What a model adds as a loss beside L1, and what it does alone: the pixels of a spoiled picture, a few steps of Adam.

    OMP_NUM_THREADS=1 python benchmarks/as_loss.py [--model iqt-c] [--start noise] [--weight 0.002] [--steps 12]

From noise, blur and JPEG of an example photograph, by L1 to the reference alone, by L1 less a small weight of the
score, and by the score alone; PSNR, SSIM, MS-SSIM and a model of another backbone, which none of them was taught, say
what became of the picture. Half a minute of one core for each start.
"""

import argparse

import numpy as np
import torch
from fooling import PHOTOGRAPHS, STARTS, photograph, tensor

import iqa_cli

RATE = 0.01
OTHER = "iqt-lite"  # asked for its opinion
WEIGHTS = (0.0002, 0.0005, 0.002, 0.05)


def improved(loss, reference: torch.Tensor, start: torch.Tensor, steps: int) -> np.ndarray:
    """The picture after that many steps down the loss, uint8."""
    image = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([image], lr=RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(reference, image.clamp(0, 1)).backward()
        optimiser.step()
    return (image.detach().clamp(0, 1)[0].permute(1, 2, 0) * 255).round().byte().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="iqt-c")
    parser.add_argument("--weight", type=float, action="append", help="beside L1; repeat it")
    parser.add_argument("--start", choices=STARTS, action="append")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--side", type=int, default=192)
    options = parser.parse_args()

    scorer = iqa_cli.load(options.model, crops=1, device="cpu")
    judges = {name: iqa_cli.load(name, device="cpu") for name in ("psnr", "ssim", "ms-ssim")}
    other = OTHER if options.model != OTHER else "iqt-c"
    judges[other] = iqa_cli.load(other, crops=1, device="cpu")
    judges[options.model] = scorer

    def l1(reference, image):
        return (image - reference).abs().mean()

    losses = {"L1": l1}
    for weight in options.weight or WEIGHTS:
        losses[f"L1 - {weight:g} {options.model}"] = lambda r, x, w=weight: l1(r, x) - w * scorer(r, x).mean()
    losses[f"-{options.model}"] = lambda r, x: -scorer(r, x).mean()
    print("| start | loss |", " | ".join(judges), "|")
    print("|", " | ".join(["---"] * (2 + len(judges))), "|")
    for start in options.start or STARTS:
        worsen, whole = STARTS[start], photograph(PHOTOGRAPHS[0])
        reference, first = (pixels[: options.side, : options.side] for pixels in (whole, worsen(whole)))
        rows = {"none": first}
        for name, loss in losses.items():
            rows[name] = improved(loss, tensor(reference), tensor(first), options.steps)
        for name, image in rows.items():
            told = (f"{judge.score(reference, image):.3f}" for judge in judges.values())
            print(f"| {start} | {name} |", " | ".join(told), "|", flush=True)


if __name__ == "__main__":
    main()
