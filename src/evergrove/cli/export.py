"""``evergrove export``: a published table as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _, fill
from evergrove.text import translator

DONE = _("{rows} {rows:row|rows} of {table} written to {file}.")


def export(
    table: Annotated[
        Literal[
            "scores", "tiers", "transitions", "health", "due", "traits", "cac_by_source", "segment_members"
        ],
        typer.Argument(help="Which table."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file: .csv or .parquet.")],
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a table of the newest run to a file."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        rows = here.export(table, out)
        said = translator(terminal.language)(DONE)
        terminal.say(fill(said, {"rows": rows, "table": table, "file": str(out)}))
        terminal.result("export", {"table": table, "rows": rows, "file": str(out)})
