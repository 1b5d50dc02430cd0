"""A run in parts: an input cut into shards, each scored by whoever takes it, and a file of rows for each.

cut(jobs, roots_of(inputs), 4)          the jobs of each shard, by the hashes of their names
ShardRun(folder, cut, Shard(0, 4), ...) what is there of a shard; its `rows` make `jobs.score_jobs` write the part
PartsRun.begin(folder), write_part      the same by hand, for rows that come from elsewhere
conclude(folder, run, cut.digests)      `_SUCCESS`, when all parts are there
read_parts("parts/").rows               the rows of all parts, for whoever goes on with them
"""

from iqa_cli.parts.part_files import conclude, progress_of, write_part
from iqa_cli.parts.part_names import Part
from iqa_cli.parts.part_rows import Parts, is_parts_folder, read_parts
from iqa_cli.parts.part_run import PartsRun, read_run_of
from iqa_cli.parts.shard_run import ShardRun
from iqa_cli.parts.shards import Cut, Shard, cut, roots_of, shard_of

__all__ = [
    "Cut",
    "Part",
    "Parts",
    "PartsRun",
    "Shard",
    "ShardRun",
    "conclude",
    "cut",
    "is_parts_folder",
    "progress_of",
    "read_parts",
    "read_run_of",
    "roots_of",
    "shard_of",
    "write_part",
]
