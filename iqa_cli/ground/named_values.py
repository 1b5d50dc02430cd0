"""NAME=VALUE, as options take it: `--weights iqt=FILE`, `--data kadid10k=DIR`, `--column mos=MOS`."""

from collections.abc import Sequence

from iqa_cli.errors import UsageError


def pairs(option: str, values: Sequence[str] | None, form: str, example: str) -> dict[str, str]:
    """`NAME=VALUE` values by name; VALUE may have further equal signs.

    Args:
        option: its flag, for messages.
        values: as typed.
        form: how the values look, such as "NAME=FILE".
        example: a good one.

    Raises:
        UsageError: a value without name or equal sign, or a name that is given twice.
    """
    found: dict[str, str] = {}
    for value in values or ():
        name, _, rest = value.partition("=")
        if not (name and rest):
            raise UsageError(f"{option} {value}: write {form}, for example {option} {example}")
        if name in found:
            raise UsageError(f"{option} {value}: {name} is given twice; name it once")
        found[name] = rest
    return found


def by_name(option: str, values: Sequence[str] | None, known: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` values by name; a bare VALUE is meant for the only name that is `known`.

    Raises:
        UsageError: a bare value where there are several names, or a name that two values are meant for.
    """
    found: dict[str, str] = {}
    for value in values or ():
        name, separator, rest = value.partition("=")
        if separator and name in known:
            meant = name
        elif separator and name.lower() in known:
            meant = name.lower()
        elif len(known) == 1:
            meant, rest = known[0], value
        else:
            raise UsageError(f"{option} {value}: say for which, {option} {'|'.join(known)}=VALUE")
        if meant in found:
            raise UsageError(f"{option} {value}: {meant} is given twice; name it once")
        found[meant] = rest
    return found
