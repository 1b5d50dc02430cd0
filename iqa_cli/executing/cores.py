"""One rule for who uses how many processor cores, and what they do while they wait: models, decoding and NumPy.

Models compute with threads of torch. Decoding runs beside them in threads of its own, which wait for files as much as
they compute. NumPy's work on images is elementwise: no library starts threads for it. Measured in docs/speed.md.
"""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DECODERS = 4  # files decoded at once, at most
QUOTAS = ("cpu.max", "cpu/cpu.cfs_quota_us")  # of control groups, version 2 and 1


def let_threads_sleep() -> None:
    """Let threads of torch sleep while they wait for each other, unless the user says otherwise by OMP_WAIT_POLICY.

    Spinning, as is their custom, they keep each other from the core they wait for as soon as other processes want it,
    too. To be called before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def usable_cores(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """The cores this process may use: what it is pinned to and what its control group grants, at least one.

    Args:
        groups: where the files of control groups are.
    """
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(pinned, _quota(groups) or pinned))


def compute_threads(threads: int | None) -> int:
    """Threads for the models on a CPU, of torch or of NumPy: as asked for, else one a usable core.

    Fewer where that was said before: to torch, where it is there, by OMP_NUM_THREADS or by the program that calls.
    """
    if threads is not None:
        return threads
    torch = sys.modules.get("torch")
    told = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip() if torch is None else torch.get_num_threads()
    return min(usable_cores(), int(told) if str(told).isdecimal() and int(told) else usable_cores())


def decode_threads(threads: int | None) -> int:
    """Threads that decode files ahead of the models: as many as asked for, or as there are cores, at most 4."""
    return min(DECODERS, threads or usable_cores())


@contextmanager
def computing(threads: int | None) -> Iterator[None]:
    """Within it torch computes with so many threads on a CPU; the caller's number comes back afterwards."""
    import torch

    before, wanted = torch.get_num_threads(), compute_threads(threads)
    if before == wanted:
        yield
        return
    torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _quota(groups: Path) -> int | None:
    """Whole cores of the control group's share of time, rounded up; None where it has no limit."""
    for name in QUOTAS:
        try:
            words = (groups / name).read_text().split()
            if name.endswith("_us"):
                words.append((groups / "cpu/cpu.cfs_period_us").read_text().strip())
            quota, period = words
            return None if quota == "max" or int(quota) <= 0 else math.ceil(int(quota) / int(period))
        except (OSError, ValueError):
            continue
    return None
