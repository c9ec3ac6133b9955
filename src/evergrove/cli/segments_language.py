"""The verbs of ``evergrove segments`` that are about conditions and stored segments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.options import HERE, Debug, In, Json, Lang, Quiet
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import InputError, Term, _, reason_of
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.segment_asking import find, write_members
from evergrove.pipeline.segment_standings import standings
from evergrove.pipeline.segmented import LIMIT_S, catalogue_here
from evergrove.segments.language.completing import complete as completed
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.reading import read
from evergrove.segments.language.store import check_definable, definition_of, definitions, versions_of
from evergrove.segments.language.store import define as store
from evergrove.segments.language.store import remove as end
from evergrove.segments.language.words import said
from evergrove.segments.language.writing import document_of, text_of
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.app import Workspace
    from evergrove.cli.terminal import Terminal
    from evergrove.pipeline.segment_asking import Found
    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.store import Definition
    from evergrove.segments.language.types import Condition

COUNTED = _(
    "{members} of {customers} {customers:customer|customers}, as of {as_of}; figures of {computed_at}."
)
NOT_YET = _("How many that are can be said after the first run.")
DEFINED = _("{key}, version {version}, counts from the next run on.")
SAME = _("{key} says this already; nothing changed.")
REMOVED = _("{key} is over: after the next run nobody is in it.")
WRITTEN = _("{rows} {rows:member|members} of {key} written to {file}.")
FRESH = _("As of {as_of}; computed at {computed_at}.")
HELD = _("The last run could not ask {keys}: whoever was in it stayed. evergrove segments check says why.")
NONE_YET = _('No segment is stored yet. Like this: evergrove segments define {key} "{text}"')
MOVED = _("In the last 30 days {entered} entered and {left} left.")
HEADER = (_("key"), _("version"), _("members"), _("condition"))
VERSIONS = (_("version"), _("since"), _("condition"))
TWICE, NOWHERE = Term(_("twice")), Term(_("nowhere"))
EXAMPLE = "tier = 'high' and stage in ('decline', 'churned') and days_since_last_order > 60"
SHOWN = 10
"""Members that are shown where no file is named."""

Text = Annotated[str, typer.Argument(help="Such as \"tier = 'high' and days_since_last_order > 60\".")]
Key = Annotated[str, typer.Argument(help="Small letters, digits, - and _: lost_vips.")]


class NothingSaid(InputError):
    """A segment is to be stored, and neither a text nor a file is given, or both are."""

    code = "cli.nothing_said"
    message = _("What {key} means is said {times}.")
    hint = _('Either as a text or with --file: evergrove segments define {key} "{example}"')


class UnreadableCondition(InputError):
    """The file that should hold a condition cannot be read."""

    code = "cli.unreadable_condition"
    message = _("{file} cannot be read as a condition: {reason}.")
    hint = _("A text file holds the condition itself, one that ends in .json its JSON form.")


def check(
    text: Text,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what a condition means, and how many customers it is true of now; nothing is stored."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        known = _catalogue(here)
        condition = parse(text, known)
        counted = _counted(here, condition)
        _say(terminal, condition, known, counted)
        terminal.result("segment_check", _told(condition, known) | counted)


def define(
    key: Key,
    text: Annotated[str, typer.Argument(help="The condition; or name a file with --file.")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="A text, or its JSON form (.json).")] = None,
    note: Annotated[str, typer.Option("--note", help="What there is to say of it.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Store a segment, or a new version of it; every run then tells who entered, who left and why."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        if bool(text) == (file is not None):
            raise NothingSaid(key=key, times=TWICE if text else NOWHERE, example=EXAMPLE)
        known = _catalogue(here)
        condition = parse(text, known) if file is None else _from_file(file, known)
        with here.ledger.reading() as connection:
            check_definable(connection, key, condition)
        counted = _counted(here, condition)  # one that takes too long is not stored
        with here.ledger.writing() as connection:
            stored = store(connection, key, condition, here.clock.now(), note=note)
        formats = Formats(terminal.language)
        if stored is None:
            terminal.say(formats.say(SAME, key=key))
        else:
            _say(terminal, condition, known, counted)
            terminal.say(formats.say(DEFINED, key=key, version=stored.version))
            say_next(terminal, workspace, "run")
        version = {} if stored is None else {"version": stored.version}
        terminal.result("segment", {"key": key, **version} | _told(condition, known) | counted)


def list_(
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the segments, with how many were in each after the last run."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        formats = Formats(terminal.language)
        with here.ledger.reading() as connection:
            known = definitions(connection)
        seen, found = standings(here)
        members = {key: found[key].members if key in found else None for key in known}
        rows = [
            (each.key, str(each.version), _number(formats, members[each.key]), each.text)
            for each in known.values()
        ]
        if not rows:
            terminal.say(formats.say(NONE_YET, key="lost_vips", text=EXAMPLE))
        terminal.table(formats.say(_("Segments")), rows, tuple(map(formats.say, HEADER)))
        fresh = (
            {"as_of": str(seen.as_of), "computed_at": f"{seen.recorded_at:%Y-%m-%d %H:%M}Z"} if seen else {}
        )
        if rows and fresh:
            terminal.say(formats.say(FRESH, **fresh))
        held = list(seen.details.get("segments", {}).get("held", ())) if seen else []
        if held:
            terminal.say(formats.say(HELD, keys=formats.enumerated(held)))
        listed = [{**_stored(each), "members": members[each.key]} for each in known.values()]
        terminal.result("segments", {"segments": listed, "held": held, **fresh})


def show(
    key: Key,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show a segment: what it means, who is in it, who came and went, and its versions."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        formats, known = Formats(terminal.language), _catalogue(here)
        with here.ledger.reading() as connection:
            newest = definition_of(connection, key)
            versions = versions_of(connection, key)
        condition = newest.condition(known)
        counted = _counted(here, condition, LIMIT_S)
        _say(terminal, condition, known, counted)
        if newest.note:
            terminal.say(newest.note)
        standing = standings(here)[1].get(key)
        moves: dict[str, Any] = {}
        if standing is not None:
            moves = {"entered": dict(standing.entered), "left": dict(standing.left)}
            entered, left = (sum(each.values()) for each in moves.values())
            terminal.say(formats.say(MOVED, entered=entered, left=left))
        rows = [
            (str(each.version), f"{each.created_at:%Y-%m-%d}", _worded(each, formats)) for each in versions
        ]
        terminal.table(formats.say(_("Versions")), rows, tuple(map(formats.say, VERSIONS)))
        told = _stored(newest) | _told(condition, known) | counted | moves
        terminal.result("segment", told | {"versions": [_stored(each) for each in versions]})


def members(
    key: Key,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file: .csv or .parquet.")] = None,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show who is in a segment, or write them to a file."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        with here.ledger.reading() as connection:
            condition = definition_of(connection, key).condition(catalogue_here(connection))
        found = find(here, condition, LIMIT_S)
        formats, rows = Formats(terminal.language), len(found.members)
        told: dict[str, Any] = {"key": key, **_count(found)}
        if out is None:
            names = [str(each) for each in found.members["customer_id"].slice(0, SHOWN).to_pylist()]
            for name in names:
                terminal.say(name)
            terminal.say(formats.say(COUNTED, **_count(found)))
            told["customers_shown"] = names
        else:
            write_members(here, found, key, out)
            terminal.say(formats.say(WRITTEN, rows=rows, key=key, file=str(out)))
            told["file"] = str(out)
        terminal.result("segment_members", told)


def complete(
    text: Annotated[str, typer.Argument(help="The condition as far as it is written.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what may come next in a condition: fields, functions, operators, values; --json for editors."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        with here.ledger.reading() as connection:
            keys = tuple(definitions(connection))
        found = completed(text, _catalogue(here), keys)
        for item in found["items"]:
            words = item.get("words", {}).get(terminal.language, "")
            terminal.say(f"{item.get('example', item['text']):<32} {words}".rstrip())
        terminal.result("segment_completion", found)


def remove(
    key: Key,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """End a segment: after the next run nobody is in it; who was, and when, stays known."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        with here.ledger.writing() as connection:
            ended = end(connection, key, here.clock.now())
        terminal.say(Formats(terminal.language).say(REMOVED, key=key))
        terminal.result("segment_removed", {"key": key, "version": ended.version})


