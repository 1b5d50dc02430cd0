"""What a person sees of a run and what stays of it: the log, TensorBoard events, curves."""

import numpy as np
import pytest
from matplotlib.image import imread

from iqa_cli.errors import MissingExtraError
from iqa_cli.training import logbook
from iqa_cli.training.logbook import Log, read_log
from iqa_cli.training.validation import Predictions


def agreement_of(srocc_sign=1):
    values = np.arange(4.0)
    return Predictions(values * srocc_sign, values, np.zeros(4, int))


def test_the_log_tells_what_a_person_watches_and_keeps_it_as_csv(tmp_path):
    told = []
    log = Log(tmp_path, 100, 0, report=told.append)
    for done in range(1, 51):
        log.step(done, loss=done / 50, lr=1e-3, images=16)
    log.validated(50, agreement_of(-1))
    assert len(told) == 2
    for part in ("step 50/100", "loss 0.5100", "lr 1.00e-03", "images/s", "min left"):
        assert part in told[0]
    assert "held out: SROCC -1.0000 PLCC -1.0000" in told[1]
    (row,) = read_log(tmp_path)
    assert row.pop("images_per_second") > 0
    assert row == {"step": 50, "loss": 0.51, "lr": 0.001, "srocc": -1, "plcc": -1}


def test_a_resumed_run_drops_the_rows_after_its_checkpoint(tmp_path):
    log = Log(tmp_path, 9, 0, report=lambda message: None)
    for done in (2, 4, 6):
        log.step(done, 0.5, 1e-3, 1)
        log.validated(done, agreement_of())
    Log(tmp_path, 9, 4, report=lambda message: None)
    assert [row["step"] for row in read_log(tmp_path)] == [2, 4]


def test_tensorboard_gets_every_step_where_it_is_asked_for(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = Log(tmp_path, 3, 0, report=lambda message: None, tensorboard=True)
    for done in (1, 2, 3):
        log.step(done, loss=1 / done, lr=1e-3, images=1)
    log.validated(3, agreement_of())
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3]
    assert [event.value for event in events.Scalars("loss")] == pytest.approx([1, 1 / 2, 1 / 3])
    assert [e.value for e in events.Scalars("held out/SROCC")] == [1]


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"iqa-cli\[train\]"):
        Log(tmp_path, 3, 0, tensorboard=True)


def test_the_curves_are_a_picture_of_the_log(tmp_path):
    Log(tmp_path, 9, 0, report=lambda message: None)
    drawn = []
    for rows in ("1,0.5,0.001,nan,nan,9\n", "2,0.4,0.002,0.1,0.2,9\n"):
        with (tmp_path / "log.csv").open("a") as file:
            file.write(rows)
        pixels = imread(logbook.draw_curves(tmp_path, "a run"))
        drawn.append(pixels)
    assert drawn[0].shape == drawn[1].shape and (drawn[0] != drawn[1]).any()
