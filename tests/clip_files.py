"""Clips that tests make themselves, whose frames tell their number by their grey."""

import numpy as np

STEP = 6  # grey levels between two frames


def save_clip(
    path,
    frames=24,
    size=(64, 48),
    *,
    codec="libx264",
    pixels="yuv444p",
    planes=None,
    matrix=None,
    reach=None,
    **options,
):
    """A clip without loss, unless `options` say otherwise; every frame is of one colour.

    `planes` gives the values of a frame by its number; by default a grey that rises by STEP.
    """
    import av

    planes = planes or (lambda number: (40 + STEP * number, 128, 128))
    lossless = {"crf": "0", "g": "6", "bf": "2"} if codec == "libx264" else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.options = {**lossless, **{name: str(value) for name, value in options.items()}}
        if matrix is not None:
            stream.codec_context.colorspace = matrix
        if reach is not None:
            stream.codec_context.color_range = reach
        for number in range(frames):
            frame = av.VideoFrame(*size, pixels)
            for plane, value in zip(frame.planes, planes(number), strict=False):
                plane.update(np.full((plane.height, plane.line_size), value, dtype=np.uint8))
            if matrix is not None:
                frame.colorspace = matrix
            if reach is not None:
                frame.color_range = reach
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


def grey_of(number):
    """What the default planes of a frame come to, limited range, in [0, 1]."""
    return (40 + STEP * number - 16) / 219
