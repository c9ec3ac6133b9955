"""The list of commands and the commands themselves say the same."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from evergrove import cli
from evergrove.cli.commands import COMMANDS, load


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says(name: str) -> None:
    """The sentence in ``evergrove --help`` is the first of ``evergrove <name> --help``."""
    assert inspect.cleandoc(load(name).help).split("\n\n")[0] == COMMANDS[name]


def test_every_command_of_the_folder_is_listed() -> None:
    """A module that defines a function or a group of verbs of its own name is a command."""
    modules = {path.stem for path in Path(cli.__file__).parent.glob("*.py")}
    commands = {
        name
        for name in modules
        if re.search(
            rf"\n(def {name}\(|{name} = typer\.Typer\()",
            (Path(cli.__file__).parent / f"{name}.py").read_text("utf-8"),
        )
    }

    assert commands - {"main"} == set(COMMANDS)
