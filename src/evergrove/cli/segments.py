"""``evergrove segments``: conditions in words, stored segments, tier policies; each verb is loaded when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

LANGUAGE, POLICIES, PERSONA, DUE = (
    "segments_language",
    "segments_policies",
    "segments_persona",
    "segments_due",
)
VERBS = {
    "check": (
        LANGUAGE,
        "check",
        "Say what a condition means, and of how many customers it is true; stores nothing.",
    ),
    "define": (LANGUAGE, "define", "Store a segment, or a new version of it."),
    "list": (LANGUAGE, "list_", "List the segments, with how many were in each after the last run."),
    "show": (LANGUAGE, "show", "Show a segment: what it means, who came and went, its versions."),
    "members": (LANGUAGE, "members", "Show who is in a segment, or write them to a file."),
    "complete": (LANGUAGE, "complete", "Say what may come next in a condition."),
    "remove": (LANGUAGE, "remove", "End a segment; who was in it stays known."),
    "persona": (PERSONA, "persona", "Say what sets a tier, a stage or a segment apart from everybody else."),
    "due": (DUE, "due", "Say who will move by time alone in the next 30 days, and because of what."),
    "policies": (POLICIES, "policies", "List the tier policies, and say which one rules."),
    "preview": (POLICIES, "preview", "Say who would move under a policy; stores nothing."),
    "adopt": (POLICIES, "adopted", "Let a policy rule from the next run on."),
}
"""Each verb: its module, its function there, its sentence in the list of all."""


class VerbsOnDemand(TyperGroup):
    """A group that lists its verbs without loading them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands.update({name: TyperCommand(name, help=says) for name, (_m, _f, says) in VERBS.items()})

    def resolve_command(self, ctx: Any, args: Sequence[str]) -> Any:
        """The verb that is about to run."""
        name, _listed, rest = super().resolve_command(ctx, list(args))
        module, function, _says = VERBS[str(name)]
        single = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        single.command(name)(getattr(import_module(f"evergrove.cli.{module}"), function))
        return name, typer.main.get_command(single), rest


segments = typer.Typer(
    cls=VerbsOnDemand,
    no_args_is_help=True,
    help="Ask who is meant: conditions in words, stored as segments.",
    epilog="Every verb takes --workspace, --lang and --json.",
    add_completion=False,
)


@segments.callback()
def group() -> None:
    """Ask who is meant: conditions in words, stored as segments."""
