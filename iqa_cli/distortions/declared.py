"""The distortions there are: the 25 types of KADID-10k. A new one is a function and an entry here.

Each entry has the parameters at levels 1 to 5, the mean score that people gave there, and the
standard deviation over images. The parameters are those of the generator of KADID-10k, but for
type 15, whose noise variances are ours, chosen to look as bad as people said, and for the order of
type 18: public re-implementations list 0, 0.08, -0.08, 0.15, -0.15, yet people gave its third level
the highest mean with the smallest deviation, as an unchanged image would get. Types 18 and 25 run
from one sign to the other, so that a middle level is the mildest.

Means and deviations are computed from the published DMOS (which, despite the name, runs from 1,
very annoying, to 5, imperceptible) over the 81 references. Source: H. Lin, V. Hosu and D. Saupe,
"KADID-10k: A Large-scale Artificially Distorted IQA Database", QoMEX 2019; credit it where these
are used.
"""

from iqa_cli.distortions import colour, compression, noise, sharpness, spatial, tone
from iqa_cli.distortions.scale import Distortion

# fmt: off
_ALL = (
    Distortion(1, "gaussian blur", sharpness.gaussian_blur, (0.1, 0.5, 1, 2, 5),
        means=(4.6122, 4.3817, 2.9111, 1.8730, 1.3027),
        stds=(0.1296, 0.2192, 0.4253, 0.2727, 0.1385)),
    Distortion(2, "lens blur", sharpness.lens_blur, (1, 2, 4, 6, 8),
        means=(3.8625, 2.6536, 1.7558, 1.4419, 1.2991),
        stds=(0.3592, 0.4037, 0.2460, 0.1693, 0.1453)),
    Distortion(3, "motion blur", sharpness.motion_blur, (1, 2, 4, 6, 10),
        means=(4.6041, 4.0952, 2.8479, 2.1751, 1.6679),
        stds=(0.1283, 0.3407, 0.4315, 0.3490, 0.2597)),
    Distortion(4, "colour diffusion", colour.colour_diffusion, (1, 3, 6, 8, 12),
        means=(4.4951, 2.6020, 1.7559, 1.6052, 1.3938),
        stds=(0.1811, 0.4250, 0.3670, 0.3622, 0.2943)),
    Distortion(5, "colour shift", colour.colour_shift, (1, 3, 6, 8, 12),
        means=(4.2267, 2.5454, 1.9163, 1.8537, 1.8638),
        stds=(0.3939, 0.5193, 0.3996, 0.4500, 0.4987)),
    Distortion(6, "colour quantization", colour.colour_quantization, (64, 48, 32, 16, 8), least=2,
        means=(4.1081, 3.9733, 3.7186, 3.2028, 2.4249),
        stds=(0.3088, 0.3459, 0.3945, 0.4085, 0.4017)),
    Distortion(7, "colour saturation 1", colour.colour_saturation_hsv, (0.4, 0.2, 0.1, 0, -0.4),
        means=(2.7463, 2.3346, 2.2620, 2.2435, 2.0274),
        stds=(0.3168, 0.2715, 0.3132, 0.2595, 0.3058)),
    Distortion(8, "colour saturation 2", colour.colour_saturation_lab, (1, 2, 3, 6, 9),
        means=(4.5798, 3.3305, 2.6484, 1.8156, 1.5249),
        stds=(0.1357, 0.3660, 0.4387, 0.3809, 0.3095)),
    Distortion(9, "JPEG 2000", compression.jpeg2000, (16, 32, 45, 120, 170),
        means=(4.5531, 4.2047, 3.8733, 2.4448, 1.3938),
        stds=(0.1637, 0.4483, 0.6069, 0.6798, 0.2533)),
    Distortion(10, "JPEG", compression.jpeg, (43, 36, 24, 7, 4), least=1,
        means=(4.3380, 4.2456, 3.8658, 1.9454, 1.3502),
        stds=(0.2210, 0.2280, 0.3058, 0.3225, 0.1811)),
    Distortion(11, "white noise", noise.white_noise, (0.001, 0.002, 0.003, 0.005, 0.01), strongest=2,
        means=(3.8932, 3.3904, 3.0451, 2.7096, 2.3007),
        stds=(0.3628, 0.4128, 0.3633, 0.3155, 0.2682)),
    Distortion(12, "white noise in YCbCr", noise.white_noise_ycbcr, (0.0001, 0.0005, 0.001, 0.002, 0.003), strongest=1,
        means=(4.4684, 3.6825, 3.1700, 2.6872, 2.3799),
        stds=(0.1954, 0.4042, 0.4141, 0.3201, 0.2895)),
    Distortion(13, "impulse noise", noise.impulse_noise, (0.001, 0.005, 0.01, 0.02, 0.03), strongest=0.5,
        means=(3.5838, 2.9304, 2.6126, 2.3123, 2.1319),
        stds=(0.3818, 0.3148, 0.2375, 0.2015, 0.1808)),
    Distortion(14, "multiplicative noise", noise.multiplicative_noise, (0.001, 0.005, 0.01, 0.02, 0.05), strongest=2,
        means=(4.4044, 3.5815, 3.0842, 2.6394, 2.1173),
        stds=(0.2636, 0.4904, 0.4925, 0.4282, 0.3436)),
    Distortion(15, "denoise", noise.denoise, (0.0005, 0.002, 0.006, 0.02, 0.05),
        means=(3.6677, 2.7272, 2.2027, 1.6549, 1.4665),
        stds=(0.3264, 0.3858, 0.3495, 0.2362, 0.1746)),
    Distortion(16, "brighten", tone.brighten, (0.1, 0.2, 0.4, 0.7, 1.1),
        means=(4.5057, 4.2875, 3.6323, 2.7009, 1.8093),
        stds=(0.1574, 0.2280, 0.3329, 0.4641, 0.3756)),
    Distortion(17, "darken", tone.darken, (0.05, 0.1, 0.2, 0.4, 0.8),
        means=(4.6004, 4.5275, 4.2309, 3.5349, 2.2210),
        stds=(0.1291, 0.1415, 0.2238, 0.2912, 0.4041)),
    Distortion(18, "mean shift", tone.mean_shift, (0.15, 0.08, 0, -0.08, -0.15), monotone=False,
        means=(4.2180, 4.5188, 4.6030, 4.3695, 3.9033),
        stds=(0.2951, 0.1766, 0.1355, 0.1927, 0.2941)),
    Distortion(19, "jitter", spatial.jitter, (0.05, 0.1, 0.2, 0.5, 1),
        means=(4.4194, 4.0864, 3.2352, 1.8485, 1.3386),
        stds=(0.1995, 0.2889, 0.4522, 0.3209, 0.1667)),
    Distortion(20, "non-eccentricity patch", spatial.non_eccentricity_patch, (20, 40, 60, 80, 100),
        means=(4.3333, 3.9379, 3.7726, 3.4644, 3.2612),
        stds=(0.3100, 0.4963, 0.5485, 0.6395, 0.6507)),
    Distortion(21, "pixelate", spatial.pixelate, (0.01, 0.05, 0.1, 0.2, 0.5), most=0.85,
        means=(3.8891, 3.0983, 2.8998, 2.7943, 1.4957),
        stds=(0.4492, 0.4756, 0.4448, 0.4925, 0.2585)),
    Distortion(22, "quantization", tone.quantization, (20, 16, 13, 10, 7), least=2,
        means=(4.1685, 3.9335, 3.6859, 3.3728, 2.7990),
        stds=(0.4510, 0.5862, 0.5815, 0.6366, 0.6746)),
    Distortion(23, "colour block", spatial.colour_block, (2, 4, 6, 8, 10),
        means=(2.6870, 2.3590, 2.2995, 2.1262, 2.0352),
        stds=(0.3879, 0.2954, 0.2548, 0.2321, 0.2277)),
    Distortion(24, "high sharpen", sharpness.high_sharpen, (1, 2, 3, 6, 12),
        means=(3.5790, 2.6359, 2.1364, 1.6133, 1.3359),
        stds=(0.4084, 0.4338, 0.3641, 0.2465, 0.1585)),
    Distortion(25, "contrast change", tone.contrast_change, (0.3, 0.15, 0, -0.4, -0.6),
        unchanged_at=3.5, monotone=False, least=-0.85,
        means=(3.4194, 3.8584, 4.2901, 4.1415, 3.3238),
        stds=(0.3420, 0.2747, 0.2479, 0.2730, 0.3737)),
)
# fmt: on

DISTORTIONS: dict[int, Distortion] = {distortion.type: distortion for distortion in _ALL}
