"""Weights that other packages bring from their own addresses: there already, or fetched before anything is scored."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqa_cli.errors import IqaError, WeightsError
from iqa_cli.ground.filenames import at_home
from iqa_cli.registry import Spec
from iqa_cli.weights.fetching import is_here, is_offline

if TYPE_CHECKING:
    from iqa_cli.models.base import Model

HASHED = re.compile(r"-([0-9a-f]{8,64})\.\w+$")  # how torch.hub writes the beginning of a SHA-256


def build_untrained(spec: Spec, config: Any = None, offline: bool = False) -> "Model":
    """A model that needs no weights of ours; those of the package that computes it are fetched where they are not.

    Raises:
        MissingExtraError: its package is not installed.
        UsageError: its program is not on the PATH.
        WeightsError: they are not there and cannot be fetched, or are not what the package expects.
    """
    spec.check_installed()
    for entry in spec.fetches:
        _fetch(spec, *_place(entry), offline)
    try:
        return spec.build(config)
    except (IqaError, ImportError, MemoryError):
        raise
    except Exception as error:  # torch.load answers damage with whatever it stumbles over
        if not spec.fetches:
            raise
        reason = f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
        files = " and ".join(str(_place(entry)[1]) for entry in spec.fetches)
        raise WeightsError(
            f"{spec.name}: its weights cannot be loaded ({reason}); if they are damaged, remove {files}: "
            "what is not there is fetched again"
        ) from error


def fetched(spec: Spec) -> bool:
    """Whether all weights of another package are there."""
    return all(is_here(_place(entry)[1]) for entry in spec.fetches)


def _place(entry: str) -> tuple[str, Path]:
    """Address and file of an entry of `Spec.fetches`: `URL`, of torch.hub, or `FOLDER URL`."""
    folder, _, url = entry.rpartition(" ")
    if folder:
        return url, Path(at_home(folder)) / url.rsplit("/", 1)[1]
    import torch

    return url, Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]


def _fetch(spec: Spec, url: str, path: Path, offline: bool) -> None:
    if is_here(path):
        return
    get = f"get {url} by other means and put it there"
    if is_offline(offline):
        raise WeightsError(f"{spec.name} needs {path}, which is not there, and the network is off: {get}")
    import torch

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        told = HASHED.search(path.name)
        torch.hub.download_url_to_file(url, str(path), told[1] if told else None, progress=False)
    except (OSError, RuntimeError) as error:  # URLError is an OSError; RuntimeError: another hash
        reason = getattr(error, "reason", error)
        raise WeightsError(f"{spec.name} needs {path}, which cannot be downloaded ({reason}): {get}") from error
