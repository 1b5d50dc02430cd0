"""Where weight files lie: inside the package, or in a cache that downloads fill.

A download is one file of known size and hash, from the first of its addresses that delivers it.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from iqa_cli.errors import WeightsError
from iqa_cli.ground.atomic import atomically
from iqa_cli.ground.filenames import at_home
from iqa_cli.weights.weight_list import Weight

EMBEDDED = Path(__file__).parent / "embedded"
Progress = Callable[[int], None]  # told the bytes of each block; minus what had come when an attempt fails

PAUSES = (1.0, 2.0)  # s before another attempt at the same address, where the failure may pass
TIMEOUT = 30.0  # s without a byte
BLOCK = 1 << 20  # bytes
PASSING = (408, 429)  # HTTP: too slow, too many; so are 500 and above


def cache_folder() -> Path:
    """Folder of downloaded weights: $IQA_CACHE, else $XDG_CACHE_HOME/iqa, else ~/.cache/iqa.

    Where the user has no home, a container's say, it is one that cannot be: nothing is kept in it.
    """
    if own := os.environ.get("IQA_CACHE"):
        return Path(at_home(own))
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iqa"
    except RuntimeError:
        return Path(os.devnull) / "iqa"


def is_here(path: Path) -> bool:
    """Whether a file is there; one in a folder that may not be looked into is not."""
    try:
        return path.is_file()
    except OSError:
        return False


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
    if not is_here(path):
        return "missing" if weight.file else "not fetched"
    return "ok" if sha256_of(path) == weight.sha256 else "damaged"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, weight: Weight) -> bool:
    return is_here(path) and path.stat().st_size == weight.size


class _Failure(Exception):
    """Why one attempt gave no file, and whether the next one may."""

    def __init__(self, reason: str, passing: bool):
        super().__init__(reason)
        self.passing = passing


def download(urls: Sequence[str], target: Path, sha256: str, size: int, progress: Progress | None = None) -> None:
    """Fetch `target` from the first of `urls` that gives `size` bytes with the hash `sha256`.

    Nothing is left behind unless all of it has come and fits. `file://` works too.

    Raises:
        WeightsError: no address delivered, or the folder cannot be written to.
    """
    failures = []
    for url in urls:
        try:
            return _persist(url, target, sha256, size, progress or (lambda received: None))
        except _Failure as failure:
            failures.append(f"{url}: {failure}")
        except OSError as error:
            reason = error.strerror or error
            raise WeightsError(
                f"cannot write to {target.parent} ({reason}): set IQA_CACHE to another folder"
            ) from error
    raise WeightsError(
        f"cannot download {target.name}: {'; '.join(failures)}. "
        "Check the network, or get the file by other means and give it with --weights"
    )


def _persist(url: str, target: Path, sha256: str, size: int, progress: Progress) -> None:
    for pause in (*PAUSES, None):
        try:
            return _attempt(url, target, sha256, size, progress)
        except _Failure as failure:
            if pause is None or not failure.passing:
                raise
        time.sleep(pause)


def _attempt(url: str, target: Path, sha256: str, size: int, progress: Progress) -> None:
    received, digest = 0, hashlib.sha256()
    try:
        with atomically(target) as partial:
            with partial.open("wb") as file:
                for block in _blocks(url):
                    received += len(block)
                    progress(len(block))
                    digest.update(block)
                    file.write(block)
                    if received > size:
                        raise _Failure(f"sends more than {size} bytes", passing=False)
            if received < size:
                raise _Failure(f"ended after {received} of {size} bytes", passing=True)
            if digest.hexdigest() != sha256:
                raise _Failure(f"another file, its SHA-256 is {digest.hexdigest()} instead of {sha256}", passing=False)
    except _Failure:
        progress(-received)
        raise


def _blocks(url: str) -> Iterator[bytes]:
    """What `url` sends; whatever the network does wrong is a _Failure, so that an OSError is the disk's."""
    try:
        with urlopen(url, timeout=TIMEOUT) as answer:
            while block := answer.read(BLOCK):
                yield block
    except HTTPError as error:
        raise _Failure(f"HTTP {error.code} {error.reason}", error.code >= 500 or error.code in PASSING) from error
    except (OSError, HTTPException) as error:
        raise _Failure(str(getattr(error, "reason", error)), passing=True) from error
