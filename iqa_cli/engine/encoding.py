"""References encoded once, for runs to come."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch

from iqa_cli import __version__
from iqa_cli.engine.decode_ahead import decoding
from iqa_cli.engine.session import Session
from iqa_cli.errors import ImageError
from iqa_cli.executing.cores import computing
from iqa_cli.executing.device import in_halves
from iqa_cli.executing.executor import Executor
from iqa_cli.executing.pieces import Piece, Sample, pieces_of
from iqa_cli.models.base import Encoding, FullReference, separate
from iqa_cli.options.crops import Window
from iqa_cli.records import Job
from iqa_cli.references.contents import Maker
from iqa_cli.references.encoded import EncodedReference, ReferenceWriter
from iqa_cli.registry import Spec

AT_ONCE = 8  # crops of a reference


@dataclass(frozen=True)
class Outcome:
    """What became of one reference: its size and number of crops, or why it is not in the file."""

    name: str
    width: int | None = None
    height: int | None = None
    crops: int | None = None
    error: str | None = None


def encode_references(session: Session, references: Mapping[str, str], file: Path) -> Generator[Outcome, None, None]:
    """Write what the only model of a session makes of references, each as soon as it is known.

    The file is there, whole, when the iterator has ended; it is not where no reference could be encoded.

    Args:
        session: with one model that takes a reference and has crops.
        references: by their names in the file, their paths.
        file: what is written.

    Raises:
        OSError: the file cannot be written.
    """
    executor = cast(Executor, session.executors[0])  # models with crops have this one
    names = {path: name for name, path in references.items()}
    with (
        ReferenceWriter(file, _maker(session, executor.spec)) as writer,
        decoding([Job(path) for path in names], session.decode) as decoded,
    ):
        for item in decoded:
            name = names[item.job.image]
            if item.sample is None:
                yield Outcome(name, error=item.error)
                continue
            try:
                windows, parts = encoded(executor, item.sample.image)
            except ImageError as error:
                yield Outcome(name, error=f"{item.job.image}: {error}")
                continue
            height, width = item.sample.image.shape[:2]
            writer.add(name, EncodedReference(name, height, width, windows, parts))
            yield Outcome(name, width, height, len(windows))


def encoded(executor: Executor, image: np.ndarray) -> tuple[list[Window], list[np.ndarray]]:
    """Where the crops of an image H x W x 3 lie, and the encoding of each: arrays M x ... float16, one for each part.

    Raises:
        ImageError: the image is too small, or memory or float16 do not suffice.
    """
    model = cast(FullReference, executor.model)
    pieces = list(pieces_of(Sample(image), 0, executor.spec, model, executor.rule))

    def work(batch: Sequence[Piece]) -> list[Encoding]:
        with computing(executor.threads), torch.inference_mode(), executor.arithmetic():
            return separate(model.encode(executor.tensor([piece.image for piece in batch])), len(batch))

    found: list[tuple[np.ndarray, ...]] = []
    for first in range(0, len(pieces), AT_ONCE):
        encodings, _ = in_halves(work, pieces[first : first + AT_ONCE])
        if None in encodings:
            raise ImageError(f"out of memory with {executor.spec.name}")
        parts = (encoding if isinstance(encoding, tuple) else (encoding,) for encoding in encodings)
        found += [tuple(part.half().cpu().numpy() for part in of_one) for of_one in parts]
    arrays = [np.stack(part) for part in zip(*found, strict=True)]
    if not all(np.isfinite(array).all() for array in arrays):
        raise ImageError(f"{executor.spec.name} makes features of it that float16 cannot hold")
    return [cast(Window, piece.key[1]) for piece in pieces], arrays


def _maker(session: Session, spec: Spec) -> Maker:
    told = session.meta["models"][spec.name]
    return Maker(
        spec.name, told["weights"], told["sha256"], told["crop"], told["crops"], told["precision"], __version__
    )
