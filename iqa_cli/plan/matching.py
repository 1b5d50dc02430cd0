"""How a distorted file is called for its reference: as `--match` says, or as all files of a folder tell."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from iqa_cli.errors import UsageError

STEM = "{stem}"
_LOOKED_AT = 20  # names that a suffix is looked for in; that it fits is found on all

# A relative folder and a stem, each as `name_key` spells it.
Key = tuple[str, str]


def check_match(values: Sequence[str], paths: Sequence[str]) -> None:
    """Raises UsageError for a template without {stem}, and for one of a folder that was not named."""
    for value in values:
        if STEM not in value:
            raise UsageError(f"--match {value!r} has no {{stem}}: write for example '{{stem}}_x4'")
        folder, template = _parted(value)
        if folder is not None and not any(_is_called(path, folder) for path in paths):
            raise UsageError(f"--match {folder}={template}: no folder {folder} is named")


def template_for(folder: str, values: Sequence[str]) -> str | None:
    """What `--match` says of a folder: its own `FOLDER=TEMPLATE` before a template for all; None for nothing."""
    parted = [_parted(value) for value in values]
    own = [template for called, template in parted if called is not None and _is_called(folder, called)]
    return next(iter([*own, *(template for called, template in parted if called is None)]), None)


def for_all(values: Sequence[str]) -> str | None:
    """The template that is no folder's own."""
    return next((template for called, template in map(_parted, values) if called is None), None)


def reference_stem(stem: str, template: str) -> str | None:
    """The stem of the reference that a distorted file's stem is made of, None where the template does not fit."""
    first, *others = map(re.escape, template.split(STEM))
    found = re.fullmatch(first + "(.+)" + r"\1".join(others), stem, re.DOTALL)
    return found[1] if found else None


def found_template(references: Collection[Key], distorted: Sequence[Key]) -> str | None:
    """The one prefix or suffix that fits all names of a folder, as a template; None where there is none or several.

    Names are cut where they can be: never within a number, and within a word only if more than one name is cut so.
    """
    fitting = [template for template, number in _fits(references, distorted) if number == len(distorted)]
    return fitting[0] if len(fitting) == 1 else None


def likeliest_template(references: Collection[Key], distorted: Sequence[Key]) -> tuple[str, int] | None:
    """The template that fits most names, and how many these are; None where it is none, or several do equally well."""
    ranked = _fits(references, distorted)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0]


def _fits(references: Collection[Key], distorted: Sequence[Key]) -> list[tuple[str, int]]:
    """Templates other than the bare stem with how many names they fit, most first."""
    known = set(references)
    some = distorted[:: max(1, len(distorted) // _LOOKED_AT)]
    candidates = {template for key in some for template in _candidates(key, known)}
    counts: Counter[str] = Counter()
    for template in candidates:
        fitting = [key for key in distorted if _of_reference(key, template) in known]
        cut = [key for key in fitting if _may_be_cut(key[1], template, alone=len(fitting) == 1)]
        counts[template] = len(cut)
    return [(template, number) for template, number in counts.most_common() if number]


def _candidates(key: Key, references: set[Key]) -> Iterator[str]:
    folder, name = key
    for other, stem in references:
        if other == folder and stem and stem != name and STEM not in name:
            for found in re.finditer(re.escape(stem), name):
                yield name[: found.start()] + STEM + name[found.end() :]


def _of_reference(key: Key, template: str) -> Key | None:
    stem = reference_stem(key[1], template)
    return None if stem is None else (key[0], stem)


def _may_be_cut(name: str, template: str, alone: bool) -> bool:
    """Whether a stem begins and ends in a name where a person would see it: `0001x4`, `0001_x4`, not 1 in 10."""
    stem = reference_stem(name, template) or ""
    before, after = template.split(STEM)
    for left, right in ((before[-1:], stem[:1]), (stem[-1:], after[:1])):
        if left.isdigit() and right.isdigit():
            return False
        if alone and left.isalpha() and right.isalpha():
            return False
    return True


def _parted(value: str) -> tuple[str | None, str]:
    """`FOLDER=TEMPLATE`, or None and a template for all."""
    folder, equals, template = value.partition("=")
    return (folder, template) if equals and STEM not in folder else (None, value)


def _is_called(path: str, folder: str) -> bool:
    return Path(folder) in (Path(path), Path(Path(path).name))
