"""Worlds are TOML files: those that are shipped by name, others by path."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Any

from evergrove.core import InputError, _
from evergrove.simulation.worlds.types import Action, Character, Pace, Source, World

SHIPPED = ("no_effect", "harmed", "rfm_optimal", "clv_optimal", "sparse", "heterogeneous")
WITHOUT: dict[str, float] = {
    "off": 0.0, "peak": 1.0, "width": inf, "half": 1.0, "steep": 0.0, "small": 0.0,
    "pulled": 0.0, "deterred": 0.0, "revival": 0.0, "unsubscribe": 0.0,
}  # fmt: skip
"""What an action is without, where its file does not say."""


class UnknownWorld(InputError):
    """There is no such world."""

    code = "simulation.unknown_world"
    message = _("There is no world {name}, neither shipped nor as a file.")
    hint = _("Name one of {known}, or the path of a TOML file.")


class IncompleteWorld(InputError):
    """A world's file lacks a field, or has one too many."""

    code = "simulation.incomplete_world"
    message = _("In the world {name}, {part} cannot be read: {problem}.")
    hint = _("Compare it with the file of the world that is called heterogeneous.")


def read_world(name: str, **changes: Any) -> World:
    """
    Read a world.

    Args:
        name: Of a shipped one, or the path of a file.
        changes: Fields of ``World`` to replace, such as ``customers``.

    Raises:
        UnknownWorld: Neither is there.
        IncompleteWorld: The file is not TOML, or lacks something.
        InvalidWorld: It says something that cannot be.
    """
    if name in SHIPPED:
        text = files("evergrove.simulation.worlds").joinpath("files", f"{name}.toml").read_text("utf-8")
    else:
        path = Path(name)
        if not path.is_file():
            raise UnknownWorld(name=name, known=", ".join(SHIPPED))
        text = path.read_text("utf-8")
    try:
        world: World = replace(_world(Path(name).stem, tomllib.loads(text)), **changes)
    except tomllib.TOMLDecodeError as error:
        raise IncompleteWorld(name=name, part="TOML", problem=str(error)) from error
    return world


def _world(name: str, told: dict[str, Any]) -> World:
    if parent := told.pop("like", None):
        text = files("evergrove.simulation.worlds").joinpath("files", f"{parent}.toml").read_text("utf-8")
        told = _laid_over(tomllib.loads(text), told)
    actions = told.pop("actions", {})
    characters = told.pop("characters", [])
    told |= {
        "name": name,
        "paces": tuple(_made(Pace, name, "paces", each) for each in told.pop("paces", [])),
        "characters": tuple(
            _made(Character, name, "characters", each | {"liking": _likings(each, actions)})
            for each in characters
        ),
        "sources": tuple(
            _made(Source, name, "sources", each | {key: tuple(each[key]) for key in ("paces", "characters")})
            for each in told.pop("sources", [])
        ),
        "actions": tuple(
            _made(Action, name, f"actions.{key}", WITHOUT | {"key": key} | values)
            for key, values in actions.items()
        ),
    }
    world: World = _made(World, name, "the file", told)
    return world


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """One file's tables over another's, table by table; lists are replaced whole."""
    both = below | above
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            both[key] = _laid_over(below[key], value)
    return both


def _likings(character: dict[str, Any], actions: dict[str, Any]) -> tuple[float, ...]:
    liking = character.get("liking", {})
    return tuple(float(liking.get(key, 1.0)) for key in actions)


def _made(kind: type[Any], world: str, part: str, told: dict[str, Any]) -> Any:
    names = {field.name for field in fields(kind)}
    if told.keys() != names:
        problem = ", ".join(sorted(told.keys() ^ names))
        raise IncompleteWorld(name=world, part=part, problem=problem)
    return kind(**told)
