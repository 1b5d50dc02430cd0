"""The one loader: a path or bytes in, RGB float32 in [0, 1] out, with notes on what was done."""

import os
from dataclasses import dataclass

import numpy as np

from iqa_cli.colours.icc import deep_to_srgb, to_srgb
from iqa_cli.colours.icc_matrix import hdr_in
from iqa_cli.colours.primaries import Colour
from iqa_cli.decoders.clips import Clips, Grabbed, clip_facts
from iqa_cli.decoders.decoding import decode
from iqa_cli.decoders.depth import full_scale, is_wide_grey, narrowing_notes, wide_grey_to_float
from iqa_cli.decoders.developed import DEVELOP
from iqa_cli.decoders.frame_pixels import frame_pixels, hdr_of
from iqa_cli.decoders.raster import Raster, deep_to_float
from iqa_cli.errors import ImageError, IqaError
from iqa_cli.ground.frame_names import file_of, frame_name, is_clip
from iqa_cli.ground.pixels import to_floats
from iqa_cli.ground.wording import counted, refusal, said
from iqa_cli.images.alpha import ZEROS_IGNORED, over_white, split_alpha
from iqa_cli.metadata.exif import turned
from iqa_cli.storage.access import Fetched, named, read_bytes

COLOUR_RULES = ("convert", "ignore")


