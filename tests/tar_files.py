"""Tars that tests make, of pictures that they make."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int = 0, format: str = "PNG", size: tuple[int, int] = (24, 16)) -> bytes:
    """A file of noise, each seed another."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format)
    return file.getvalue()


def member(name: str, data: bytes = b"", **facts) -> tuple[tarfile.TarInfo, bytes]:
    """A member of a tar with what its header says beside name and size."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info, data


def tar_of(*members: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar with these members, in their order."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def pictures_tar(path: Path, *names: str, said: dict[str, object] | None = None) -> Path:
    """A tar of pictures of these names, and of JSON files by key."""
    members = [member(name, picture(number)) for number, name in enumerate(names)]
    members += [member(f"{key}.json", json.dumps(value).encode()) for key, value in (said or {}).items()]
    path.write_bytes(tar_of(*members))
    return path
