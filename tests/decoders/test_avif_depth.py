"""AVIF of 10 and 12 bits, encoded by libavif from known samples: those come back, by PyAV, where it is installed."""

import base64
import io
import struct
import sys

import numpy as np
import pytest
from PIL import Image

import iqa_cli
from iqa_cli.decoders import avif_depth
from iqa_cli.ground import pixels
from iqa_cli.images import load_image

Y, X = np.mgrid[:8, :8]
STEPS = np.stack([X, Y, (X + Y) / 2], axis=-1)
TEN, TWELVE = STEPS * 146 / 1023, np.stack([X * 585, Y * 585, (X + Y) * 292], axis=-1) / 4095
FILES = {
    name: base64.b64decode(text)
    for name, text in {
        "10 bits, lossless":
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAO"
        "cGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAcAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAA"
        "AABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCgoKAAAADGF2MUOBIEAAAAAAE2NvbHJuY2x4AAIAAgAA"
        "gAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAeG1kYXQSAAoIOAi/5wICAJAyYhAAAPW0ikOQ8W63hqDJ3yfqWQ3d1KL/2+O7zLhy7BmVFdMa"
        "nuJalMy/BG4Lm7hLKL7hAGzgnOiQ4Hkmm8eU24/4mRkwsfWnOYzO+YSsWmkKzP86lSEwh6I0ujfdgEYVx6S4",
        "12 bits, lossless":
        "AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAOttZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRt"
        "AAAAAAABAAAAHmlsb2MAAAAARAAAAQABAAAAAQAAAQ8AAAB+AAAAKGlpbmYAAAAAAAEAAAAaaW5mZQIAAAAAAQAAYXYwMUNvbG9yAAAAAGpp"
        "cHJwAAAAS2lwY28AAAAUaXNwZQAAAAAAAAAIAAAACAAAABBwaXhpAAAAAAMMDAwAAAAMYXYxQ4FAYAAAAAATY29scm5jbHgAAgACAACAAAAA"
        "F2lwbWEAAAAAAAAAAQABBAECgwQAAACGbWRhdBIACghYCL/jQICAIjJwEAAA9bSbcGVxaolOW/khk1AZxSykbdycq3+T5efdaNuQ4T3kH6CL"
        "6QEAZ+uwGJcP0qp84GJXFpFCeyEcFnxhnUgG2k4CPWsvSFPEWDDkLnPeMGtfDl4dXjcXJ8gz6pdO66ZCplP1pNb6DwYwcttbBA==",
        "10 bits, BT.709":
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAO"
        "cGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAWwAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAA"
        "AABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCgoKAAAADGF2MUOBIEAAAAAAE2NvbHJuY2x4AAIAAgAB"
        "gAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAY21kYXQSAAoIOAi/bwICAZAyTRCCE1SAAPIAABCQKcoJs2EP88V3+mA9hPHuQr6z8v6hFOOI"
        "CBTS5QnDXFSZZ22BKk+1iATLe/r7bkIf/Z6R1uffpyg1o7492DaasU3g",
        "10 bits, 4:2:0":
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAO"
        "cGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAUgAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAA"
        "AABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCgoKAAAADGF2MUOBAEwAAAAAE2NvbHJuY2x4AAIAAgAG"
        "gAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAWm1kYXQSAAoIGAi/boEBA0IyRBCBqkAAeQAAPAD/dHj7QeYyHNTz8gEW7idDZTe/3eRocgxj"
        "TB7SgcdUrKiDF7qc3eY90Uz//RYJ603rW4Fl/aG4+yNe",
        "10 bits, alpha":
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAAGGbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAO"
        "cGl0bQAAAAAAAQAAACxpbG9jAAAAAEQAAAIAAQAAAAEAAAG8AAAAcAACAAAAAQAAAa4AAAAOAAAAQmlpbmYAAAAAAAIAAAAaaW5mZQIAAAAA"
        "AQAAYXYwMUNvbG9yAAAAABppbmZlAgAAAAACAABhdjAxQWxwaGEAAAAAGmlyZWYAAAAAAAAADmF1eGwAAgABAAEAAADDaXBycAAAAJ1pcGNv"
        "AAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCgoKAAAADGF2MUOBIEAAAAAAE2NvbHJuY2x4AAIAAgAAgAAAAA5waXhpAAAAAAEK"
        "AAAADGF2MUOBAFwAAAAAOGF1eEMAAAAAdXJuOm1wZWc6bXBlZ0I6Y2ljcDpzeXN0ZW1zOmF1eGlsaWFyeTphbHBoYQAAAAAeaXBtYQAAAAAA"
        "AAACAAEEAQKDBAACBAEFhgcAAACGbWRhdBIACgUYCL/nUDIDEAAMEgAKCDgIv+cCAgCQMmIQAAD1tIpDkPFut4agyd8n6lkN3dSi/9vju8y4"
        "cuwZlRXTGp7iWpTMvwRuC5u4Syi+4QBs4JzokOB5JpvHlNuP+JkZMLH1pzmMzvmErFppCsz/OpUhMIeiNLo33YBGFcekuA==",
        "10 bits, grey":
        "AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAOltZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRt"
        "AAAAAAABAAAAHmlsb2MAAAAARAAAAQABAAAAAQAAAQ0AAAAlAAAAKGlpbmYAAAAAAAEAAAAaaW5mZQIAAAAAAQAAYXYwMUNvbG9yAAAAAGhp"
        "cHJwAAAASWlwY28AAAAUaXNwZQAAAAAAAAAIAAAACAAAAA5waXhpAAAAAAEKAAAADGF2MUOBAFwAAAAAE2NvbHJuY2x4AAIAAgACgAAAABdp"
        "cG1hAAAAAAAAAAEAAQQBAoMEAAAALW1kYXQSAAoFGAi/51AyGhAAhtKEKDBkNljVkSRbRbK8WhhqqI1WHxBg",
    }.items()
}  # fmt: skip
# The last but the lossless ones as libavif decodes them to 10 bits: green of the diagonal.
DIAGONALS = {
    "10 bits, BT.709": [0, 146, 293, 438, 584, 730, 876, 1022],
    "10 bits, 4:2:0": [0, 144, 292, 438, 584, 730, 877, 1023],
}


