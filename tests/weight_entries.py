"""Weight files and entries of a catalogue that tests make themselves."""

import hashlib

import torch
from typer.testing import CliRunner

from iqa_cli.commands.weight_files import app
from iqa_cli.models.iqt import IQTConfig
from iqa_cli.registry import find_model
from iqa_cli.weights.weight_list import Weight

CONTENT = bytes(range(256)) * 9000  # 2.3 MB: more than two blocks
SHA256 = hashlib.sha256(CONTENT).hexdigest()
IQT_C = find_model("iqt-c")
SMALL = IQTConfig(crop=192, dim=16, layers=1, heads=2, ffn=16, head=8, norm_eps=1e-6)


def weight(*urls, **changes):
    facts = {"name": "w", "model": "iqt-c", "sha256": SHA256, "size": len(CONTENT)}
    return Weight(**{**facts, "licence": "MIT", "training_data": "none", "urls": urls, **changes})


ENTRY = """
[[weight]]
name = "w"
model = "iqt-c"
urls = ["{url}"]
sha256 = "{sha256}"
size = {size}
licence = "CC BY 4.0"
training_data = "photographs"
low = 1.0
identity = 4.5
default = true
results = [{{ figure = "SROCC 0.9", command = "iqa evaluate" }}]
"""


def entry_of(path):
    content = path.read_bytes()
    return ENTRY.format(url=path.as_uri(), sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def iqa_weights(*arguments):
    return CliRunner().invoke(app, list(arguments))


def scores(model):
    """What a model of pairs says of two random images, computed in one way whatever memory its tensors lie in."""
    images = torch.rand(2, 1, 3, 96, 96, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        return model(*images)
