"""Letters in the ledger: a version is added, never changed, and the newest is the one that messages take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove import audit
from evergrove.delivery.letters.documents import document_of, letter_of
from evergrove.delivery.letters.samples import sample_values
from evergrove.delivery.letters.tables import letter as letters
from evergrove.delivery.letters.tables import letter_version
from evergrove.delivery.rendering.checking import check_letter
from evergrove.delivery.rendering.errors import CategoryFixed, NoLetter
from evergrove.delivery.rendering.shipped import shipped, templates
from evergrove.people.parts import among

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from evergrove.delivery.rendering.types import Letter
    from evergrove.settings import Settings


@dataclass(frozen=True)
class Listed:
    """
    A letter in a list.

    Attributes:
        letter: Its newest version.
        created_at: When that was stored; None: it comes with Evergrove.
        created_by: Who did.
    """

    letter: Letter
    created_at: datetime | None = None
    created_by: str = ""


def checked(document: Mapping[str, Any], settings: Settings) -> Letter:
    """
    The letter of a document, looked at whole; nothing is stored.

    Raises:
        LetterProblem: What is wrong with it, where, and the way out.
    """
    found = letter_of(document, compile_=True)
    check_letter(found, {language: sample_values(found, language, settings) for language in found.words})
    return found


def add_letter(
    connection: Connection, document: Mapping[str, Any], settings: Settings, now: datetime, by: str
) -> tuple[Letter, bool]:
    """
    Keep a letter, or a new version of it; of the same name as a shipped one it takes that one's place.

    Args:
        connection: Of a ``writing`` block.
        document: What it is.
        settings: For the try with a reader who does not exist.
        now: When.
        by: Who, as the audit trail names them.

    Returns:
        The letter with its version, and whether that is new: what says the same as the newest is that one.

    Raises:
        LetterProblem: It is not kept.
    """
    found = checked(document, settings)
    before = connection.execute(select(letters).where(letters.c.name == found.name).with_for_update()).first()
    kept = document_of(found)
    if before is None:
        row = {"name": found.name, "category": found.category, "version": 1, "created_at": now}
        connection.execute(letters.insert().values(row))
    else:
        if before.category != found.category:
            raise CategoryFixed(name=found.name, category=before.category)
        newest = _version(connection, found.name, before.version)
        if newest is not None and newest.document == kept:
            return letter_of(newest.document, version=before.version), False
        renewed = letters.update().where(letters.c.name == found.name)
        connection.execute(renewed.values(version=before.version + 1))
    found = replace(found, version=1 if before is None else before.version + 1)
    row = {
        "name": found.name,
        "version": found.version,
        "document": kept,
        "created_at": now,
        "created_by": by,
    }
    connection.execute(letter_version.insert().values(row))
    subject = audit.subject("letter", found.name)
    audit.note(connection, "letters.added", by, subject, {"version": found.version}, at=now)
    return found, True


def letter_named(connection: Connection, name: str, version: int | None = None) -> Letter:
    """
    A letter by its name, the shop's own before a shipped one; version 0 is always the shipped one.

    Raises:
        NoLetter: There is none.
    """
    if version != 0:
        newest = select(letters.c.version).where(letters.c.name == name)
        number = connection.execute(newest).scalar() if version is None else version
        row = None if number is None else _version(connection, name, number)
        if row is not None:
            return letter_of(row.document, version=row.version)
    if version or name not in templates():
        raise NoLetter(name=name[:60] if version is None else f"{name[:60]} {version}")
    return shipped(name)


def letters_of(connection: Connection, names: Collection[str]) -> dict[str, Letter]:
    """The shop's own among some letters, in their newest versions; the others are shipped, or are not there."""
    rows = connection.execute(_NEWEST, {"some": sorted(set(names))})
    found = [letter_of(row.document, version=row.version) for row in rows]
    return {each.name: each for each in found}


_IN_NEWEST = (letters.c.name == letter_version.c.name) & (letters.c.version == letter_version.c.version)
_NEWEST = (
    select(letter_version.c.version, letter_version.c.document)
    .select_from(letters.join(letter_version, _IN_NEWEST))
    .where(among(letters.c.name))
)


def all_letters(connection: Connection) -> list[Listed]:
    """All letters by name, each in the version that messages take."""
    both = letters.join(
        letter_version,
        (letters.c.name == letter_version.c.name) & (letters.c.version == letter_version.c.version),
    )
    rows = connection.execute(select(letter_version).select_from(both)).all()
    own = [
        Listed(letter_of(row.document, version=row.version), row.created_at, row.created_by) for row in rows
    ]
    names = {each.letter.name for each in own}
    found = own + [Listed(shipped(name)) for name in templates() if name not in names]
    return sorted(found, key=lambda each: each.letter.name)


def versions_of(connection: Connection, name: str) -> list[Listed]:
    """
    All versions of a letter, the newest first; the shipped one last.

    Raises:
        NoLetter: There is none.
    """
    query = (
        select(letter_version).where(letter_version.c.name == name).order_by(letter_version.c.version.desc())
    )
    rows = connection.execute(query).all()
    found = [
        Listed(letter_of(row.document, version=row.version), row.created_at, row.created_by) for row in rows
    ]
    if name in templates():
        found.append(Listed(shipped(name)))
    if not found:
        raise NoLetter(name=name[:60])
    return found


def _version(connection: Connection, name: str, version: int) -> Any:
    query = select(letter_version).where(letter_version.c.name == name, letter_version.c.version == version)
    return connection.execute(query).first()
