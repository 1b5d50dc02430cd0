"""Where a model runs, in which precision, and what is done where its memory runs out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import UsageError
from iqa_cli.ground.shared_change import SharedChange

if TYPE_CHECKING:
    import torch

BATCH_PIXELS = {"cpu": 2**19, "cuda": 2**23}  # what one batch holds unless the user says: more gains nothing


def on_device(pixels: Mapping[str, int], device: str) -> int:
    """What a table says of a type of device; of a CPU for one that it does not know: `Scorer.to` goes anywhere."""
    return pixels.get(device, pixels["cpu"])


def choose_device(name: str) -> "torch.device":
    """`auto` (the first CUDA device, else the CPU), `cpu`, `cuda` or `cuda:N`.

    Raises:
        UsageError: another name, or a CUDA device that is not there.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise UsageError(f"--device {name}: choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"--device {name}: this machine shows {torch.cuda.device_count()} CUDA devices; try cpu")
    return device


def describe(device: "torch.device") -> str:
    """What a reader of the scores is told: `cpu`, or the name of the CUDA device."""
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def is_out_of_memory(error: Exception) -> bool:
    """Whether NumPy ran out of memory, or torch, on either kind of device."""
    import torch

    # The CPU allocator raises a plain RuntimeError, worded by the operating system.
    worded = ("can't allocate memory", "not enough memory")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in str(error) for words in worded)


def in_halves(work: Callable[[Sequence], Sequence], items: Sequence) -> tuple[list[Any], int]:
    """What `work` gives of `items`, one result each, and how many items it could take at once.

    Where memory runs out, each half is tried alone, down to one item; what does not fit alone gives None.
    """
    try:
        return list(work(items)), len(items)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    import torch

    torch.cuda.empty_cache()
    if len(items) == 1:
        return [None], 1
    middle = len(items) // 2
    first, second = in_halves(work, items[:middle]), in_halves(work, items[middle:])
    return first[0] + second[0], min(first[1], second[1])


def arithmetic(device: "torch.device", halved: bool) -> AbstractContextManager[Any]:
    """Within it, bfloat16 where that is exact enough (`halved`), or float32, also where whoever calls asks for less.

    The settings of whoever calls come back afterwards.
    """
    import torch

    return torch.autocast(device.type, torch.bfloat16) if halved else _in_float32(device)


@contextmanager
def _in_float32(device: "torch.device") -> Iterator[None]:
    """TF32 would make a GPU's scores differ from a CPU's, and a caller's autocast those of a loss from `score`'s."""
    import torch

    known = torch.amp.is_autocast_available(device.type)
    with _no_tf32, torch.autocast(device.type, enabled=False) if known else nullcontext():
        yield


class _NoTF32(SharedChange):
    """TF32 off while any thread computes."""

    def _change(self) -> None:
        self._before = tuple(getattr(part, name) for part, name, _ in _tf32())
        for part, name, off in _tf32():
            setattr(part, name, off)

    def _restore(self) -> None:
        for (part, name, _), own in zip(_tf32(), self._before, strict=True):
            setattr(part, name, own)


_no_tf32 = _NoTF32()


def _tf32() -> list[tuple[Any, str, Any]]:
    """Where torch keeps it, by what name, and what turns it off."""
    import torch

    matmul: Any = torch.backends.cuda.matmul
    convolution: Any = torch.backends.cudnn
    if hasattr(matmul, "fp32_precision"):  # torch 2.9 and later, which frowns on a mixture of both settings
        return [(part, "fp32_precision", "ieee") for part in (matmul, convolution.conv)]
    return [(part, "allow_tf32", False) for part in (matmul, convolution)]
