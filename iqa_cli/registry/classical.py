"""The classical models: PSNR and the family of SSIM, which need nothing but pixels."""

from iqa_cli.records import ScoreRange
from iqa_cli.registry.spec import FULL, Spec

_SSIM = "Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004"
_MS_SSIM = "Wang et al., Multi-scale Structural Similarity for Image Quality Assessment, Asilomar 2003"

CLASSICAL: tuple[Spec, ...] = (
    Spec(
        "psnr",
        "PSNR",
        FULL,
        "differentiable:PSNR",
        "luma:ClassicConfig",
        ScoreRange(0, None),
        minimum=1,
        trained=False,
        group="classical",
        paper="",
        masks=True,
        formula="psnr:PSNR",
        variant="peak 1.0; dB; infinite for equal images",
    ),
    Spec(
        "ssim",
        "SSIM",
        FULL,
        "differentiable:SSIM",
        "luma:ClassicConfig",
        ScoreRange(-1, 1),
        minimum=11,
        trained=False,
        group="classical",
        paper=_SSIM,
        masks=True,
        formula="ssim:SSIM",
        variant="gaussian 11x11 sigma 1.5, valid windows, no downsampling",
    ),
    Spec(
        "ms-ssim",
        "MS-SSIM",
        FULL,
        "differentiable:MSSSIM",
        "luma:ClassicConfig",
        ScoreRange(0, 1),
        minimum=161,
        trained=False,
        group="classical",
        paper=_MS_SSIM,
        masks=True,
        formula="ssim:MSSSIM",
        variant="gaussian 11x11 sigma 1.5, valid windows, five scales by 2x2 averages, negative terms set to 0",
    ),
)
