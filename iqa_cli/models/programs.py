"""Metrics that a program on the PATH computes: it is given two temporary PNG files and prints a score."""

import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from PIL import Image
from torch import Tensor

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.models.base import FullReference


@dataclass(frozen=True)
class ProgramConfig:
    """How a program is asked.

    Attributes:
        program: its name on the PATH; it takes the reference, then the distorted image.
        known_by: what its usage says and no other program's of that name, a regular expression.
        score: where the score stands in what it prints, a regular expression with one group.
        timeout: seconds that one pair may take.
    """

    program: str
    known_by: str
    score: str
    timeout: float = 600


_NUMBER = r"(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
SSIMULACRA2 = ProgramConfig("ssimulacra2", r"Usage: .*orig\.png distorted\.png\s+Returns a score", rf"^{_NUMBER}\s*$")
BUTTERAUGLI = ProgramConfig("butteraugli_main", r"Usage: .*<reference> <distorted>", rf"^{_NUMBER}\s")
BUTTERAUGLI_3NORM = ProgramConfig("butteraugli_main", r"Usage: .*<reference> <distorted>", rf"^3-norm: {_NUMBER}\s*$")


class ProgramMetric(FullReference):
    """What a program says of a pair, samples rounded to 8 bits. No gradient reaches the images.

    Raises:
        UsageError: the program is not there, or another one has its name.
    """

    def __init__(self, config: ProgramConfig):
        super().__init__()
        self.config = config
        path = shutil.which(config.program)
        if path is None:
            raise UsageError(f"no program {config.program} on the PATH")
        self._path: str = path
        done = _run([path], 60)
        if done is None or not re.search(config.known_by, done.stderr + done.stdout):
            raise UsageError(
                f"{path} is another program than the {config.program} of libjxl, or another version of it "
                "(its usage tells); put that one first on the PATH"
            )

    def encode(self, images: Tensor) -> Tensor:
        """The images themselves: the program takes both at once."""
        return images

    def compare(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """Scores (B,) of B x 3 x H x W RGB images in [0, 1], float64.

        Raises:
            ImageError: the program fails, takes too long, or prints no score; or no temporary file can be written.
        """
        pairs = list(zip(_eight_bits(reference), _eight_bits(distorted), strict=True))
        with ThreadPoolExecutor(max(1, min(len(pairs), torch.get_num_threads()))) as pool:
            scores = list(pool.map(lambda pair: self._score(*pair), pairs))
        return torch.tensor(scores, dtype=torch.float64, device=distorted.device)

    def _score(self, reference: Image.Image, distorted: Image.Image) -> float:
        try:
            with TemporaryDirectory(prefix="iqa-") as folder:
                paths = [Path(folder) / "reference.png", Path(folder) / "distorted.png"]
                for path, image in zip(paths, (reference, distorted), strict=True):
                    image.save(path, compress_level=1)
                done = _run([self._path, *map(str, paths)], self.config.timeout)
        except OSError as error:  # full, or not to be written to
            where = f"{tempfile.tempdir or 'a temporary folder'} ({error.strerror or error})"
            raise ImageError(
                f"{self.config.program} cannot be given its images in {where}: set TMPDIR to another folder"
            ) from error
        if done is None:
            raise ImageError(f"{self.config.program} took longer than {self.config.timeout:g} s")
        found = re.search(self.config.score, done.stdout, re.MULTILINE)
        if done.returncode or not found:
            said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            why = said[-1].replace(folder, "").strip() if said else "it says nothing"
            raise ImageError(f"{self.config.program} gave no score (exit {done.returncode}: {why})")
        return float(found[1])


def _run(command: list[str], timeout: float) -> "subprocess.CompletedProcess[str] | None":
    """What a command prints; None where it took too long, and was ended."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run ({error.strerror})") from error


def _eight_bits(images: Tensor) -> list[Image.Image]:
    arrays = (images.detach().float() * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().contiguous().numpy()
    return [Image.fromarray(array) for array in arrays]
