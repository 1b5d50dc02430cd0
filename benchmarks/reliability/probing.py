"""What a worker does with hostile files: the real ways of `iqa` over them, measured one by one.

    python benchmarks/reliability/probing.py FOLDER FIRST LAST

Reads the seeds of FOLDER, makes the files FIRST to LAST and tells on stdout, a JSON line each, that one begins and what
became of it. `mutated.py` starts this, watches it, and ends it where a file takes too long.
"""

import json
import os
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from mutations import mutated

from iqa_cli.errors import ImageError, IqaError
from iqa_cli.executing.formula_executor import FormulaExecutor
from iqa_cli.executing.pieces import Sample
from iqa_cli.images import ImagePolicy, load_image
from iqa_cli.images.capture import capture_time
from iqa_cli.images.headers import frames_in, picture_size
from iqa_cli.images.masks import load_mask
from iqa_cli.registry import find_model

CLIPS = (".mp4", ".mkv", ".avi", ".mov", ".ts")
ADDRESSES = 6 << 30  # bytes that a worker may map: it ends before the machine does
_MARGIN = 1 << 14


def main() -> None:
    folder, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _as_the_command_warns()
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(folder / "said.txt", os.O_RDWR | os.O_CREAT | os.O_APPEND), 2)  # what libraries print
    os.dup2(2, 1)
    seeds = read_seeds(folder)
    spec = find_model("psnr")
    psnr = FormulaExecutor(spec, spec.build_formula(spec.config_with()), threads=1)
    for number in range(first, last + 1):
        name, suffix, data, way = hostile(seeds, number)
        path = Path(os.environ.get("TMPDIR", "/dev/shm")) / f"iqa-hostile-{os.getpid()}{suffix}"
        path.write_bytes(data)
        print(json.dumps({"begin": number, "seed": name, "way": way, "bytes": len(data)}), file=told)
        try:
            print(json.dumps({"number": number, "seed": name} | _Probe(path, number, psnr).run()), file=told)
        finally:
            path.unlink()


def read_seeds(folder: Path) -> list[tuple[str, str, bytes]]:
    """Name, suffix and bytes of each seed that `mutated.py` has put there."""
    return [(file.stem, file.suffix, file.read_bytes()) for file in sorted((folder / "seeds").iterdir())]


def hostile(seeds: list[tuple[str, str, bytes]], number: int) -> tuple[str, str, bytes, str]:
    """The seed, the suffix and the bytes of a file by its number, and how it was made; those below 0 are sound."""
    name, suffix, data = seeds[number % len(seeds)]
    if number < 0:
        return name, suffix, data, "sound"
    return name, suffix, *mutated(data, [data for _, _, data in seeds], number)


def _as_the_command_warns() -> None:
    """Every warning, each time, but for those that the command itself passes over."""
    warnings.simplefilter("always")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", module=r"PIL\.")


class _Probe:
    """One file: what each way of reading it made of it."""

    def __init__(self, path: Path, number: int, psnr: FormulaExecutor):
        self.path, self.number, self.psnr = str(path), number, psnr
        self.wrong: list[str] = []
        self.seconds: dict[str, float] = {}

    def run(self) -> dict[str, Any]:
        """Outcome, seconds by step, peak memory, and what was wrong."""
        before = os.fstat(2).st_size
        _reset_peak()
        is_clip = self.path.endswith(CLIPS)
        name = f"{self.path}#1" if is_clip else self.path
        with self._timed("size"):
            picture_size(name)
        if not is_clip:
            with self._timed("frames"):
                frames_in(self.path)
            with self._timed("time"):
                capture_time(self.path)
        loaded = self._loaded("load", name, lambda: load_image(name))
        if loaded is not None:
            self._score(loaded)
        if self.number % 4 == 0 and not is_clip:
            self._loaded("second", name, lambda: load_image(name, ImagePolicy(frame=1)))
            self._loaded("mask", name, lambda: load_mask(name))
        peak = _peak()
        said = _said_since(before)
        if said:
            self.wrong.append("said: " + said)
        outcome = "refused" if loaded is None else "scored"
        return {"outcome": outcome, "seconds": self.seconds, "peak": peak, "wrong": self.wrong}

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        except Exception:
            self.wrong.append(f"{step}: {traceback.format_exc(limit=-3)}")
        finally:
            self.seconds[step] = round(time.perf_counter() - start, 4)

    def _loaded(self, step: str, name: str, load: Callable[[], Any]) -> Any:
        with self._timed(step):
            try:
                return load()
            except IqaError as error:
                if "\n" in str(error) or name.partition("#")[0] not in str(error):
                    self.wrong.append(f"{step}: not one line with its name: {error!r}")
        return None

    def _score(self, loaded: Any) -> None:
        """PSNR with itself: infinite, of pixels that are what is promised."""
        pixels = loaded.stored
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype not in (np.uint8, np.float32):
            self.wrong.append(f"pixels: {pixels.dtype} of {pixels.shape}")
            return
        with self._timed("score"):
            try:
                score = self.psnr.score([Sample(pixels, pixels)])[0]
            except ImageError:
                return
            within = pixels.dtype == np.uint8 or (pixels.min() >= 0 and pixels.max() <= 1)  # NaN is not, too
            if not within or score.status != "infinite":
                self.wrong.append(f"pixels: {pixels.min()} to {pixels.max()}, PSNR with itself {score}")


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    """Largest resident size since, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def _said_since(place: int) -> str:
    sys.stderr.flush()
    size = os.fstat(2).st_size
    text = os.pread(2, min(size - place, 2000), place).decode(errors="replace").strip()
    if size > _MARGIN:
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)
    return text


if __name__ == "__main__":
    main()
