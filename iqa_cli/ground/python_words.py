"""Messages for who calls from Python: what the command line calls `--crop-border 4` is `crop_border=4` there.

Messages are written once, in the words of the command line. Where they leave a public function they pass through
`in_python`, so that no room needs to know who asked.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from iqa_cli.errors import IqaError

Function = TypeVar("Function", bound=Callable[..., Any])

# Options that are called otherwise in Python, or that say what they are set to.
KEYWORDS: Mapping[str, str] = {
    "--allow-missing": "allow_missing=True",
    "--column": "columns=",
    "--dataset": "datasets=",
    "--map-data": "map_data=True",
    "--model": "models=",
    "-m": "models=",
    "--icc": "icc=True",
    "--no-icc": "icc=False",
    "-o": "output=",
    "--overwrite": "overwrite=True",
    "--recursive": "recursive=True",
    "--resume": "resume=True",
    "--skip-bad": "skip_bad=True",
    "--test-list": "test_lists=",
}
# What takes more than a name for a name.
PHRASES: Mapping[str, str] = {
    "--dataset NAME --root DIR (see --list)": "datasets={NAME: DIR}",
    "--dataset NAME --root DIR": "datasets={NAME: DIR}",
    "--names a,b,...": "names=['a', 'b', ...]",
    "iqa score REFERENCE DISTORTED...": "iqa_cli.score(reference, distorted, ...)",
    "iqa compare --ref FOLDER METHOD_A/ METHOD_B/ ...": "iqa_cli.compare(method_a, method_b, ref=folder)",
    "give REFERENCE DISTORTED, ": "give reference and distorted, ",
}
MODELS = ("--model", "-m")
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*[a-z]|-[mo](?= ))")
# After an option: quoted, a number, a word in capitals that stands for something, a file, a word before a colon or a
# semicolon, or one of the words that options take.
_VALUE = re.compile(
    r" ((?P<plain>'[^']*'|-?\d[\d.]*\b|[A-Z]{3,}(?:\.csv)?\b)|(?P<pair>\w+)=(?P<of>[\w-]+)"
    r"|(?P<words>[^\s:;,]*[^\s:;,\d]\.\w+|[^\s:;,]*\{stem\}[^\s:;,]*|[^\s:;,]+(?=[:;])"
    r"|crop or resize|(?:convert|ignore)\b|all\b|reference\b))"
)
_NAME = re.compile(r" (?P<words>[\w-]+)")
_COMMAND = re.compile(r"('iqa [^']*')")  # in quotes: to be typed in a shell, from Python too


def in_python(message: str, names: Mapping[str, str] = {}) -> str:
    """A message with keywords in the place of options.

    Args:
        message: as the command line says it.
        names: keywords by option where a function calls them otherwise: `{"--model": "name="}`.
    """
    parts = _COMMAND.split(message)
    return "".join(part if place % 2 else _translated(part, names) for place, part in enumerate(parts))


def speaks_python(**names: str) -> Callable[[Function], Function]:
    """A public function whose errors name keywords; `names` are those it calls otherwise: `model="name"`."""
    otherwise = {f"--{option.replace('_', '-')}": f"{keyword}=" for option, keyword in names.items()}

    def decorate(function: Function) -> Function:
        @wraps(function)
        def speaking(*given: Any, **keywords: Any) -> Any:
            try:
                return function(*given, **keywords)
            except IqaError as error:
                error.args = (in_python(str(error), otherwise),)
                raise

        return cast(Function, speaking)

    return decorate


def _translated(text: str, names: Mapping[str, str]) -> str:
    for phrase, instead in PHRASES.items():
        text = text.replace(phrase, instead)
    said, rest = "", text
    while found := _OPTION.search(rest):
        option = found.group()
        keyword = names.get(option) or KEYWORDS.get(option) or f"{option.strip('-').replace('-', '_')}="
        before, rest = rest[: found.start()], rest[found.end() :]
        value = None if not keyword.endswith("=") else (_NAME if option in MODELS else _VALUE).match(rest)
        if value is None:
            said += before + (keyword.rstrip("=") if rest.startswith(":") else keyword)
        else:
            said, rest = said + before + keyword + _literal(value), rest[value.end() :]
    return said + rest


def _literal(value: re.Match[str]) -> str:
    told = value.groupdict()
    if told.get("plain"):
        return told["plain"]
    if told.get("pair"):
        return f"{{{told['pair']!r}: {told['of']}}}"
    return " or ".join(repr(word) for word in told["words"].split(" or "))