def _catalogue(here: Workspace) -> Catalogue:
    with here.ledger.reading() as connection:
        return catalogue_here(connection)


def _from_file(file: Path, known: Catalogue) -> Condition:
    """A condition from a file: its text, or its JSON form."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        document = json.loads(text) if file.suffix == ".json" else None
    except OSError as error:
        raise UnreadableCondition(file=file.name, reason=reason_of(error)) from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise UnreadableCondition(file=file.name, reason=str(error).rstrip(".")) from error
    return parse(text.strip(), known) if file.suffix != ".json" else read(document, known)


def _counted(here: Workspace, condition: Condition, limit_s: float | None = None) -> dict[str, Any]:
    """How many it is true of; nothing where there was no run yet."""
    try:
        return _count(find(here, condition) if limit_s is None else find(here, condition, limit_s))
    except NothingPublished:
        return {}


def _count(found: Found) -> dict[str, Any]:
    return {
        "members": len(found.members),
        "customers": found.customers,
        "as_of": found.as_of.isoformat(),
        "computed_at": f"{found.computed_at:%Y-%m-%d %H:%M}Z",
    }


def _say(terminal: Terminal, condition: Condition, known: Catalogue, counted: Mapping[str, Any]) -> None:
    formats = Formats(terminal.language)
    terminal.say(text_of(condition))
    terminal.say(said(condition, known, terminal.language))
    terminal.say(formats.say(COUNTED, **counted) if counted else formats.say(NOT_YET))


def _told(condition: Condition, known: Catalogue) -> dict[str, Any]:
    words = {each: said(condition, known, each) for each in ("en", "zh-Hans", "zh-Hant")}
    return {"text": text_of(condition), "condition": document_of(condition), "words": words}


def _stored(each: Definition) -> dict[str, Any]:
    return {
        "key": each.key,
        "version": each.version,
        "text": each.text,
        "note": each.note,
        "is_removed": each.is_removed,
        "created_at": each.created_at.isoformat(timespec="seconds"),
    }


def _worded(each: Definition, formats: Formats) -> str:
    return formats.say(_("removed")) if each.is_removed else each.text


def _number(formats: Formats, number: int | None) -> str:
    return "" if number is None else formats.number(number)
