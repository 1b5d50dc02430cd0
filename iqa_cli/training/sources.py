"""Where a recipe's pictures come from: photographs to distort, and images that people have rated."""

from dataclasses import dataclass

SPLITS = ("name", "reference", "stratified")


@dataclass(frozen=True)
class Photographs:
    """Pristine pictures to distort on the fly.

    Attributes:
        data: name of a folder given as `--data NAME=DIR`.
        match: glob below that folder.
        scale: Lanczos factor applied on reading; halving removes a JPEG's own artefacts.
    """

    data: str
    match: str = "**/*"
    scale: float = 1.0


@dataclass(frozen=True)
class Rated:
    """Images that people have rated.

    Attributes:
        data: name given as `--data NAME=PATH`: the folder of a data set, or a manifest CSV.
        dataset: which data set lies there (`iqa_cli.datasets`); the value of `data` when left out.
        low, high: ends of the MOS scale, mapped to 1 and 5; the data set's own when left out.
        split: what is held out: "name", by a hash of the file name (the reference's, where there is one);
            "reference", whole references at random; "stratified", at random within two classes of spatial
            information times five of MOS (TRIQ).
        holdout: share that is held out; the recipe's when left out.
        follows: other data whose split this one takes over, file name by file name.
        spread: standard deviation, in levels, of one image's ratings where the data set gives none.
    """

    data: str
    dataset: str = ""
    low: float | None = None
    high: float | None = None
    split: str = "name"
    holdout: float | None = None
    follows: str = ""
    spread: float = 0.7

    def __post_init__(self):
        if self.split not in SPLITS:
            raise ValueError(f"split is one of {', '.join(SPLITS)}, not {self.split!r}")
