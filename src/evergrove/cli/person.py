"""``evergrove person``: what is known of one person, the person's own copy, joining, taking apart, and forgetting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evergrove import pipeline
from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.person_tables import masked_tables, tables_of
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import InputError, _
from evergrove.text import Formats

if TYPE_CHECKING:
    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.pipeline import Erased, PersonFound

ALONE = _("{customer} is joined with nobody.")
SEVERAL = _("One person, {count} ids: {ids}.")
GONE = _("The person was erased: nothing personal is kept. Orders and amounts stand under the id.")
MASKED = _("Personal data are masked; --reveal shows them.")
MERGED = _(
    "{one} and {other} are one person from the next run on, under {person}. To undo it: evergrove person unmerge {other}"
)
PARTED = _("{customer} is no longer one person with {others}.")
EXPORTED = _(
    "{rows} {rows:row|rows} of {tables} {tables:table|tables} written to {path}: everything of this person, and nothing of others."
)
WOULD = _(
    "Erasing forgets name, address and {count} {count:identifier|identifiers} of {ids} for good; orders and amounts stay. To do it: --yes"
)
ERASED = _(
    "Erased: {ids}. {messages} waiting {messages:message|messages} taken back, the raw text of {rows} rejected {rows:row|rows} emptied, {files} raw {files:file|files} deleted."
)
WAS_ERASED = _("{customer} was erased before.")
LEFT = _(
    "Not imported yet, and names the person: {file}. Importing it stores nothing of the person; delete it yourself."
)


class NoOther(InputError):
    """Two are to be joined, and one is named."""

    code = "cli.no_other"
    message = _("With whom {customer} is to be joined is not said.")
    hint = _("Like this: evergrove person merge {customer} OTHER.")


def person(
    action: Annotated[
        Literal["show", "export", "merge", "unmerge", "erase"],
        typer.Argument(help="What to do; merge needs a second id."),
    ],
    customer: Annotated[str, typer.Argument(help="Any id of the person, as it stands in the data.")],
    other: Annotated[str, typer.Argument(help="The second id, to merge.")] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="For export: a new folder, or a new file ending in .zip."),
    ] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal data unmasked.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Really erase; it cannot be undone.")] = False,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show what is known of a person, hand out the person's copy, join two ids, take one apart, or erase."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if action == "show":
            _show(terminal, here.person(customer), customer, reveal=reveal)
        elif action == "export":
            _export(terminal, here, customer, out or Path(f"person-{_file_name(customer)}"))
        elif action == "merge":
            _merge(terminal, here, workspace, customer, other)
        elif action == "unmerge":
            others = here.unmerge(customer)
            terminal.say(_said(terminal, PARTED, customer=customer, others=", ".join(others)))
            terminal.result("person_parted", {"customer_id": customer, "others": list(others)})
        elif yes:
            _erase(terminal, here, customer)
        else:
            _would_erase(terminal, here.person(customer))


def _said(terminal: Terminal, sentence: str, **fields: object) -> str:
    return Formats(terminal.language).say(sentence, **fields)


def _file_name(customer: str) -> str:
    """An id as part of a file's name: whatever else it holds never leads out of the folder."""
    return "".join(each if each.isalnum() or each in "-_" else "_" for each in customer)[:80]


def _show(terminal: Terminal, found: PersonFound, customer: str, *, reveal: bool) -> None:
    formats = Formats(terminal.language)
    if len(found.members) > 1:
        terminal.say(formats.say(SEVERAL, count=len(found.members), ids=", ".join(found.members)))
    else:
        terminal.say(formats.say(ALONE, customer=customer))
    if found.status == "erased":
        terminal.say(formats.say(GONE))
    elif not reveal:
        terminal.say(formats.say(MASKED))
    for title, rows in tables_of(found, formats, reveal=reveal):
        terminal.table(title, rows)
    document = pipeline.document_of(found)
    if not reveal:
        document["tables"] |= masked_tables(document["tables"])
    terminal.result("person", document)


def _export(terminal: Terminal, here: Workspace, customer: str, path: Path) -> None:
    rows = here.export_person(customer, path)
    said = _said(terminal, EXPORTED, rows=sum(rows.values()), tables=len(rows), path=str(path))
    terminal.say(said)
    terminal.result("person_export", {"path": str(path), "tables": rows})


def _merge(terminal: Terminal, here: Workspace, folder: Path, one: str, other: str) -> None:
    if not other:
        raise NoOther(customer=one)
    name = here.merge(one, other)
    terminal.say(_said(terminal, MERGED, one=one, other=other, person=name))
    say_next(terminal, folder, "run --dry-run")
    terminal.result("person_merged", {"customer_ids": sorted((one, other)), "person_id": name})


def _would_erase(terminal: Terminal, found: PersonFound) -> None:
    """Say beforehand what will be gone."""
    ids, count = ", ".join(found.members), len(found.identifiers)
    terminal.say(_said(terminal, WOULD, count=count, ids=ids))
    terminal.result(
        "person_erasure", {"done": False, "customer_ids": list(found.members), "identifiers": count}
    )


def _erase(terminal: Terminal, here: Workspace, customer: str) -> None:
    done: Erased = here.erase(customer)
    if done.is_new:
        said = {"messages": done.messages, "rows": done.rejected_rows, "files": len(done.uploads)}
        terminal.say(_said(terminal, ERASED, ids=", ".join(done.members), **said))
    else:
        terminal.say(_said(terminal, WAS_ERASED, customer=customer))
    for file in done.left:
        terminal.say(_said(terminal, LEFT, file=str(file)))
    terminal.result(
        "person_erasure",
        {
            "done": True,
            "is_new": done.is_new,
            "customer_ids": list(done.members),
            "messages": done.messages,
            "rejected_rows": done.rejected_rows,
            "uploads": len(done.uploads),
            "left": [str(file) for file in done.left],
        },
    )
