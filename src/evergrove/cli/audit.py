"""``evergrove audit``: who did what, and was any of it changed since?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work
from evergrove.core import _
from evergrove.text import Formats, say

if TYPE_CHECKING:
    from evergrove.app import Workspace
    from evergrove.audit import AuditRow
    from evergrove.cli.terminal import Terminal

WHOLE = _("The audit trail is whole: {rows} sealed {rows:row|rows}.")
COMPARED = _("Compared with the head in {file}.")
NOT_COMPARED = _(
    "No exported head to compare with: a cut tail would not be seen. Keep one elsewhere: evergrove audit head FILE"
)
WAITING = _("{waiting} {waiting:row waits|rows wait} for a seal.")
HOLDS = _("The chain holds up to row {rows}.")
WRITTEN = _(
    "Head written to {file}: {rows} sealed {rows:row|rows}. Keep a copy where this machine cannot write."
)
EMPTY = _("Nothing noted.")
TITLE = _("Audit trail, newest first")
HEADER = (_("row"), _("when"), _("act"), _("by"), _("of"), _("details"))
UNSOUND = 1


def audit(
    action: Annotated[
        Literal["list", "verify", "head"],
        typer.Argument(
            help="list what was done; verify that nothing of it was changed; head: seal and export."
        ),
    ] = "list",
    file: Annotated[
        Path | None,
        typer.Argument(
            help="For verify: an exported head; for head: where it goes. Default: beside the key."
        ),
    ] = None,
    last: Annotated[int, typer.Option(min=1, max=10_000, help="For list: how many.")] = 50,
    act: Annotated[str, typer.Option(help="For list: only this act; 'people.' for all of a station.")] = "",
    by: Annotated[str, typer.Option(help="For list: only by these, such as cli or user:ID.")] = "",
    of: Annotated[str, typer.Option(help="For list: only of this, such as customer:C-1.")] = "",
    replace: Annotated[
        bool,
        typer.Option("--replace", help="For head: also where the file has another chain; that is noted."),
    ] = False,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show who did what, verify that nothing of it was changed, or export the head to verify with later."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if action == "verify":
            _verify(terminal, here, file)
        elif action == "head":
            _head(terminal, here, file, replace=replace)
        else:
            _list(terminal, here, last, (act, by, of))


def _verify(terminal: Terminal, here: Workspace, file: Path | None) -> None:
    from evergrove.app import trail  # noqa: PLC0415 - --help must not load the ledger

    found, compared = trail.verify(here, file)
    formats, rows = Formats(terminal.language), found.head.seq
    if found.broken is None:
        terminal.say(formats.say(WHOLE, rows=rows))
    else:
        terminal.say(f"{say(found.broken, terminal.language)} [{found.broken.code}]")
        terminal.say(formats.say(HOLDS, rows=rows))
    terminal.say(formats.say(COMPARED, file=str(compared)) if compared else formats.say(NOT_COMPARED))
    if found.waiting:
        terminal.say(formats.say(WAITING, waiting=found.waiting))
    broken = found.broken and {"code": found.broken.code, "seq": found.broken.seq}
    figures = {"sound": broken is None, "rows": rows, "hash": found.head.hash, "waiting": found.waiting}
    terminal.result(
        "audit_verdict", {**figures, "broken": broken, "head": str(compared) if compared else None}
    )
    if broken:
        raise typer.Exit(UNSOUND)


def _head(terminal: Terminal, here: Workspace, file: Path | None, *, replace: bool) -> None:
    from evergrove.app import trail  # noqa: PLC0415 - --help must not load the ledger

    head, path = trail.export_head(here, file, replace=replace)
    terminal.say(Formats(terminal.language).say(WRITTEN, file=str(path), rows=head.seq))
    terminal.result("audit_exported", {"file": str(path), "seq": head.seq, "hash": head.hash})


def _list(terminal: Terminal, here: Workspace, last: int, only: tuple[str, str, str]) -> None:
    from evergrove.app import trail  # noqa: PLC0415 - --help must not load the ledger

    found = trail.entries(here, last, act=only[0], who=only[1], what=only[2])
    formats = Formats(terminal.language)
    if not found:
        terminal.say(formats.say(EMPTY))
    terminal.table(formats.say(TITLE), [_row(each) for each in found], tuple(map(formats.say, HEADER)))
    terminal.result("audit_rows", {"rows": [_figures(each) for each in found]})


def _row(each: AuditRow) -> tuple[str, ...]:
    details = " ".join(f"{name}={_shown(value)}" for name, value in sorted(each.params.items()))
    place = "-" if each.seq is None else str(each.seq)
    return place, f"{each.at:%Y-%m-%d %H:%M:%S}", each.act, each.who, each.what, details


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _figures(each: AuditRow) -> dict[str, object]:
    fields = ("id", "act", "who", "what", "seq", "hash")
    return {name: getattr(each, name) for name in fields} | {
        "at": each.at.isoformat(),
        "params": dict(each.params),
    }
