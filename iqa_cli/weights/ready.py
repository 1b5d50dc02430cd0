"""Models by name or by group, and which of them can score here as it is."""

from collections.abc import Iterable, Sequence

from iqa_cli.errors import UsageError
from iqa_cli.registry import GROUPS, Spec, all_models, find_model
from iqa_cli.weights import fetching
from iqa_cli.weights.others import fetched
from iqa_cli.weights.weight_list import default_weight

ALL = "all"


def find_models(names_or_groups: Iterable[str]) -> list[Spec]:
    """The models of these names, each once, in the order given; the word of a group stands for all its models.

    "trained" stands for those that have weights here, "all" for every model that can score here as it is. Of other
    groups a model that cannot is found all the same: building it names the remedy.

    Raises:
        UsageError: there is no such model, or none of that group.
    """
    found = [spec for name in names_or_groups for spec in _of_group(name.lower()) or [find_model(name)]]
    return list(dict.fromkeys(found))


def named_among(there: Sequence[str], names_or_groups: Iterable[str], columns: Sequence[str] = ()) -> list[str]:
    """As `find_models`, among models that are `there`, of other programs too: whether they can score is not asked.

    What is none of them and no group of some stays as it was said, and so does what is one of the `columns` as it is.
    """
    groups = {spec.name: spec.group for spec in all_models()}

    def meant(word: str) -> Sequence[str]:
        if word in columns:
            return [word]
        lower = word.lower()
        return [name for name in there if name == lower or lower in (ALL, groups.get(name))] or [word]

    return list(dict.fromkeys(name for word in names_or_groups for name in meant(word)))


def is_ready(spec: Spec) -> bool:
    """Whether a model can score here without anything installed or fetched first."""
    if spec.trained:
        weight = default_weight(spec.name)
        return weight is not None and fetching.place(weight) != "remote"
    return spec.missing is None and (not spec.fetches or fetched(spec))


def _of_group(word: str) -> list[Spec]:
    if word not in (*GROUPS, ALL):
        return []
    chosen = [spec for spec in all_models() if word in (ALL, spec.group)]
    if word in (ALL, "trained"):
        chosen = [spec for spec in chosen if is_ready(spec)]
    if not chosen:
        raise UsageError(f"no model is in the group {word!r}: see 'iqa models'")
    return chosen
