"""What parts and the files beside them are called; names of others are passed over."""

import re
from dataclasses import dataclass

from iqa_cli.parts.shards import WRITTEN, Shard

RUN = "_run.json"  # what makes the scores of all parts, and how many there are to be
SUCCESS = "_SUCCESS"  # all of them are there
ROWS = "_rows"  # chunks of shards under way
RUNS = "_runs"  # what wrote each part
ANY_PART = "part-*-of-*"  # where a shard's own process is alone
_DIGITS = f"[0-9a-f]{{{WRITTEN}}}"
_PART = re.compile(rf"part-(\d{{5,}})-of-(\d{{5,}})-({_DIGITS})-({_DIGITS})\.(jsonl|parquet)")
_CHUNK = re.compile(rf"{ROWS}/(\d{{5,}})-of-(\d{{5,}})-({_DIGITS})-[0-9a-f]+-\d{{6,}}\.jsonl")


@dataclass(frozen=True)
class Part:
    """The rows of one shard of an input, as a file.

    Attributes:
        shard: which.
        input: 8 hexadecimal digits of what its images are, in order.
        facts: 8 of what makes the scores.
        suffix: of the format, without the dot.
    """

    shard: Shard
    input: str
    facts: str
    suffix: str

    @classmethod
    def parse(cls, name: str) -> "Part | None":
        """The part that a file is, None where it is none."""
        if (found := _PART.fullmatch(name)) is None:
            return None
        return cls(Shard(int(found[1]), int(found[2])), found[3], found[4], found[5])

    @property
    def name(self) -> str:
        """`part-00000-of-00002-0f1e2d3c-4b5a6978.jsonl`."""
        return f"{self.place}-{self.input}-{self.facts}.{self.suffix}"

    @property
    def place(self) -> str:
        """The beginning of its name, which an older part of the shard has, too: `part-00000-of-00002`."""
        return place_of(self.shard)

    @property
    def told_in(self) -> str:
        """The file that tells how it came about."""
        return f"{RUNS}/{self.name}.json"

    def replaces(self, other: "Part | None") -> bool:
        """Whether another part has rows of the same shard and facts, of another input."""
        return other is not None and (other.shard, other.facts) == (self.shard, self.facts) and other != self

    def chunk(self, token: str, number: int) -> str:
        """The file of some of its rows while the shard is under way; `token` is of the process that writes it."""
        return f"{ROWS}/{self.numbers}-{self.facts}-{token}-{number:06}.jsonl"

    def has_chunk(self, name: str) -> bool:
        """Whether a file has rows of this shard and these facts, of any input."""
        found = _CHUNK.fullmatch(name)
        return found is not None and (Shard(int(found[1]), int(found[2])), found[3]) == (self.shard, self.facts)

    @property
    def numbers(self) -> str:
        """How the names of its chunks begin."""
        return f"{self.shard.index:05}-of-{self.shard.of:05}"


def place_of(shard: Shard) -> str:
    """How the names of all parts of a shard begin."""
    return f"part-{shard.index:05}-of-{shard.of:05}"


def is_ours(name: str) -> bool:
    """Whether a file in a folder of parts is one that a run writes there, by its name relative to the folder."""
    within = name.removeprefix(f"{RUNS}/").removesuffix(".json")
    return name in (RUN, SUCCESS) or Part.parse(within) is not None or _CHUNK.fullmatch(name) is not None
