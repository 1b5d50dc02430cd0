"""What --krasula needs of rated images, found before anything is scored."""

from collections.abc import Sequence

from iqa_cli.errors import UsageError
from iqa_cli.evaluation.protocol import EvaluationProtocol
from iqa_cli.evaluation.rated import Source


def check_krasula(sources: Sequence[Source], protocol: EvaluationProtocol) -> None:
    """Raises UsageError that says all that is missing where --krasula is asked for and no source can have it."""
    labelled = [source for source in sources if source.labelled]
    needs = {source.name: _missing(source, protocol.raters) for source in labelled if protocol.krasula}
    if needs and all(needs.values()):
        told = "; ".join(f"{name}: {' and '.join(missing)}" for name, missing in needs.items())
        raise UsageError(f"--krasula cannot be had of {told}")


def _missing(source: Source, raters: int | None) -> list[str]:
    if source.choices:
        return ["people chose between two images there, and rated none"]
    needs = []
    if all(item.std is None for item in source.items):
        needs.append(
            "standard deviations of the ratings are missing (a column std, or --column std=NAME; the spread of "
            "'iqa distort' is between images and none of ratings)"
        )
    if raters is None and all(item.count is None for item in source.items):
        needs.append("how many rated each image is not known (a column count, or --raters N)")
    return needs
