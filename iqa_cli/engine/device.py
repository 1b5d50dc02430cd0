"""Where a model runs and in which precision."""

import torch

from iqa_cli.errors import UsageError

BATCH_PIXELS = {"cpu": 2**19, "cuda": 2**23}  # what one batch holds unless the user says: more gains nothing


def choose_device(name: str) -> torch.device:
    """`auto` (the first CUDA device, else the CPU), `cpu`, `cuda` or `cuda:N`.

    Raises:
        UsageError: another name, or a CUDA device that is not there.
    """
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


def describe(device: torch.device) -> str:
    """What a reader of the scores is told: `cpu`, or the name of the CUDA device."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch ran out of memory, on either kind of device."""
    # The CPU allocator raises a plain RuntimeError, worded by the operating system.
    worded = ("can't allocate memory", "not enough memory")
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in worded)
