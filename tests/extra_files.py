"""Files of the formats that extras read, with known pixels: HEIC and JPEG XL by real encoders, and a DNG."""

import io

import numpy as np
from image_files import ASCII, BYTE, LONG, RATIONAL, SHORT, SRATIONAL, page, tiff
from PIL import Image

EXACT = {"quality": -1, "chroma": 444, "matrix_coefficients": 0, "full_range_flag": 1}
SRGB_CODES = {"color_primaries": 1, "transfer_characteristics": 13}


def heif(samples: np.ndarray, bits: int = 8, mode: str = "", **options) -> bytes:
    """A lossless HEIC of H x W or H x W x 3 or 4 samples of 8, 10 or 12 bits."""
    import pillow_heif

    mode = mode or {2: "L", 3: "RGB", 4: "RGBA"}[samples.ndim if samples.ndim == 2 else samples.shape[2]]
    if bits > 8:
        samples, mode = samples.astype(np.uint16) << (16 - bits), f"{mode};16"
        options["bit_depth"] = bits
    picture = pillow_heif.from_bytes(mode, samples.shape[1::-1], np.ascontiguousarray(samples).tobytes())
    file = io.BytesIO()
    picture.save(file, **EXACT | SRGB_CODES | options)
    return file.getvalue()


def heif_images(*images: np.ndarray, primary: int = 0) -> bytes:
    """A HEIC of several images, as bursts are kept."""
    import pillow_heif

    picture = pillow_heif.HeifFile()
    for image in images:
        picture.add_frombytes("RGB", image.shape[1::-1], image.tobytes())
    file = io.BytesIO()
    picture.save(file, primary_index=primary, **EXACT)
    return file.getvalue()


def jxl(samples: np.ndarray, mode: str = "RGB", container: bool = False, **metadata) -> bytes:
    """A lossless JPEG XL of 8-bit samples, or of 16-bit grey (mode I;16)."""
    from pillow_jxl import Encoder

    return _encoder(Encoder, mode, container)(samples.tobytes(), *samples.shape[1::-1], jpeg_encode=False, **metadata)


def jxl_of_jpeg(jpeg: bytes) -> bytes:
    """A JPEG packed into JPEG XL without loss."""
    from pillow_jxl import Encoder

    size = Image.open(io.BytesIO(jpeg)).size
    return _encoder(Encoder, "RGB", True)(jpeg, *size, jpeg_encode=True)


def _encoder(encoder, mode: str, container: bool):
    return encoder(
        mode=mode, lossless=True, quality=100, decoding_speed=0, effort=3, use_container=container,
        use_original_profile=False, num_threads=1,
    )  # fmt: skip


# A camera whose primaries are those of sRGB, in linear light, seen through white balance gains.
GAINS = np.array([2.0, 1.0, 1.5])
XYZ_TO_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
BLACK, WHITE = 256, 4095


def dng(scene: np.ndarray, flip: int = 1, preview: bytes | None = None, balance: np.ndarray | None = GAINS) -> bytes:
    """A raw photograph of a Bayer sensor (RGGB, 12 bits) that looked at H x W x 3 linear sRGB `scene`.

    Args:
        scene: what is seen, upright as the sensor lies.
        flip: EXIF's orientation.
        preview: a JPEG put beside it.
        balance: the gains that the camera notes as its white balance; None notes none.
    """
    rows, columns = np.indices(scene.shape[:2])
    which = rows % 2 + columns % 2  # 0 red, 1 green, 2 blue
    light = np.take_along_axis(scene / GAINS, which[..., None], axis=2)[..., 0]
    sensor = np.round(BLACK + light * (WHITE - BLACK)).astype(np.uint16)
    matrix = np.diag(1 / GAINS) @ XYZ_TO_SRGB
    camera = {
        **{271: (ASCII, b"Nobody\0"), 272: (ASCII, b"Nothing\0"), 274: (SHORT, (flip,))},
        **{50706: (BYTE, (1, 4, 0, 0)), 50708: (ASCII, b"Nobody Nothing\0")},
        **{50721: (SRATIONAL, _rationals(matrix)), 50778: (SHORT, (21,))},
        **({} if balance is None else {50728: (RATIONAL, _rationals(1 / balance))}),
    }
    raw = page(sensor) | {
        **{262: (SHORT, (32803,)), 33421: (SHORT, (2, 2)), 33422: (BYTE, (0, 1, 1, 2))},
        **{50714: (SHORT, (BLACK,)), 50717: (SHORT, (WHITE,))},
    }
    if preview is None:
        return tiff(raw | camera)
    small = page(np.asarray(Image.open(io.BytesIO(preview))))
    compressed = {254: (LONG, (1,)), 259: (SHORT, (7,)), 262: (SHORT, (6,)), "pixels": preview, 330: [raw]}
    return tiff(small | compressed | camera)


def dng_of_grey(light: np.ndarray) -> bytes:
    """A raw photograph of a sensor without colours that looked at H x W linear `light`."""
    camera = {271: (ASCII, b"Nobody\0"), 272: (ASCII, b"Nothing\0"), 50706: (BYTE, (1, 4, 0, 0))}
    sensor = np.round(BLACK + light * (WHITE - BLACK)).astype(np.uint16)
    linear = {262: (SHORT, (34892,)), 50714: (SHORT, (BLACK,)), 50717: (SHORT, (WHITE,))}
    return tiff(page(sensor) | linear | camera)


def patches() -> np.ndarray:
    """Three upright fields of linear sRGB, 64 x 96."""
    return np.repeat(np.repeat([[[0.5, 0.5, 0.5], [0.6, 0.3, 0.1], [0.05, 0.2, 0.4]]], 32, 1), 64, 0)


def srgb_encoded(linear: np.ndarray) -> np.ndarray:
    """Linear light by sRGB's curve."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _rationals(values: np.ndarray) -> tuple[int, ...]:
    return tuple(part for value in np.ravel(values) for part in (round(float(value) * 10000), 10000))
