"""The commands as functions: `iqa_cli.score`, `evaluate`, `compare`, `distort`, ... each giving a pandas frame.

They take the words of the command line, without dashes, and run the same code. Nothing is printed: what a command
says on stderr is in the frame, in its `attrs["notes"]`, or a `UserWarning`; what ends a command is an exception of
`iqa_cli.errors`.
"""

from iqa_cli.frames.comparison_frames import compare
from iqa_cli.frames.encoding_frames import encode
from iqa_cli.frames.evaluation_frames import evaluate
from iqa_cli.frames.image_frames import distort, score
from iqa_cli.frames.ranking_frames import rank

__all__ = ["compare", "distort", "encode", "evaluate", "rank", "score"]