def loaded(name: str):
    pytest.importorskip("av")
    return load_image(FILES[name])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("10 bits, lossless", TEN),
        ("12 bits, lossless", TWELVE),
        ("10 bits, grey", np.repeat(TEN[..., :1], 3, axis=2)),
    ],
)
def test_samples_without_loss_come_back_in_their_depth(name, expected):
    image = loaded(name)
    assert np.abs(image.pixels - expected).max() < 0.51 / 65535 and image.notes == ()


@pytest.mark.parametrize("name", DIAGONALS)
def test_samples_with_loss_are_what_libavif_makes_of_them(name):
    image = loaded(name)
    assert np.abs(image.pixels[range(8), range(8), 1] * 1023 - DIAGONALS[name]).max() < 0.51  # which rounds to 10 bits
    assert np.abs(image.pixels - TEN).max() < 0.1 and image.notes == ()


def test_alpha_stays_with_the_colour():
    image = loaded("10 bits, alpha")
    assert np.abs(image.pixels - (TEN * 128 + 127) / 255).max() < 1e-4
    assert image.notes == ("alpha composited over white",)


def multiplied() -> bytes:
    """The file with alpha, which says that colour is multiplied by it: one more reference of the items."""
    file = bytearray(FILES["10 bits, alpha"])
    reference = struct.pack(">I4s3H", 14, b"prem", 1, 1, 2)
    lists, places = file.index(b"iref") - 4, file.index(b"iloc") + 12
    for place in (file.index(b"meta") - 4, lists, places + 6, places + 20):  # two sizes, and where two items lie
        struct.pack_into(">I", file, place, struct.unpack_from(">I", file, place)[0] + len(reference))
    end = lists + struct.unpack_from(">I", file, lists)[0] - len(reference)
    return bytes(file[:end] + reference + file[end:])


def test_colour_that_is_multiplied_by_alpha_is_that_of_pillow_which_divides_it_again(monkeypatch):
    pytest.importorskip("av")
    monkeypatch.setattr(avif_depth, "_AGREE", 1)  # of a picture so light that the two readings hardly differ
    image, shown = load_image(multiplied()), np.asarray(Image.open(io.BytesIO(multiplied()))) / 255
    assert np.abs(image.pixels - (shown[..., :3] * shown[..., 3:] + 1 - shown[..., 3:])).max() < 1e-6
    assert np.abs(shown[..., :3] - np.minimum(TEN * 255 / 128, 1)).max() < 2 / 255
    assert image.notes == ("10-bit samples read as 8-bit", "alpha composited over white")


def test_the_hdr_curve_is_undone_in_full_depth():
    file = FILES["10 bits, lossless"].replace(b"colrnclx\0\2\0\2", b"colrnclx\0\x09\0\x10")
    image = load_image(file)
    assert image.notes[-1] == "BT.2020, PQ (AVIF nclx) tone-mapped to SDR by ITU-R BT.2446 method A"


def test_without_the_extra_8_bits_are_read_and_the_row_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr("iqa_cli.decoders.depth.find_spec", lambda name: None)
    image = load_image(FILES["10 bits, lossless"])
    assert np.abs(image.pixels - TEN).max() < 1 / 255
    assert image.notes == ("10-bit samples read as 8-bit: pip install 'iqa-cli[avif]' keeps them",)


def test_a_picture_that_pyav_reads_otherwise_than_pillow_stays_at_8_bits(monkeypatch):
    pytest.importorskip("av")
    monkeypatch.setattr(avif_depth, "_colour", lambda frame: lambda rows: np.zeros((8, 8, 3), np.float32)[rows])
    image = load_image(FILES["10 bits, lossless"])
    assert np.abs(image.pixels - TEN).max() < 1 / 255 and image.notes == ("10-bit samples read as 8-bit",)


@pytest.mark.parametrize("name", FILES)
def test_a_large_one_is_read_strip_by_strip_and_is_the_same(name, monkeypatch):
    pytest.importorskip("av")
    whole = load_image(FILES[name])
    monkeypatch.setattr(pixels, "STRIP", 24)  # three rows
    assert np.array_equal(load_image(FILES[name]).pixels, whole.pixels)


def test_a_pair_of_10_bits_is_compared_in_10_bits():
    pytest.importorskip("av")
    score = iqa_cli.load("psnr").score(FILES["10 bits, lossless"], FILES["12 bits, lossless"])
    expected = 10 * np.log10(1 / np.mean((TEN - TWELVE) ** 2))
    assert score == pytest.approx(expected, abs=0.01)
