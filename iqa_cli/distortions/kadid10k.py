"""The 25 distortion types of KADID-10k as data: what each does, and how strongly at levels 1 to 5.

The parameters are those of the generator of KADID-10k (Lin, Hosu and Saupe, QoMEX 2019), but for
type 15, whose noise variances are ours, chosen to look as bad as people said. Types 18 and 25 run
from one sign to the other, so that a middle level is the mildest.
"""

from iqa_cli.distortions import blur, brightness, colour, compression, noise, sharpness, spatial
from iqa_cli.distortions.scale import Distortion

_TYPES = (
    Distortion(1, "gaussian blur", blur.gaussian_blur, (0.1, 0.5, 1, 2, 5)),
    Distortion(2, "lens blur", blur.lens_blur, (1, 2, 4, 6, 8)),
    Distortion(3, "motion blur", blur.motion_blur, (1, 2, 4, 6, 10)),
    Distortion(4, "colour diffusion", colour.colour_diffusion, (1, 3, 6, 8, 12)),
    Distortion(5, "colour shift", colour.colour_shift, (1, 3, 6, 8, 12)),
    Distortion(6, "colour quantization", colour.colour_quantization, (64, 48, 32, 16, 8)),
    Distortion(7, "colour saturation 1", colour.colour_saturation_hsv, (0.4, 0.2, 0.1, 0, -0.4)),
    Distortion(8, "colour saturation 2", colour.colour_saturation_lab, (1, 2, 3, 6, 9)),
    Distortion(9, "JPEG 2000", compression.jpeg2000, (16, 32, 45, 120, 170)),
    Distortion(10, "JPEG", compression.jpeg, (43, 36, 24, 7, 4)),
    Distortion(11, "white noise", noise.white_noise, (0.001, 0.002, 0.003, 0.005, 0.01)),
    Distortion(12, "white noise in YCbCr", noise.white_noise_ycbcr, (0.0001, 0.0005, 0.001, 0.002, 0.003)),
    Distortion(13, "impulse noise", noise.impulse_noise, (0.001, 0.005, 0.01, 0.02, 0.03)),
    Distortion(14, "multiplicative noise", noise.multiplicative_noise, (0.001, 0.005, 0.01, 0.02, 0.05)),
    Distortion(15, "denoise", noise.denoise, (0.0005, 0.002, 0.006, 0.02, 0.05)),
    Distortion(16, "brighten", brightness.brighten, (0.1, 0.2, 0.4, 0.7, 1.1)),
    Distortion(17, "darken", brightness.darken, (0.05, 0.1, 0.2, 0.4, 0.8)),
    Distortion(18, "mean shift", brightness.mean_shift, (0.15, 0.08, 0, -0.08, -0.15), monotone=False),
    Distortion(19, "jitter", spatial.jitter, (0.05, 0.1, 0.2, 0.5, 1)),
    Distortion(20, "non-eccentricity patch", spatial.non_eccentricity_patch, (20, 40, 60, 80, 100)),
    Distortion(21, "pixelate", spatial.pixelate, (0.01, 0.05, 0.1, 0.2, 0.5)),
    Distortion(22, "quantization", brightness.quantization, (20, 16, 13, 10, 7)),
    Distortion(23, "colour block", spatial.colour_block, (2, 4, 6, 8, 10)),
    Distortion(24, "high sharpen", sharpness.high_sharpen, (1, 2, 3, 6, 12)),
    Distortion(
        25,
        "contrast change",
        brightness.contrast_change,
        (0.3, 0.15, 0, -0.4, -0.6),
        monotone=False,
        unchanged_at=3.5,
    ),
)

DISTORTIONS: dict[int, Distortion] = {distortion.type: distortion for distortion in _TYPES}
