"""Encoded references in a file: written one by one, read one by one, and what is said of files that are none."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from iqa_cli.errors import ImageError, UsageError
from iqa_cli.references.contents import (
    Maker,
    container_of,
    is_reference_file,
    looks_like_references,
    name_in_file,
    read_contents,
)
from iqa_cli.references.encoded import EncodedReference, ReferenceWriter, load_encoded

MAKER = Maker("iqt-lite", "iqt-lite-1", "ab" * 32, 256, "up to 20 on a grid", "fp32", "0.1.0")
WINDOWS = ((0, 0), (0, 44), (10, 20))


def reference(seed, name="x", windows=WINDOWS):
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(len(windows), *shape)).astype(np.float16) for shape in ((3, 4, 4), (7, 2, 2))]
    return EncodedReference(name, 266, 300, windows, parts)


@pytest.fixture
def file(tmp_path):
    """Three references in a file."""
    path = tmp_path / "gt.iqaref"
    with ReferenceWriter(path, MAKER) as writer:
        for seed, name in enumerate(("a.png", "sub/b.jpg", "ü #1.png")):
            writer.add(name, reference(seed))
    return path


def test_every_reference_comes_back_as_it_was_written(file):
    for seed, name in enumerate(("a.png", "sub/b.jpg", "ü #1.png")):
        found = load_encoded(f"{file}/{name}")
        assert (found.height, found.width, tuple(found.windows)) == (266, 300, WINDOWS)
        for part, written in zip(found.parts, reference(seed).parts, strict=True):
            np.testing.assert_array_equal(part, written)
            assert part.dtype == np.float16


def test_the_encoding_of_a_crop_is_found_by_where_it_lies(file):
    found = load_encoded(f"{file}/a.png")
    np.testing.assert_array_equal(found.at((10, 20))[1], found.parts[1][2])
    with pytest.raises(ImageError, match=r"no crop at 7,3"):
        found.at((3, 7))


def test_the_header_tells_the_maker_and_the_names_in_order(file):
    contents = read_contents(str(file))
    assert contents.maker == MAKER
    assert list(contents.entries) == ["a.png", "sub/b.jpg", "ü #1.png"]


def test_any_reader_of_safetensors_opens_the_file(file):
    with safe_open(file, framework="np") as tensors:
        assert sorted(tensors.keys()) == ["0.0", "0.1", "1.0", "1.1", "2.0", "2.1"]
        assert json.loads(tensors.metadata()["iqa.references"])["model"] == "iqt-lite"


def test_a_flipped_bit_is_found_by_the_checksum_and_costs_its_reference_alone(file):
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    load_encoded(f"{file}/a.png")
    with pytest.raises(ImageError, match="checksum"):
        load_encoded(f"{file}/ü #1.png")


@pytest.mark.parametrize("more", [-10, 3])
def test_a_file_that_is_cut_or_too_long_is_refused_whole_by_its_size(file, more):
    data = file.read_bytes()
    file.write_bytes(data[:more] if more < 0 else data + bytes(more))
    told = rf"gt\.iqaref: is damaged, {len(data) + more} bytes in the place of {len(data)}; .* iqa encode"
    with pytest.raises(UsageError, match=told):
        read_contents(str(file))
    with pytest.raises(ImageError, match=told):  # of a row that names it in a stream
        load_encoded(f"{file}/a.png")


def test_a_file_that_is_called_otherwise_is_known_by_its_header(file, tmp_path):
    assert looks_like_references(str(file))
    save_file({"x": np.zeros(3)}, tmp_path / "weights.safetensors", {"iqa": "1"})
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    for name in ("weights.safetensors", "x.png", "nothing", "."):
        assert not looks_like_references(str(tmp_path / name))


@pytest.mark.parametrize(
    "data", [b"", b"\x02", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}", b"\x89PNG\r\n\x1a\n" + bytes(64)]
)
def test_what_is_no_such_file_is_refused_by_name(tmp_path, data):
    path = tmp_path / "gt.iqaref"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"gt\.iqaref: no references .* iqa encode"):
        read_contents(str(path))


def test_a_name_that_is_not_in_the_file_is_an_error_of_its_image(file):
    with pytest.raises(ImageError, match="no reference of that name"):
        load_encoded(f"{file}/c.png")


def test_nothing_is_left_where_writing_fails_or_nothing_was_written(tmp_path):
    with pytest.raises(KeyboardInterrupt), ReferenceWriter(tmp_path / "gt.iqaref", MAKER) as writer:
        writer.add("a.png", reference(0))
        raise KeyboardInterrupt
    with ReferenceWriter(tmp_path / "none.iqaref", MAKER):
        pass
    assert list(tmp_path.iterdir()) == []


def test_paths_into_a_file_are_known_and_others_are_not(tmp_path):
    assert name_in_file("x/gt.iqaref/a/1.png") == ("x/gt.iqaref", "a/1.png")
    assert container_of("x/gt.iqaref/a/1.png") == "x/gt.iqaref"
    assert name_in_file("x/gt.iqaref") is None
    assert is_reference_file("x/gt.iqaref")
    folder = tmp_path / "folder.iqaref"
    folder.mkdir()
    assert not is_reference_file(str(folder))
    assert container_of(str(folder / "a.png")) == str(folder / "a.png")
