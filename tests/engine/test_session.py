"""Options, devices and sessions."""

import pytest
from fakes import grey

from iqa_cli.engine.session import open_session
from iqa_cli.errors import UsageError
from iqa_cli.executing.device import choose_device
from iqa_cli.options.crops import CropRule
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.records import Job
from iqa_cli.registry import find_model


def test_the_psnr_of_equal_images_is_infinite(saved):
    path = saved("a.png", grey(7))
    session = open_session([find_model("psnr")], EngineOptions())
    (record,) = session.run([Job(path, path)], streaming=False)
    assert (record.scores["psnr"].value, record.scores["psnr"].status, record.status) == (None, "infinite", "ok")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"crops": "0"}, "--crops 0"),
        ({"crops": "many"}, "--crops many"),
        ({"crops": "all", "crop_seed": 1}, "nothing for --crop-seed"),
        ({"precision": "fp16"}, "--precision fp16"),
        ({"on_size_mismatch": "stretch"}, "--on-size-mismatch stretch"),
    ],
)
def test_an_option_out_of_its_values_is_refused_by_name(options, complaint):
    with pytest.raises(UsageError, match=complaint):
        EngineOptions(**options)


def test_options_say_where_the_crops_lie():
    assert EngineOptions(crops="all").crop_rule(find_model("iqt")) == CropRule(None)
    assert EngineOptions(crops="5", crop_seed=3).crop_rule(find_model("iqt")) == CropRule(5, 3)
    assert EngineOptions().crop_rule(find_model("iqt-c")) == CropRule(overlap=1 / 2)


@pytest.mark.parametrize("name", ["tpu", "meta", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(UsageError, match=f"--device {name}"):
        choose_device(name)
