"""The flaws that can be told of a photograph, and which distortions leave them. A new one is an entry here.

`iqa distort` has most of them as types of KADID-10k; what it lacks is composed in `iqa_cli.explaining.spoiling`.
"""

from dataclasses import dataclass

# What happens first on the way from a scene to a file: focus, light, sensor, size, compression.
FOCUS, LIGHT, SENSOR, SIZE, CODING = range(5)


@dataclass(frozen=True)
class Way:
    """One way that a flaw comes about.

    Args:
        what: a type of `iqa distort` by its number, or what `iqa_cli.explaining.spoiling.COMPOSED` has by its name.
        low: the level at which examples of it begin, on the scale of `iqa distort`.
        high: the level at which examples of it end.
        share: how often this way is taken beside the others of the flaw.
    """

    what: int | str
    low: float
    high: float
    share: float = 1.0


@dataclass(frozen=True)
class Flaw:
    """A flaw by its name, as people call it.

    Args:
        name: what is printed, in JSON too.
        stage: when it comes about; of two flaws the earlier is applied first.
        ways: how it comes about.
        without: flaws that it does not go together with: they undo it, or nobody could tell them apart.
    """

    name: str
    stage: int
    ways: tuple[Way, ...]
    without: tuple[str, ...] = ()


FLAWS: tuple[Flaw, ...] = (
    Flaw("blur", FOCUS, (Way(1, 2.8, 6), Way(2, 1.2, 6), Way(3, 2.6, 6)), without=("upscaling",)),
    Flaw("noise", SENSOR, (Way(11, 1, 6), Way(12, 1.7, 7), Way(13, 1, 6), Way(14, 1.5, 7))),
    Flaw("JPEG blocks", CODING, (Way(10, 2.3, 6),), without=("JPEG 2000 ringing",)),
    Flaw("JPEG 2000 ringing", CODING, (Way(9, 2.8, 6),), without=("JPEG blocks",)),
    Flaw(
        "over-exposure",
        LIGHT,
        (Way(16, 2.8, 6), Way("exposure up", 2, 5)),
        without=("under-exposure", "low contrast"),
    ),
    Flaw(
        "under-exposure",
        LIGHT,
        (Way(17, 3.4, 5.5), Way("exposure down", 2, 5)),
        without=("over-exposure", "low contrast"),
    ),
    Flaw("low contrast", LIGHT, (Way(25, 4.4, 7, 0.7), Way("haze", 2, 5)), without=("over-exposure", "under-exposure")),
    Flaw("colour cast", LIGHT, (Way("cast", 2, 5),)),
    Flaw("upscaling", SIZE, (Way("enlargement", 1, 5), Way(21, 2, 5, 0.3)), without=("blur",)),
)
NAMES = tuple(flaw.name for flaw in FLAWS)

# Types of `iqa distort` that were taught as nothing: an image with one of them alone has no known flaw. Types 4, 15 and
# 18 are neither here nor above: nothing was learnt of them, and what is told of them is in docs/explain.md.
OTHERS = (5, 6, 7, 8, 19, 20, 22, 23, 24)


def flaw_kind(name: str) -> str:
    """What the map of a flaw is called: `flaw-jpeg-blocks`."""
    return f"flaw-{name.lower().replace(' ', '-')}"


def goes_with(one: Flaw, other: Flaw) -> bool:
    """Whether both can be in one photograph and be told apart."""
    return one is not other and other.name not in one.without and one.name not in other.without


def pairs() -> list[tuple[Flaw, Flaw]]:
    """Every two flaws that go together, each pair once, in the order in which they come about."""
    found = [(a, b) for place, a in enumerate(FLAWS) for b in FLAWS[place + 1 :] if goes_with(a, b)]
    return [(a, b) if a.stage <= b.stage else (b, a) for a, b in found]
