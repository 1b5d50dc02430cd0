"""Checkpoints of anse3832/IQT, a PyTorch re-implementation of IQT, as weights of ours.

They differ from the paper, and each difference is kept as a field of the configuration: attention heads
as wide as the model, a causal mask in the decoder, a head without bias, LayerNorm with epsilon 1e-12.
By that mask the quality token sees no feature of the reference: these scores depend on the features'
difference alone. Labels were scaled to [0, 1], higher is better, and so are the scores.

The frozen backbone is not in the file. It is Inception-ResNet-V2 as TensorFlow trained it; timm's tf_in1k
holds the same weights.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from torch import Tensor

from iqa_cli.errors import WeightsError
from iqa_cli.models.backbones import InceptionResNetV2Prefix
from iqa_cli.models.iqt import IQT_C, IQTConfig

HEADS = 4  # in both of its configurations; the tensors do not tell

RENAMED = (
    ("conv_enc.", "embed_difference."),
    ("conv_dec.", "embed_reference."),
    ("transformer.encoder.pos_embedding", "tokens_difference.positions"),
    ("transformer.encoder.cls_token", "tokens_difference.quality"),
    ("transformer.decoder.pos_embedding", "tokens_reference.positions"),
    ("transformer.decoder.cls_token", "tokens_reference.quality"),
    ("transformer.encoder.layers.", "encoder."),
    ("transformer.decoder.layers.", "decoder."),
    (".self_attn.", ".attention."),
    (".dec_enc_attn.", ".cross_attention."),
    (".W_Q.", ".query."),
    (".W_K.", ".key."),
    (".W_V.", ".value."),
    (".linear.", ".out."),
    (".layer_norm", ".norm"),
    (".pos_ffn.conv1.", ".ffn.first."),
    (".pos_ffn.conv2.", ".ffn.second."),
    ("projection.0.", "head.first."),
    ("projection.2.", "head.second."),
)


def is_anse_iqt(names: Collection[str]) -> bool:
    """Whether tensors of these names are a checkpoint of anse3832/IQT."""
    return "conv_enc.weight" in names and "transformer.decoder.cls_token" in names


def convert_iqt(checkpoint: dict[str, Tensor], backbone: dict[str, Tensor]) -> tuple[str, IQTConfig, dict[str, Tensor]]:
    """The model's name ("iqt" or "iqt-c"), its configuration and its state dict.

    Args:
        checkpoint: the tensors of `model_state_dict`.
        backbone: the tensors of InceptionResNetV2Prefix.

    Raises:
        WeightsError: the shapes are of neither configuration.
    """
    try:
        name, config = _config(checkpoint)
    except KeyError as missing:
        raise WeightsError(f"this checkpoint of anse3832/IQT lacks {missing}") from missing
    return (
        name,
        config,
        {
            **_transformer(checkpoint),
            **{f"backbone.{key}": tensor for key, tensor in backbone.items()},
        },
    )


def _config(checkpoint: dict[str, Tensor]) -> tuple[str, IQTConfig]:
    positions = checkpoint["transformer.encoder.pos_embedding"].shape[1]
    sizes = {config.tokens + 1: (name, config) for name, config in (("iqt", IQTConfig()), ("iqt-c", IQT_C))}
    if positions not in sizes:
        raise WeightsError(
            f"{positions} positions in the checkpoint: IQT has 842 (crops of 256 px), IQT-C 442 (192 px)"
        )
    name, config = sizes[positions]
    first = "transformer.encoder.layers.0."
    return name, replace(
        config,
        dim=checkpoint["conv_enc.weight"].shape[0],
        layers=sum(key.endswith(".dec_enc_attn.W_Q.weight") for key in checkpoint),
        heads=HEADS,
        head_dim=checkpoint[f"{first}self_attn.W_Q.weight"].shape[0] // HEADS,
        ffn=checkpoint[f"{first}pos_ffn.conv1.weight"].shape[0],
        head=checkpoint["projection.0.weight"].shape[0],
        activation="gelu",
        head_bias=False,
        causal_decoder=True,
        norm_eps=1e-12,
        scale=1.0,
        offset=0.0,
    )


def _transformer(checkpoint: dict[str, Tensor]) -> dict[str, Tensor]:
    converted = {}
    for key, tensor in checkpoint.items():
        for old, new in RENAMED:
            key = key.replace(old, new)
        # Its feed-forward layers are convolutions over single tokens: (out, in, 1).
        converted[key] = tensor.squeeze(-1) if ".ffn." in key and tensor.ndim == 3 else tensor
    return converted


def backbone_from_timm(whole: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of InceptionResNetV2Prefix from those of timm's inception_resnet_v2.

    Cadene's file, which anse3832/IQT was trained with, has the same names up to there.
    """
    parts = {name: f"stem.{number}" for number, name in enumerate(InceptionResNetV2Prefix.STEM)}
    parts |= {"mixed_5b": "mixed_5b", "repeat": "block35"}
    split = ((*key.partition("."), tensor) for key, tensor in whole.items())
    return {f"{parts[part]}.{rest}": tensor for part, _, rest, tensor in split if part in parts}
