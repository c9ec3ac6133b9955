"""The command ``evergrove`` and its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

from evergrove.cli.commands import CommandsOnDemand
from evergrove.core import __version__

cli = typer.Typer(
    name="evergrove",
    cls=CommandsOnDemand,
    help="Customer lifetime value for every customer, a decision for each, proof of what it earned.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"evergrove {__version__}")
        raise typer.Exit


@cli.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Customer lifetime value for every customer, a decision for each, proof of what it earned."""


def main() -> None:
    """Run the command line."""
    cli()
