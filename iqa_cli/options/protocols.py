"""Protocols that papers quote, by name: how PSNR and SSIM are taken, as published code takes them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from iqa_cli.errors import UsageError


@dataclass(frozen=True)
class MeasureProtocol:
    """One protocol.

    Attributes:
        name: what the user types; a number after it is the border to cut in px, where it takes one.
        luma: a luma rule.
        ssim: the windows of SSIM, by a name of `iqa_cli.models.windows`.
        bordered: whether a border may follow the name.
        after: whose convention it is.
        border: px cut off all around.
    """

    name: str
    luma: str
    ssim: str
    bordered: bool
    after: str
    border: int = 0


PROTOCOLS = (
    MeasureProtocol("basicsr-y", "bt601", "gaussian", True, "BasicSR, test_y_channel: studio luma, not rounded"),
    MeasureProtocol("basicsr-rgb", "rgb", "gaussian", True, "BasicSR on RGB, the mean over channels"),
    MeasureProtocol("matlab-y", "rgb2ycbcr", "gaussian", True, "MATLAB scripts: Y of rgb2ycbcr, rounded to 8 bits"),
    MeasureProtocol(
        "matlab", "rgb", "gaussian-volume", False, "MATLAB's toolbox: psnr(A, ref) and ssim(A, ref) of RGB"
    ),
    MeasureProtocol(
        "matlab-toolbox-y", "rgb2ycbcr", "gaussian-replicate", True, "MATLAB's toolbox, psnr and ssim, given that Y"
    ),
    MeasureProtocol("wang-ssim", "full", "gaussian-downsample", False, "the authors' ssim.m, which scales down first"),
    MeasureProtocol(
        "skimage", "rgb", "uniform", False, "scikit-image's defaults with channel_axis: uniform 7x7 windows"
    ),
)
OWN_WINDOWS = ("ms-ssim",)  # models whose windows are Gaussian and inside the image, whatever a protocol says
SPELT = ", ".join(f"{known.name}{'N' if known.bordered else ''}" for known in PROTOCOLS)


def find_protocol(name: str, luma: str | None = None, border: int | None = None) -> MeasureProtocol:
    """The protocol of that name, `basicsr-y4` with its border; None is what nobody said.

    Raises:
        UsageError: there is none, or a luma rule or a border given beside it says otherwise.
    """
    match = re.fullmatch(r"(.*?)(\d*)", name)
    stem, number = match.groups() if match else (name, "")
    for known in PROTOCOLS:
        if known.name == stem and (known.bordered or not number):
            found = replace(known, name=name, border=int(number or 0))
            break
    else:
        raise UsageError(f"--protocol {name}: choose {SPELT} (N: px cut off all around)")
    for flag, given, says in (("luma", luma, found.luma), ("crop-border", border, found.border)):
        if given not in (None, says):
            raise UsageError(f"--{flag} {given}: --protocol {name} says {says}; leave one of them out")
    return found


def check_windows(protocol: MeasureProtocol, models: Iterable[str]) -> None:
    """Raises UsageError: a model among them, by name, has other windows than the protocol says."""
    for name in models:
        if name in OWN_WINDOWS and protocol.ssim != "gaussian":
            raise UsageError(
                f"{name}: its windows are gaussian, inside the image; --protocol {protocol.name} says "
                f"{protocol.ssim}; leave one of them out"
            )
