"""``evergrove review``: the report of a month."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet, month_of
from evergrove.cli.targets import print_targets
from evergrove.cli.workspace import at_work
from evergrove.core import _, reason_of
from evergrove.report.review.flows import flapped
from evergrove.report.review.proposals import headline, proposals_of
from evergrove.report.review.write import write_review
from evergrove.text import Formats
from evergrove.warehouse import NotWritable, write_durably

FOLDER = "reviews"
WRITTEN = _("Written: {page} to read, {document} for programs.")


def review(
    month: Annotated[str, typer.Option(help="Which month, YYYY-MM; default: that of the newest run.")] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the page; default: reviews in the workspace."),
    ] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the report of a month: targets, who moved, forecasts against what came, what to decide."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        with terminal.progress() as announce:
            found = here.review(month_of("--month", month), announce=announce)
        folder = here.folder / FOLDER if out is None else out
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritable(path=str(folder), reason=reason_of(error)) from error
        page, document = (folder / f"review-{found['month']}.{ending}" for ending in ("html", "json"))
        text = json.dumps(found, ensure_ascii=False, indent=1)
        write_durably(document, lambda part: part.write_text(text, encoding="utf-8"))
        write_durably(page, lambda part: write_review(found, part, terminal.language))
        formats = Formats(terminal.language, found["currency"] or "")
        print_targets(terminal, found["targets"])
        terminal.say()
        terminal.say(headline(found, formats))
        if said := flapped(found["flows"], formats):
            terminal.say(said)
        for proposal in proposals_of(found, formats):
            terminal.say(f"  {proposal.says}")
            where = (
                f" -w {workspace}" if proposal.accept.startswith("evergrove ") and workspace != HERE else ""
            )
            terminal.say(f"    {proposal.accept}{where}")
        terminal.say(formats.say(WRITTEN, page=page, document=document))
        terminal.result("review", found)
