"""How scores become a report: what a user may choose, checked before anything is computed or imported."""

from dataclasses import dataclass

from iqa_cli.errors import UsageError

SUBSETS = ("type", "group")
SPLITS = ("whole", "reference")
LOGISTICS = (4, 5)
TEST_SHARE = 0.2  # of the references


@dataclass(frozen=True)
class EvaluationProtocol:
    """Options of `iqa eval`, by the names of its flags.

    Raises UsageError for a value that is not among those a flag takes.
    """

    split: str = "whole"
    repeats: int = 10
    seed: int = 0
    logistic: int = 4
    by: tuple[str, ...] = ()
    resamples: int = 1000
    krasula: bool = False
    raters: int | None = None
    times: bool = False

    def __post_init__(self):
        if self.raters is not None and not self.krasula:
            raise UsageError("--raters is for --krasula, which is not asked for")
        if self.repeats != EvaluationProtocol.repeats and self.split == "whole":
            raise UsageError("--repeats is for --split reference, which is not asked for")
        for flag, values, known in (
            ("--split", (self.split,), SPLITS),
            ("--logistic", (self.logistic,), LOGISTICS),
            ("--by", self.by, SUBSETS),
        ):
            for value in values:
                if value not in known:
                    raise UsageError(f"{flag} {value}: choose {' or '.join(map(str, known))}")
