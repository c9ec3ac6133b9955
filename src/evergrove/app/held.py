"""Files that somebody looks at before they are taken: held on purpose, or refused; which column is what, and then in."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from evergrove import audit
from evergrove.app import imports
from evergrove.app.inbox import PEOPLE, take_found
from evergrove.app.refusals import told_in, without_cells
from evergrove.core import EvergroveError, InputError, _, reason_of, sole_owner
from evergrove.ingest import ReadOptions
from evergrove.ingest.columns.files import open_file
from evergrove.ingest.facts.imports import imports as noted
from evergrove.ingest.sources.confined import confined
from evergrove.pipeline.inbox import REFUSED, found_here, held_files, note_beside, uploaded_digest
from evergrove.pipeline.incoming import work_folder
from evergrove.pipeline.uploads import INBOX
from evergrove.warehouse import NotWritable, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from evergrove.app.workspace import Workspace
    from evergrove.ingest.persons.customers import PeopleIntake
    from evergrove.jobs import Task
    from evergrove.pipeline.preview import Preview

TAKE = "take"
"""Kind of the job that takes one of them."""
LOOKED_AT = 4 * 1024 * 1024
"""Bytes of a text that a look reads: its first rows tell which column is what."""
CUSTOMERS = "customers"
_LINES = (".csv", ".tsv", ".txt", ".jsonl")
_LOCK = ".lock"


class NoSuchFile(InputError):
    """No such file waits; a face answers 404."""

    code = "app.no_such_file"
    message = _("No such file waits here any more.")
    hint = _("It was taken in, or thrown away, or its 30 days are over. Send it again.")


@dataclass(frozen=True)
class Held:
    """
    A file that waits for somebody.

    Attributes:
        id: Names it in addresses.
        path: Where it lies.
        is_refused: Whether it was to come in and could not; else it was sent to be looked at.
        at: When it came to lie there.
        why: Why it was refused, in the workspace's language, and what stands in it; empty where it was not.
        plainly: The same without what stands in it.
    """

    id: str
    path: Path
    is_refused: bool
    at: datetime
    why: str
    plainly: str


@dataclass(frozen=True)
class Wish:
    """
    How somebody wants a file to be read; what is empty is found out.

    Attributes:
        table: To which its rows belong.
        mapping: What a column is called there, to the file's header; an empty header: there is no such column.
        keep_as: Name under which the mapping is kept for the next such file; empty: it is not.
    """

    table: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    timezone: str = ""
    encoding: str = ""
    keep_as: str = ""


@dataclass(frozen=True)
class Look:
    """
    What would be made of a file.

    Attributes:
        header: Its columns.
        table: To which its rows would belong; empty where nothing tells.
        told_by: Title of the preset that told how it is read; empty: its headers did.
        seen: Of a table of the warehouse: what would be read.
        people: Of persons: the same.
        refused: Why it could not be read like this.
        is_beginning: Whether only its first rows were read.
    """

    header: tuple[str, ...]
    table: str = ""
    told_by: str = ""
    seen: Preview | None = None
    people: PeopleIntake | None = None
    refused: EvergroveError | None = None
    is_beginning: bool = False


def waiting_here(here: Workspace) -> list[Held]:
    """All files that wait for somebody, the newest first."""
    return [_held(path) for path in held_files(here.folder)]


def held_here(here: Workspace, key: str) -> Held:
    """
    One of them.

    Raises:
        NoSuchFile: It is not there.
    """
    for path in held_files(here.folder):
        if key_of(path) == key:
            return _held(path)
    raise NoSuchFile


def look_at(here: Workspace, key: str, wish: Wish) -> Look:
    """
    What would be made of a file; nothing is stored, and a confined process reads it.

    Raises:
        NoSuchFile: It is not there.
        InputError: Not even its header can be read.
    """
    path = held_here(here, key).path
    options = _options(here, wish)
    with work_folder(here.folder) as folder, confined(folder):
        beginning = _beginning(path, folder)
        with open_engine() as engine:
            header = open_file(engine, 0, path.name, beginning, imports.known_here(here, options)).header
        look = Look(header, wish.table, is_beginning=beginning != path)
        try:
            return _looked(here, beginning, options, look)
        except EvergroveError as error:
            return replace(look, refused=error)


def take_held(here: Workspace, task: Task) -> dict[str, Any]:
    """Take a file in as somebody has said, and keep the mapping where that was wished."""
    asked = dict(task.hold.params)
    held, wish = held_here(here, asked.pop("file")), Wish(**asked)
    options = _options(here, wish)
    with sole_owner(here.folder / INBOX / _LOCK):
        if wish.keep_as:
            try:
                _keep(here, held.path, wish, options)
            except EvergroveError as error:  # a job keeps why it failed, past an erasure
                raise without_cells(error) from None
        taken = take_found(here, found_here(held.path), task.stage, options, wish.table)
    if held.is_refused and taken.kept is not None:
        note_beside(held.path).unlink(missing_ok=True)
    if taken.refused is not None:
        task.say(taken.refused.message, **without_cells(taken.refused).params)
    told = became_of(here, held.path.name)
    return {"files": 1, "refused": int(taken.refused is not None), **told}


def became_of(here: Workspace, name: str) -> dict[str, Any]:
    """
    What became of a file that was sent, whichever job took it: numbers of imports, or the id under which it waits refused.

    Args:
        here: The workspace.
        name: Under which it was left in the inbox.
    """
    digest = uploaded_digest(name)
    if not digest:
        return {}
    query = select(noted.c.seq).where(noted.c.sha256.startswith(digest)).order_by(noted.c.seq)
    with here.ledger.reading() as connection:
        numbers = list(connection.execute(query).scalars())
    waits = [key_of(path) for path in held_files(here.folder) if digest in path.name]
    return {"imports": numbers} if numbers else {"waits": waits[0]} if waits else {}


def throw_away(here: Workspace, key: str) -> None:
    """
    Delete a file that waits, and the note beside it; that it is gone is noted, or it stays.

    Raises:
        NoSuchFile: It is not there.
        NotWritable: The disk refused.
    """
    held = held_here(here, key)
    subject, about = audit.subject("file", key), {"is_refused": held.is_refused}
    with _gone_if_done(here, held.path), here.ledger.writing() as connection:
        audit.note(connection, "imports.thrown_away", here.by, subject, about, at=here.clock.now())
    note_beside(held.path).unlink(missing_ok=True)


@contextmanager
def _gone_if_done(here: Workspace, path: Path) -> Iterator[None]:
    """Delete a file with what is stored of that; killed in between it lies among unfinished uploads, which are swept."""
    aside = here.folder / INBOX / f".{uuid4().hex}.part"
    try:
        path.replace(aside)
    except FileNotFoundError:
        raise NoSuchFile from None
    except OSError as error:
        raise NotWritable(path=path.name, reason=reason_of(error)) from error
    try:
        yield
    except BaseException:
        aside.replace(path)
        raise
    aside.unlink(missing_ok=True)


def _looked(here: Workspace, file: Path, options: ReadOptions, look: Look) -> Look:
    if not look.table:
        found = imports.table_of(here, file, options)
        look = replace(look, table=found.table, told_by=found.preset.title if found.preset else "")
    if look.table in (CUSTOMERS, *PEOPLE):
        return replace(look, people=imports.look_at_people(here, file, look.table, options))
    return replace(look, seen=imports.look(here, file, look.table, options))


def _keep(here: Workspace, path: Path, wish: Wish, options: ReadOptions) -> None:
    with work_folder(here.folder) as folder, confined(folder):
        beginning = _beginning(path, folder)
        look = _looked(here, beginning, options, Look((), wish.table))
        if look.seen is not None:  # files of persons are read by their own headers: there is nothing to keep
            imports.keep_mapping(here, wish.keep_as, look.seen, options)


def _options(here: Workspace, wish: Wish) -> ReadOptions:
    return ReadOptions(
        mapping=dict(wish.mapping),
        currency=wish.currency.upper(),
        timezone=wish.timezone,
        encoding=wish.encoding,
        today=here.clock.now().date(),
    )


def _beginning(path: Path, folder: Path) -> Path:
    """The file, or where it is a long text, its first lines as another one."""
    if path.suffix.lower() not in _LINES or path.stat().st_size <= LOOKED_AT:
        return path
    with path.open("rb") as stream:
        text = stream.read(LOOKED_AT)
    end = b"\n\x00" if text.startswith(b"\xff\xfe") else b"\n"
    short = folder / path.name
    short.write_bytes(text[: text.rfind(end) + len(end)] if end in text else text)
    return short


def _held(path: Path) -> Held:
    is_refused = path.parent.name == REFUSED
    note = note_beside(path)
    plainly, why = told_in(note.read_text("utf-8")) if is_refused and note.exists() else ("", "")
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Held(key_of(path), path, is_refused, at, why, plainly)


def key_of(path: Path) -> str:
    """The id under which a file that waits is known."""
    return sha256(f"{path.parent.name}/{path.name}".encode(errors="surrogateescape")).hexdigest()[:20]


def params_of(key: str, wish: Wish) -> dict[str, Any]:
    """What the job needs to know: names of columns, nothing of what stands in them."""
    return {"file": key, **{name: value for name, value in vars(wish).items() if value}}


def told_roles(look: Look) -> Iterator[tuple[str, str, float]]:
    """Which column is what, and how sure that is: name, header, 0..1."""
    intake = look.seen.intake if look.seen is not None else look.people
    for match in intake.columns if intake is not None else ():
        yield match.role, match.column, match.confidence
