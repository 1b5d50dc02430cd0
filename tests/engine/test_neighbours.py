"""A score does not depend on what is scored beside it."""

import numpy as np
import pytest
from fakes import FAKE, Difference, executor
from PIL import Image

from iqa_cli.engine.decode_ahead import DecodeOptions
from iqa_cli.engine.session import open_session
from iqa_cli.engine.stream import run
from iqa_cli.options.run_options import EngineOptions
from iqa_cli.records import Job
from iqa_cli.registry import find_model


@pytest.fixture
def jobs(photo, tmp_path):
    found = []
    for number, (height, width) in enumerate([(96, 128)] * 5 + [(120, 100)] * 2):
        whole = photo(400, 400, number)[number * 9 :, number * 5 :][:height, :width]
        noisy = np.clip(whole + np.random.default_rng(number).normal(0, 9, whole.shape), 0, 255).astype(np.uint8)
        names = str(tmp_path / f"{number}-ref.png"), str(tmp_path / f"{number}.png")
        for name, pixels in zip(names, (whole, noisy), strict=True):
            Image.fromarray(pixels).save(name)
        found.append(Job(names[1], names[0]))
    return found


@pytest.mark.parametrize("engine", ["torch", "onnx"])
@pytest.mark.parametrize("models", [("triq-lite",), ("iqt-lite",), ("triq-lite", "psnr")])
def test_on_a_cpu_every_row_is_that_of_a_run_of_its_own_to_the_last_digit(models, engine, jobs):
    specs = [find_model(name) for name in models]
    session = open_session(specs, EngineOptions(device="cpu", offline=True, engine=engine))
    alone = [next(iter(session.run([job]))) for job in jobs]
    assert list(session.run(jobs)) == alone
    assert list(session.run(jobs[::-1])) == alone[::-1]


@pytest.mark.parametrize(("asked", "alone", "together"), [(None, False, 1), (4, False, 4), (4, True, 1)])
def test_images_share_a_batch_where_one_is_asked_for_and_not_where_they_must_be_alone(asked, alone, together, jobs):
    model = executor(Difference(), FAKE, batch_size=asked)
    list(run(jobs[:4], [model], DecodeOptions(), False, alone=alone))
    assert max(model.model.encoded) == together
