"""References as a model encoded them: written one by one, read one by one, each with its checksum."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

import numpy as np

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.ground.atomic import atomically
from iqa_cli.references.contents import HEAD, KEY, Contents, Entry, Maker, name_in_file, read_contents

Window = tuple[int, int]  # top, left
COPIED = 2**24  # bytes at once


@dataclass(frozen=True, eq=False)
class EncodedReference:
    """One reference without its pixels.

    Attributes:
        name: the path by which a job names it.
        height, width: of the image, in px.
        windows: where its crops lie.
        parts: arrays M x ... float16, one for each tensor of the model's encoding.
    """

    name: str
    height: int
    width: int
    windows: Sequence[Window]
    parts: Sequence[np.ndarray]

    def at(self, window: Window) -> tuple[np.ndarray, ...]:
        """The encoding of one crop. Raises ImageError where none lies there."""
        try:
            number = self.windows.index(window)
        except ValueError:
            raise ImageError(f"{self.name}: has no crop at {window[1]},{window[0]}; encode it again") from None
        return tuple(part[number] for part in self.parts)


class ReferenceWriter(AbstractContextManager["ReferenceWriter"]):
    """A file of references that is written one by one, whole at the end or not there.

    The header tells sizes that are known at the end, so the tensors wait in a file without a name, in the same folder.
    """

    def __init__(self, path: Path, maker: Maker):
        self.path, self.maker = path, maker
        self._entries: dict[str, Entry] = {}
        self._tensors: dict[str, dict] = {}
        self._size = 0
        self._waiting = TemporaryFile(dir=path.parent)  # noqa: SIM115 (closed by __exit__)

    def add(self, name: str, reference: EncodedReference) -> None:
        """Write a reference under its path in the folder. Raises OSError."""
        number, digest = len(self._entries), sha256()
        for index, part in enumerate(reference.parts):
            data = np.ascontiguousarray(part, np.float16).tobytes()
            digest.update(data)
            self._waiting.write(data)
            place = [self._size, self._size + len(data)]
            self._tensors[f"{number}.{index}"] = {"dtype": "F16", "shape": list(part.shape), "data_offsets": place}
            self._size += len(data)
        self._entries[name] = Entry(
            number,
            name,
            reference.width,
            reference.height,
            tuple(reference.windows),
            len(reference.parts),
            digest.hexdigest(),
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._waiting:
            if error is None and self._entries:
                self._assemble()

    def _assemble(self) -> None:
        metadata = {KEY: Contents(self.maker, self._entries).text()}
        header = json.dumps({"__metadata__": metadata, **self._tensors}).encode()
        header += b" " * (-len(header) % 8)
        self._waiting.seek(0)
        with atomically(self.path) as partial, partial.open("wb") as file:
            file.write(len(header).to_bytes(HEAD, "little") + header)
            while block := self._waiting.read(COPIED):
                file.write(block)


def load_encoded(path: str) -> EncodedReference:
    """The reference that `gt.iqaref/a/1.png` names.

    Raises:
        ImageError: there is none of that name, or the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    found = name_in_file(path)
    assert found is not None
    file, name = found
    try:
        entry = read_contents(file).entries.get(name)
    except UsageError as error:  # of a stream, or of a file that has changed since: that costs the row alone
        raise ImageError(str(error)) from error
    if entry is None:
        raise ImageError(f"{path}: no reference of that name in {file}")
    digest = sha256()
    try:
        with safe_open(file, framework="np") as tensors:
            parts = [tensors.get_tensor(f"{entry.number}.{index}") for index in range(entry.parts)]
    except (SafetensorError, OSError) as error:
        raise ImageError(f"{path}: {file} is damaged ({error}); make it again by iqa encode") from error
    for part in parts:
        digest.update(part.tobytes())
    if digest.hexdigest() != entry.sha256 or any(len(part) != len(entry.windows) for part in parts):
        raise ImageError(f"{path}: {file} is damaged, its checksum does not fit; make it again by iqa encode")
    return EncodedReference(path, entry.height, entry.width, entry.windows, parts)
