"""ONNX Runtime Web, which runs a model in a browser: found where its npm package lies, and known to be the right one.

The package is too large to come along, and nothing here fetches it: `npm pack` does, by the name in every error.
"""

import hashlib
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iqa_cli.errors import UsageError

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
ARCHIVE = f"{PACKAGE}-{VERSION}.tgz"
REMEDY = f"`npm pack {PACKAGE}@{VERSION}` fetches {ARCHIVE}; name that with --runtime"
# The version for one thread on the processor: threads need headers that a file opened from a disk does not have.
FILES = {
    "script": ("dist/ort.wasm.min.js", "faece07e84faa9001f5104bbe4e5c70861d06cb2376a0dea1fa0ad33a67adc81"),
    "glue": ("dist/ort-wasm-simd-threaded.mjs", "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b"),
    "wasm": ("dist/ort-wasm-simd-threaded.wasm", "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"),
}
"""By what a page calls them: path in the package, and SHA-256."""

PLACES = (ARCHIVE, f"node_modules/{PACKAGE}")  # where it is looked for in the working folder


@dataclass(frozen=True)
class WebRuntime:
    """What a page needs of the package: `script` (JavaScript), `glue` (a module it imports) and `wasm`."""

    script: bytes
    glue: bytes
    wasm: bytes


def find_runtime(given: Path | None) -> WebRuntime:
    """Read the package.

    Args:
        given: the archive that `npm pack` leaves, a folder where it is unpacked or installed, or that with both; None
            for `PLACES`.

    Raises:
        UsageError: it is not there, or another version.
    """
    if given is None:
        given = next((path for path in map(Path, PLACES) if path.exists()), None)
        if given is None:
            raise UsageError(f"a page that scores needs the npm package {PACKAGE}: {REMEDY}")
    read = _reader(given)
    return WebRuntime(**{name: _checked(given, read, path, digest) for name, (path, digest) in FILES.items()})


def _reader(given: Path) -> Callable[[str], bytes]:
    """What reads a file of the package by its path there; KeyError or OSError where there is none."""
    if given.is_dir():
        roots = (given, given / "package", *(given / place for place in PLACES))
        root = next((root for root in roots if (root / "package.json").is_file()), None)
        if root is None:
            if (given / ARCHIVE).is_file():
                return _reader(given / ARCHIVE)
            raise UsageError(f"{given}: no npm package {PACKAGE} in this folder; {REMEDY}")
        return lambda path: (root / path).read_bytes()
    try:
        with tarfile.open(given) as archive:
            wanted = {f"package/{path}": path for path, _ in FILES.values()}
            held = {wanted[each.name]: archive.extractfile(each) for each in archive if each.name in wanted}
            read = {path: file.read() for path, file in held.items() if file is not None}
    except FileNotFoundError:
        raise UsageError(f"{given}: is not there; {REMEDY}") from None
    except (OSError, tarfile.TarError) as error:
        raise UsageError(f"{given}: cannot be read as an npm package ({error}); {REMEDY}") from None
    return read.__getitem__


def _checked(given: Path, read: Callable[[str], bytes], path: str, digest: str) -> bytes:
    try:
        content = read(path)
    except (KeyError, OSError):
        raise UsageError(f"{given}: has no {path}; {REMEDY}") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise UsageError(f"{given}: {path} is not that of {PACKAGE} {VERSION}, which pages are tested with; {REMEDY}")
    return content
