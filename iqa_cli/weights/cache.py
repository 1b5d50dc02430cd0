"""Where weight files lie: inside the package, or in a cache that downloads fill."""

import hashlib
import os
from pathlib import Path

from iqa_cli.errors import WeightsError
from iqa_cli.weights.catalogue import Weight
from iqa_cli.weights.download import Progress, download

EMBEDDED = Path(__file__).parent / "embedded"


def cache_folder() -> Path:
    """Folder of downloaded weights: $IQA_CACHE, else $XDG_CACHE_HOME/iqa, else ~/.cache/iqa."""
    if own := os.environ.get("IQA_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iqa"


def is_offline(asked: bool = False) -> bool:
    """Whether the network is forbidden: by `--offline`, or by IQA_OFFLINE (0, false and no do not count)."""
    return asked or os.environ.get("IQA_OFFLINE", "").lower() not in ("", "0", "false", "no")


def path_of(weight: Weight) -> Path:
    """Where the file is, or will be once it is downloaded."""
    if weight.file:
        return EMBEDDED / weight.file
    # With the hash in its name, a new version never meets an old file.
    return cache_folder() / f"{weight.name}-{weight.sha256[:12]}.safetensors"


def locate(weight: Weight, offline: bool = False, progress: Progress | None = None) -> Path:
    """The weight file, downloaded and verified if it is not here yet.

    What was verified when it came is only measured later; `check` computes the hash again.

    Raises:
        WeightsError: the file is not here and cannot be had; the message says what to do.
    """
    path = path_of(weight)
    if _is_whole(path, weight):
        return path
    if weight.file:
        raise WeightsError(f"{path} is missing or cut short: install the package again")
    if is_offline(offline):
        raise WeightsError(
            f"weights {weight.name!r} are not in the cache ({path.parent}) and the network is off: "
            f"run 'iqa weights fetch {weight.name}' with the network on, or give a file with --weights"
        )
    download(weight.urls, path, weight.sha256, weight.size, progress)
    return path


def fetch(weight: Weight, offline: bool = False, progress: Progress | None = None) -> Path:
    """Like `locate`, but a damaged file in the cache is found out and replaced."""
    if not weight.file and check(weight) == "damaged":
        path_of(weight).unlink()
    return locate(weight, offline, progress)


def place(weight: Weight) -> str:
    """`"embedded"`, `"cached"`, or `"remote"` for what is still to be downloaded."""
    if weight.file:
        return "embedded"
    return "cached" if _is_whole(path_of(weight), weight) else "remote"


def check(weight: Weight) -> str:
    """Compute the hash again: `"ok"`, `"damaged"`, `"missing"` (embedded only) or `"not fetched"`."""
    path = path_of(weight)
    if not path.is_file():
        return "missing" if weight.file else "not fetched"
    return "ok" if sha256_of(path) == weight.sha256 else "damaged"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, weight: Weight) -> bool:
    return path.is_file() and path.stat().st_size == weight.size
