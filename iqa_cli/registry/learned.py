"""Published metrics with weights of their own, which another package fetches from where its authors put them."""

from iqa_cli.records import ScoreRange
from iqa_cli.registry.spec import FULL, NONE, Spec

_TORCHVISION = "https://download.pytorch.org/models/"
_PIQ = "https://github.com/photosynthesis-team/piq/releases/download/"
_ALEXNET, _VGG = f"{_TORCHVISION}alexnet-owt-7be5be79.pth", f"{_TORCHVISION}vgg16-397923af.pth"
DISTANCE = ScoreRange(0, None, higher_is_better=False)
_ZHANG = "Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018"


def _learned(name: str, title: str, kind: str, config: str, range: ScoreRange, minimum: int, paper: str, variant: str,
             module: str, fetches: tuple[str, ...], gradient: bool = True) -> Spec:  # fmt: skip
    builder = "borrowed:BorrowedPair" if kind == FULL else "borrowed:BorrowedAlone"
    return Spec(
        name,
        title,
        kind,
        builder,
        f"borrowed:{config}",
        range,
        minimum=minimum,
        paper=paper,
        variant=variant,
        trained=False,
        group="learned",
        extra="metrics",
        module=module,
        fetches=fetches,
        gradient=gradient,
    )


LEARNED: tuple[Spec, ...] = (
    _learned(
        "lpips",
        "LPIPS",
        FULL,
        "LPIPS_ALEX",
        DISTANCE,
        31,
        _ZHANG,
        "the authors' package, AlexNet, version 0.1, whole image",
        "lpips",
        (_ALEXNET,),
    ),
    _learned(
        "lpips-vgg",
        "LPIPS (VGG)",
        FULL,
        "LPIPS_VGG",
        DISTANCE,
        16,
        _ZHANG,
        "the authors' package, VGG-16, version 0.1, whole image",
        "lpips",
        (_VGG,),
    ),
    _learned(
        "dists",
        "DISTS",
        FULL,
        "DISTS",
        DISTANCE,
        16,
        "Ding et al., Image Quality Assessment: Unifying Structure and Texture Similarity, IEEE TPAMI 2020",
        "the authors' package; a shorter side above 256 px is made 256, as their script does",
        "DISTS_pytorch",
        (_VGG,),
    ),
    _learned(
        "pieapp",
        "PieAPP",
        FULL,
        "PIEAPP",
        ScoreRange(None, None, higher_is_better=False),
        64,
        "Prashnani et al., PieAPP: Perceptual Image-Error Assessment through Pairwise Preference, CVPR 2018",
        "piq, a patch every 27 px; its weights have no published checksum",
        "piq",
        (f"{_PIQ}v0.5.4/PieAPPv0.1.pth",),
    ),
    _learned(
        "brisque",
        "BRISQUE",
        NONE,
        "BRISQUE",
        ScoreRange(None, None, higher_is_better=False),
        32,
        "Mittal et al., No-Reference Image Quality Assessment in the Spatial Domain, IEEE TIP 2012",
        "piq, 0 to 100 of most photographs; its weights have no published checksum",
        "piq",
        (f"{_PIQ}v0.4.0/brisque_svm_weights.pt",),
        gradient=False,
    ),
    _learned(
        "clip-iqa",
        "CLIP-IQA",
        NONE,
        "CLIP_IQA",
        ScoreRange(0, 1),
        224,
        "Wang et al., Exploring CLIP for Assessing the Look and Feel of Images, AAAI 2023",
        "piq, good or bad photo; its weights have no published checksum",
        "piq",
        (f"~/.cache/clip {_PIQ}v0.7.1/RN50.pt", f"~/.cache/clip {_PIQ}v0.7.1/clipiqa_tokens.pt"),
        gradient=False,
    ),
)
