"""A call in a child of this process, which has imported everything: how it ends, what it says and takes."""

import io
import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS, MEMORY = 10, 2 << 30  # of the processor; bytes


@dataclass(frozen=True)
class Ending:
    """How a call ended: its exit code, or minus a signal; standard error; seconds of the processor; MiB at most."""

    code: int
    said: str
    seconds: float
    peak: int

    @property
    def wrong(self) -> list[str]:
        """What should not be: a signal, another exit code than those documented, a traceback, time, memory."""
        found = []
        if self.code < 0:
            found.append(f"ended by {signal.Signals(-self.code).name}")
        elif self.code not in (0, 1, 2, 3, 4):
            found.append(f"exit code {self.code}")
        if "Traceback" in self.said or "Warning:" in self.said:
            found.append("a traceback or a warning of Python")
        if self.code and not self.said.strip():
            found.append("no word on why")
        if self.seconds > SECONDS - 1:
            found.append(f"{self.seconds:.1f} s")
        if self.peak > MEMORY >> 20:
            found.append(f"{self.peak} MiB")
        return found


def forked(call: Callable[[], Any], said: Path) -> Ending:
    """Run a call that ends by SystemExit or by itself; what it prints on stderr goes to the file `said`."""
    sys.stdout.flush(), sys.stderr.flush()
    child = os.fork()
    if not child:
        _child(call, said)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ending(code, said.read_text(errors="replace"), used.ru_utime + used.ru_stime, used.ru_maxrss >> 10)


def _child(call: Callable[[], Any], said: Path) -> None:
    code: Any = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 0)
        sys.stdout, sys.stderr = open(os.devnull, "w"), io.TextIOWrapper(io.FileIO(2, "w", closefd=False))  # noqa: SIM115, PTH123
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        call()
        code = 0
    except SystemExit as leaving:
        code = leaving.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)