@dataclass(frozen=True)
class ImagePolicy:
    """How files become pixels. One policy serves a whole run, references and distorted alike."""

    colour: str = "convert"  # to sRGB, by ICC profile or other tags; "ignore": take all pixels as sRGB
    max_pixels: int = 64_000_000  # width × height above which a file is refused before decoding
    raw: str = DEVELOP  # what is taken of a raw photograph; or its "preview"
    frame: int | None = None  # which picture of files that hold several, from 0; None: the first

    @property
    def converts(self) -> bool:
        """Whether colours are brought to sRGB."""
        return self.colour == "convert"


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """Pixels ready to score.

    `stored` is H×W×3 RGB, sRGB-encoded and C-contiguous: uint8 where the file has 8 bits and nothing had to be
    computed, so that a large photograph takes a quarter of the memory; else float32 in [0, 1].
    `notes` says what a reader of the score must know: "first frame of 12", "EXIF orientation 6
    applied", "ICC profile 'Display P3' converted to sRGB", "alpha composited over white", ...
    """

    stored: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def pixels(self) -> np.ndarray:
        """H×W×3 float32 RGB in [0, 1]."""
        return to_floats(self.stored)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, after any EXIF rotation."""
        height, width = self.stored.shape[:2]
        return width, height


def load_image(
    source: str | os.PathLike | bytes | Fetched | Grabbed, policy: ImagePolicy = ImagePolicy()
) -> LoadedImage:
    """Read an image by name (a file, a member of a tar, a URL), the bytes of one, or a frame (`clip.mp4#120`), as RGB.

    In order: the first frame or page, or the one of the name or the policy, is decoded, brought to sRGB by its ICC
    profile or its other colour tags, composited over white where it is transparent, and turned upright by its EXIF
    orientation. More than 8 bits are kept; where a decoder does not give them, a note says so.
    Reduced copies inside a file are passed over. Safe to call from many threads.

    Raises `ImageError`, one line with the file and the reason: missing, a directory, empty, not
    an image, truncated, over `policy.max_pixels`, of a format, codec or colour that is not supported
    (named), or samples without an agreed white level.
    """
    if isinstance(source, Grabbed):
        return _of_frame(source, policy)
    given = source.name if isinstance(source, Fetched) else source
    if not isinstance(given, bytes) and is_clip(file_of(os.fsdecode(given))):
        return _of_clip(os.fsdecode(given), policy)
    name = f"image of {len(given)} bytes" if isinstance(given, bytes) else os.fsdecode(given)
    try:
        path, number = ("", None) if isinstance(given, bytes) else named(name)
        data = given if isinstance(given, bytes) else source.read() if isinstance(source, Fetched) else read_bytes(path)
        decoded = decode(data, policy.max_pixels, policy.raw, policy.frame if number is None else number)
        if number is not None and number >= decoded.frames:
            raise ImageError("holds one picture alone: leave out the number")
        if number is None and policy.frame is not None and decoded.frames > 1:  # else the name says it
            decoded.notes.append(f"frame #{policy.frame} of {decoded.frames}")
        pixels, notes = to_rgb(decoded, policy)
    except Exception as error:  # damaged files make Pillow's decoders raise almost anything
        raise ImageError(f"{name}: cannot be read: {reason(error)}") from error
    return LoadedImage(pixels, tuple(decoded.notes + notes))


def _of_clip(path: str, policy: ImagePolicy) -> LoadedImage:
    """A single frame; a clip as such is no image."""
    clips = Clips()
    try:
        grabbed = clips.grab(path)
        if isinstance(grabbed, str):
            frames = counted(clip_facts(path).frames, "frame")
            raise ImageError(f"{path}: a clip of {frames}, not an image; one is called {frame_name(path, 0)}")
        return _of_frame(grabbed, policy)
    finally:
        clips.close()


def _of_frame(grabbed: Grabbed, policy: ImagePolicy) -> LoadedImage:
    if grabbed.error is not None:
        raise ImageError(grabbed.error)
    try:
        with grabbed.converting:
            pixels, notes = frame_pixels(grabbed.frame, policy.max_pixels)
            hdr = hdr_of(grabbed.frame) if policy.converts else None
        if hdr:
            pixels, more = hdr.to_srgb(pixels)
            notes += more
    except Exception as error:
        raise ImageError(f"{grabbed.name}: cannot be read: {reason(error)}") from error
    return LoadedImage(pixels, tuple(notes))


def to_rgb(raster: Raster, policy: ImagePolicy) -> tuple[np.ndarray, list[str]]:
    """Pixels (H×W×3, uint8 or float32 in [0, 1]) and the notes on the way to them."""
    if raster.image is None:
        return _deep_to_rgb(raster, policy)
    image, bits, told = raster.image, raster.bits, raster.facts
    profile = image.info.get("icc_profile") if told.profile is None else told.profile
    profile, told_colour = _meaning(profile, told.colour if image.mode not in ("CMYK", "LAB") else None, policy)
    alpha: np.ndarray | None = None
    alpha_notes: list[str] = []
    if is_wide_grey(image):
        colour, depth_notes = wide_grey_to_float(image, bits)
        colour, colour_notes = deep_to_srgb(colour, profile)
    else:
        depth_notes = narrowing_notes(image, bits)
        shown, transparency, alpha_notes = split_alpha(full_scale(image, bits), told.alpha_declared)
        shown, colour_notes = to_srgb(shown, profile)
        colour, alpha = np.asarray(shown), None if transparency is None else np.asarray(transparency)
        del shown, transparency  # of large pictures, memory that is needed for what comes
    if told_colour:
        colour, colour_notes = told_colour.to_srgb(colour)
        colour = to_floats(colour)
    if raster.opaque:
        alpha = np.asarray(raster.opaque)
    pixels = colour if colour.ndim == 3 else np.repeat(colour[..., None], 3, axis=2)
    pixels, white_notes = over_white(pixels, alpha, in_place=True)
    return turned(pixels, told.orientation), depth_notes + colour_notes + alpha_notes + white_notes


def _deep_to_rgb(raster: Raster, policy: ImagePolicy) -> tuple[np.ndarray, list[str]]:
    """The same for samples deeper than Pillow holds."""
    assert raster.deep is not None
    told, alpha_notes, colour_notes = raster.facts, list[str](), list[str]()
    colour, alpha = deep_to_float(raster.deep, raster.bits)
    if alpha is not None and not told.alpha_declared and not alpha.any():
        alpha, alpha_notes = None, [ZEROS_IGNORED]
    elif alpha is not None and alpha.min() == 1:
        alpha = None
    profile, told_colour = _meaning(told.profile, told.colour, policy)
    if profile is not None:
        colour, colour_notes = deep_to_srgb(colour, profile)
    elif told_colour:
        colour, colour_notes = told_colour.to_srgb(colour)
    pixels = colour if colour.ndim == 3 else np.repeat(colour[..., None], 3, axis=2)
    pixels, white_notes = over_white(np.ascontiguousarray(pixels), alpha, in_place=True)
    return turned(pixels, told.orientation), colour_notes + alpha_notes + white_notes


def _meaning(profile: bytes | None, colour: Colour | None, policy: ImagePolicy) -> tuple[bytes | None, Colour | None]:
    """Which of profile and other colour counts: one or none of both."""
    if not policy.converts:
        return None, None
    hdr = None if profile is None else hdr_in(profile)
    if profile is None or hdr:
        return None, hdr or colour
    return profile, None


def reason(error: Exception) -> str:
    """What went wrong, as one line."""
    if isinstance(error, IqaError):
        return str(error)  # found by our own checks
    if isinstance(error, MemoryError):
        return "not enough memory for its pixels"
    if isinstance(error, OSError) and error.strerror:
        return refusal(error)
    return "damaged or truncated: " + said(error)
