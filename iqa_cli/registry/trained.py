"""The models that are trained here."""

from iqa_cli.registry.spec import FULL, LEVELS, NONE, Spec

_IQT = "Cheon et al., Perceptual Image Quality Assessment with Transformers, CVPRW 2021, arXiv 2104.14730"
_TRIQ = "You and Korhonen, Transformer for Image Quality Assessment, ICIP 2021, arXiv 2101.01097"

TRAINED: tuple[Spec, ...] = (
    Spec(
        "iqt", "IQT", FULL, "iqt:IQT", "iqt:IQTConfig", LEVELS, minimum=32, crop=256, paper=_IQT, maps=True, masks=True
    ),
    Spec(
        "iqt-c", "IQT-C", FULL, "iqt:IQT", "iqt:IQT_C", LEVELS, minimum=32, crop=192, paper=_IQT, maps=True, masks=True
    ),
    Spec(
        "iqt-lite",
        "IQT-lite",
        FULL,
        "iqt:IQTLite",
        "iqt:IQTLiteConfig",
        LEVELS,
        minimum=32,
        crop=256,
        paper=f"ours: IQT's wiring on EfficientNet-Lite features; IQT: {_IQT}",
        maps=True,
        masks=True,
    ),
    Spec(
        "triq-lite",
        "TRIQ-lite",
        NONE,
        "triq:TRIQLite",
        "triq:TRIQLiteConfig",
        LEVELS,
        minimum=32,
        paper=f"ours: TRIQ's head on EfficientNet-Lite features; TRIQ: {_TRIQ}",
        maps=True,
        exports=True,
    ),
    Spec(
        "triq",
        "TRIQ",
        NONE,
        "triq:TRIQ",
        "triq:TRIQConfig",
        LEVELS,
        minimum=32,
        paper=_TRIQ,
        maps=True,
        exports=True,
    ),
    Spec("vit-iqa", "ViT-IQA", NONE, "vit_iqa:ViTIQA", "vit_iqa:VIT_IQA", LEVELS, minimum=32, paper=_TRIQ),
    Spec(
        "r50-vit-iqa",
        "R50-ViT-IQA",
        NONE,
        "vit_iqa:ViTIQA",
        "vit_iqa:R50_VIT_IQA",
        LEVELS,
        minimum=32,
        paper=_TRIQ,
    ),
)
