"""From a template, scripts and data to the text of one HTML file that needs nothing else: what all our pages share.

Names come from people's files: the template escapes them, the data is JSON that cannot end its script element, and
the policy in the page's head lets only our own script and style run, should either ever fail.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from iqa_cli.ground.filenames import escaped

THEME_SCRIPT = "theme.js"  # in the head, so that a page in the dark never flashes white
POLICY = {
    "default-src": "'none'",
    "script-src": "",
    "style-src": "",
    "img-src": "data: 'self' file:",
    "base-uri": "'none'",
    "form-action": "'none'",
}
"""What a page may do: run and wear what is in it, and show pictures in it and beside it."""


def fill(
    template: str,
    scripts: Sequence[str],
    styles: Sequence[str],
    data: Mapping[str, Any],
    policy: Mapping[str, str] | None = None,
    module: bool = True,
    **context: object,
) -> str:
    """The whole HTML file as text that UTF-8 can hold.

    Args:
        template: the asset that fills in shell.html.j2, with `title` and `version` in its `context`.
        scripts: assets that are one module, in order.
        styles: assets, in order.
        data: strict JSON; base.js reads it.
        policy: what this page may beyond `POLICY`, by directive.
        module: whether the template has the script as a module, else it stands in a function of its own.
        context: what the template asks for.

    Raises ValueError where `data` has a NaN or an infinity.
    """
    theme, script, style = asset(THEME_SCRIPT), "".join(map(asset, scripts)), "".join(map(asset, styles))
    script = script if module else f"(() => {{\n'use strict';\n{script}}})();\n"
    allowed = POLICY | {"script-src": f"{_hash(theme)} {_hash(script)}", "style-src": _hash(style)}
    for directive, more in (policy or {}).items():
        allowed[directive] = f"{allowed.get(directive, '')} {more}".strip()
    text = (
        _environment()
        .get_template(template)
        .render(
            **context,
            data=dict(data),
            policy="; ".join(f"{directive} {sources}" for directive, sources in allowed.items()),
            theme=Markup(theme),
            script=Markup(script),
            style=Markup(style),
        )
    )
    # A file name that is not UTF-8 holds half characters, which would make the file impossible to write.
    return escaped(text)


@cache
def asset(name: str) -> str:
    """The text of one of the files that pages are made of."""
    return files("iqa_cli.page").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment


def _hash(source: str) -> str:
    """The source expression by which a content security policy allows just this inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
