"""Fits and calibrates the head by which `iqa score --explain` tells flaws; writes its file.

    python benchmarks/train_flaws.py --data photos=DIR --data biq2021=DIR --cache DIR -o FILE.safetensors
    python benchmarks/train_flaws.py --model iqt-lite ...

The model is frozen: the features of the cells of all examples are computed once, by thousands, and kept in the cache
(about 2 GB); what is there already is taken from there. `--only train:3` computes that thousand alone, so that several
processes can share the work. Then the head is fitted in a few minutes.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from flaw_features import AT_ONCE, MODELS, Batch, cells_of
from torch import Tensor
from torch.nn import functional as F

from iqa_cli.explaining.evidence import Evidence, EvidenceConfig
from iqa_cli.explaining.flaws import FLAWS
from iqa_cli.models.backbones import EfficientNetLite0
from iqa_cli.models.triq import TRIQLite
from iqa_cli.registry import find_model
from iqa_cli.weights import load_trained, save_weights

SHARDS = {"calibrate": 1, "choose": 1, "train": 7}
EPOCHS, RATE, DECAY = 10, 2e-3, 0.05
COLLAGE, COARSE = 0.4, 0.3  # how often a batch is made of pieces of two photographs, or seen in larger cells
SEEN, UNSEEN = 0.3, 0.1  # a flaw on so large a share of a photograph is one of it, on less than the second is none


def coarser(cells: Tensor) -> Tensor:
    """Cells twice as large a side, exactly: means of means, and deviations by the law of total variance."""
    height, width = (side // 2 * 2 for side in cells.shape[-2:])
    cells, parts, start = cells[..., :height, :width], [], 0
    for stage in TRIQLite.FINE:
        channels = EfficientNetLite0.CHANNELS[stage]
        mean, deviation = cells[:, start : start + channels], cells[:, start + channels : start + 2 * channels]
        whole = F.avg_pool2d(mean, 2)
        parts += [whole, (F.avg_pool2d(deviation**2 + mean**2, 2) - whole**2).clamp_min(1e-6).sqrt()]
        start += 2 * channels
    return torch.cat([*parts, F.avg_pool2d(cells[:, start:], 2)], dim=1)


def varied(
    cells: Tensor, labels: Tensor, coarse: float, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A batch to learn from: cells, labels, how much each label counts, and labels of cells."""
    if rng.random() < 0.5:
        cells = cells.flip(-1)
    count, _, height, width = cells.shape
    local = labels[:, :, None, None].expand(-1, -1, height, width)
    counts = torch.ones_like(labels)
    if rng.random() < COLLAGE:
        order = torch.from_numpy(rng.permutation(count))
        tall, wide = rng.integers(height // 3, height + 1), rng.integers(width // 3, width + 1)
        top, left = rng.integers(height - tall + 1), rng.integers(width - wide + 1)
        pasted = torch.zeros(height, width, dtype=torch.bool)
        pasted[top : top + tall, left : left + wide] = True
        cells = torch.where(pasted, cells[order], cells)
        local = torch.where(pasted, local[order], local)
        shares = local.mean((2, 3))
        labels, counts = (shares >= SEEN).float(), ((shares >= SEEN) | (shares <= UNSEEN)).float()
    if rng.random() < coarse:
        cells, local = coarser(cells), (F.avg_pool2d(local[:, :, : height // 2 * 2, : width // 2 * 2], 2) > 0.5).float()
    return cells, labels, counts, local


def fitted(
    train: Sequence[Batch], choose: Sequence[Batch], coarse: float = COARSE, rooted: bool = False, seed: int = 0
) -> Evidence:
    """The head that does best, of those after each epoch, on the part to choose on."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    head = Evidence(EvidenceConfig(features=train[0][0].shape[1], rooted=rooted))
    sample = torch.cat([head.taken(cells).transpose(0, 1).flatten(1)[:, ::7] for cells, _ in train[::5]], dim=1)
    head.standardise.running_mean.copy_(sample.mean(1))
    head.standardise.running_var.copy_(sample.var(1) + 1e-6)
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * len(list(joined(train, rng)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + EPOCHS * 8, pct_start=0.1)
    best, kept = np.inf, {}
    for epoch in range(EPOCHS):
        head.train()
        head.standardise.eval()
        losses = []
        for cells, labels in joined(train, rng):
            cells, labels, counts, local = varied(cells, labels, coarse, rng)
            image, of_cells = head(cells)
            loss = (counts * F.binary_cross_entropy_with_logits(image, labels, reduction="none")).mean()
            loss = loss + 0.5 * F.binary_cross_entropy_with_logits(of_cells, local)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        logits, labels, _, _ = outputs(head, choose)
        chosen = F.binary_cross_entropy_with_logits(logits, labels).item()
        right = ((logits > 0) == (labels > 0)).float().mean(0)
        print(f"{epoch}: {np.mean(losses):.4f}, to choose on {chosen:.4f}, {[round(float(r), 3) for r in right]}")
        if chosen < best:
            best, kept = chosen, {name: tensor.clone() for name, tensor in head.state_dict().items()}
    head.load_state_dict(kept)
    return head.eval()


def joined(batches: Sequence[Batch], rng: np.random.Generator) -> Iterator[Batch]:
    """Batches of 32 of one size, in random order."""
    by_size: dict[tuple[int, ...], list[Batch]] = {}
    for place in rng.permutation(len(batches)):
        waiting = by_size.setdefault(batches[place][0].shape[-2:], [])
        waiting.append(batches[place])
        if len(waiting) == 4:
            yield torch.cat([cells for cells, _ in waiting]).float(), torch.cat([labels for _, labels in waiting])
            waiting.clear()


@torch.inference_mode()
def outputs(head: Evidence, batches: Sequence[Batch]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits and labels of images, and of cells."""
    head.eval()
    found = [(*head(cells), labels) for cells, labels in batches]
    cell_labels = [labels[:, :, None, None].expand_as(local) for _, local, labels in found]
    flat = [[part.transpose(0, 1).flatten(1).T for part in parts] for parts in ([f[1] for f in found], cell_labels)]
    return torch.cat([f[0] for f in found]), torch.cat([f[2] for f in found]), *(torch.cat(part) for part in flat)


def calibrate(head: Evidence, batches: Sequence[Batch]) -> None:
    """Platt's slope and offset of each flaw, of images and of cells, by Newton's method on the log loss."""
    image, labels, local, cell_labels = outputs(head, batches)
    for row, (logits, truth) in enumerate(((image, labels), (local, cell_labels))):
        for flaw in range(len(FLAWS)):
            slope, offset = platt(logits[:, flaw].double(), truth[:, flaw].double())
            head.slope[row, flaw], head.offset[row, flaw] = slope, offset


def platt(logits: Tensor, truth: Tensor) -> tuple[float, float]:
    """Slope and offset by which sigmoid(slope * logit + offset) fits 0 and 1 best (Platt 1999, his targets)."""
    ones = truth.sum()
    target = torch.where(truth > 0, (ones + 1) / (ones + 2), 1 / (len(truth) - ones + 2))
    fit = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([fit], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = F.binary_cross_entropy_with_logits(fit[0] * logits + fit[1], target)
        value.backward()
        return value

    optimiser.step(loss)
    return tuple(fit.detach().tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=MODELS[0], choices=MODELS)
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--only", action="append", metavar="PART:NUMBER")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folders = {name: Path(folder) for name, folder in (pair.split("=", 1) for pair in options.data)}
    wanted = [text.split(":") for text in options.only or [f"{p}:{n}" for p in SHARDS for n in range(SHARDS[p])]]
    parts: dict[str, list[Batch]] = {part: [] for part in SHARDS}
    for part, number in wanted:
        parts[part] += cells_of(options.model, part, int(number), folders, options.cache)
        print(f"{part} {number}: {len(parts[part]) * AT_ONCE} examples", flush=True)
    if options.only:
        return
    paired = find_model(options.model).full_reference
    # Of pairs the cells of a crop always have one size.
    head = fitted(parts["train"], parts["choose"], coarse=0.0 if paired else COARSE, rooted=paired)
    calibrate(head, parts["calibrate"])
    name, explains = f"{options.model}-flaws", load_trained(find_model(options.model)).sha256
    path = options.output or Path(f"{name}.safetensors")
    save_weights(path, name, head.config, head.state_dict(), half=paired, metadata={"iqa.explains": explains})


if __name__ == "__main__":
    main()
