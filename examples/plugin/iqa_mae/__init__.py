"""What `iqa` must know of the model; nothing heavy is imported before it scores."""

from iqa_cli.registry import FULL, ScoreRange, Spec

MAE = Spec(
    "mae",
    "MAE",
    FULL,
    builder="iqa_mae.model:MeanAbsoluteError",
    config="iqa_mae.model:Config",
    range=ScoreRange(0, 1, higher_is_better=False),
    minimum=1,
    paper="",
    trained=False,
)
