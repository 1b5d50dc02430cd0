"""A worker that may crash or hang, watched from outside: what it tells, and how it ended."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

CPU_LIMIT, WALL_LIMIT = 10.0, 60.0  # seconds for a file: of the processor, and of the clock where others have it
_TICKS = os.sysconf("SC_CLK_TCK")


class Watched:
    """A Python script that tells JSON lines on stdout, `begin` before each file."""

    def __init__(self, arguments: Sequence[str], said: Path):
        self.said = said
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", *arguments], stdout=subprocess.PIPE, bufsize=0
        )
        self._began, self._rest = (time.monotonic(), 0.0), b""

    def lines(self) -> Iterator[dict[str, Any]]:
        """What it tells, until it ends; a last line `died` where that was by a signal, an error or the limit."""
        assert self._process.stdout is not None
        while True:
            ready, _, _ = select.select([self._process.stdout], [], [], 0.5)
            if ready:
                data = os.read(self._process.stdout.fileno(), 1 << 16)
                if not data:
                    break
                *whole, self._rest = (self._rest + data).split(b"\n")
                for line in whole:
                    self._began = time.monotonic(), self._cpu()
                    yield json.loads(line)
            elif self._is_over():
                self._process.send_signal(signal.SIGABRT)  # so that faulthandler tells where it is
                time.sleep(0.5)
                self._process.kill()
                self._process.wait()
                yield {"died": "hang"}
                return
        code = self._process.wait()
        if code:
            yield {"died": signal.Signals(-code).name if code < 0 else f"exit {code}"}

    def traceback(self) -> str:
        """The last that it said."""
        return self.said.read_bytes()[-4000:].decode(errors="replace")

    def _is_over(self) -> bool:
        wall, cpu = self._began
        return time.monotonic() - wall > WALL_LIMIT or self._cpu() - cpu > CPU_LIMIT

    def _cpu(self) -> float:
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return self._began[1]
        return (int(fields[11]) + int(fields[12])) / _TICKS
