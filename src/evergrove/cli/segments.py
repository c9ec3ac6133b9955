"""``evergrove segments``: conditions in words, the segments that are stored, and who is in them."""

from __future__ import annotations

import typer

from evergrove.cli import segments_language as language
from evergrove.cli import segments_policies as tier_policies
from evergrove.cli.segments_persona import persona

segments = typer.Typer(
    no_args_is_help=True, help="Ask who is meant: conditions in words, stored as segments."
)
segments.command("check")(language.check)
segments.command("define")(language.define)
segments.command("list")(language.list_)
segments.command("show")(language.show)
segments.command("members")(language.members)
segments.command("complete")(language.complete)
segments.command("remove")(language.remove)
segments.command("persona")(persona)
segments.command("policies")(tier_policies.policies)
segments.command("preview")(tier_policies.preview)
segments.command("adopt")(tier_policies.adopted)


@segments.callback()
def group() -> None:
    """Ask who is meant: conditions in words, stored as segments."""
