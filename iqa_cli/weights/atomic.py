"""Files that are whole or not there: written beside their place, then moved in."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomically(target: Path) -> Iterator[Path]:
    """Yield a fresh path beside `target`; it replaces `target` when the block ends well, else it is removed.

    Folders are made as needed. Two processes may do this at once: each writes a file of its own, and
    whoever reads `target` sees one of them, whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a file can only be moved in one step within one file system.
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".partial", dir=target.parent)
    os.close(descriptor)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o644)  # a temporary file is private, but a cache may be shared
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
