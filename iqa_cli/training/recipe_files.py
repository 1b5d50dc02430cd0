"""Recipes as TOML: the shipped ones lie beside this file in `recipes/` and are called by name."""

import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

from iqa_cli.errors import UsageError
from iqa_cli.training.recipe import Recipe, Stage
from iqa_cli.training.sources import Photographs, Rated

RECIPES = Path(__file__).with_name("recipes")
TABLES = {"stage": ("stages", Stage), "photographs": ("photographs", Photographs), "rated": ("rated", Rated)}


def names() -> list[str]:
    """Names of the shipped recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def shipped() -> dict[str, str]:
    """What each shipped recipe is about, in one line."""
    return {name: " ".join(load_recipe(name).about.split()) for name in names()}


def load_recipe(name_or_path: str, **changed: Any) -> Recipe:
    """Read a shipped recipe by name, or any TOML file by path; `changed` replaces fields of it.

    Raises:
        UsageError: no such recipe, not TOML, or a key that recipes do not have.
    """
    path = RECIPES / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
    if not path.is_file():
        raise UsageError(f"no recipe {name_or_path!r}: give a TOML file, or one of {', '.join(names())}")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        parts = {field: tuple(_build(kind, t) for t in _tables(table, key)) for key, (field, kind) in TABLES.items()}
        return Recipe(**{"name": path.stem, **_known(Recipe, table), **parts, **changed})
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    tables = table.pop(key, [])
    if not isinstance(tables, list):
        raise ValueError(f"write [[{key}]] instead of [{key}]: there may be several")
    return tables


def _build(kind: type, table: dict[str, Any]) -> Any:
    return kind(**_known(kind, table))


def _known(kind: type, table: dict[str, Any]) -> dict[str, Any]:
    unknown = table.keys() - {f.name for f in fields(kind)}
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))} in {kind.__name__.lower()}")
    kinds = get_type_hints(kind)
    for key, value in table.items():
        wanted = kinds[key]
        if wanted in (int, float) and (isinstance(value, bool) or not isinstance(value, int | wanted)):
            raise ValueError(f"{key} is a {'whole number' if wanted is int else 'number'}, not {value!r}")
        if wanted in (int, float) and value < 0:
            raise ValueError(f"{key} is {value!r}: give a number from 0")
    missing = [f.name for f in fields(kind) if f.default is MISSING and f.name not in table and f.name != "stages"]
    if missing:
        raise ValueError(f"{kind.__name__.lower()} lacks {', '.join(missing)}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
