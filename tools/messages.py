"""
Collect the marked sentences of each station for its translators, and compile one catalogue a language.

Sources are ``src/evergrove/text/locale/<language>/<station>.po``, one file a station so that a translator
sees one subject at a time. ``--check`` changes nothing and fails when a catalogue is stale, incomplete or
faulty: a fuzzy entry, another set of fields than the English has, characters of the other script.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "evergrove"
LOCALE = PACKAGE / "text" / "locale"
LANGUAGES = ("zh_Hans", "zh_Hant")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.j2", "jinja2")]
# Each script's older standard holds the characters of that script: one that only the other standard holds
# was left over by a conversion.
SCRIPTS = {"zh_Hans": ("gb2312", "big5"), "zh_Hant": ("big5", "gb2312")}
# Words of the mainland that a reader in Taiwan stumbles over, though their characters are right.
FOREIGN_WORDS = {
    "zh_Hant": ("數據", "文件", "用戶", "信息", "默認", "質量", "視頻", "復購", "軟件", "屏幕", "客戶")
}
OPTIONS = {"**.html": {"trimmed": "true"}, "**.j2": {"trimmed": "true"}}


SITE = PACKAGE / "web"
"""The one package with a catalogue for each of its rooms: a part of the site has as many sentences as a station."""


def name_of(station: Path) -> str:
    """What the catalogues of a station are called."""
    return f"web_{station.name}" if station.parent == SITE else station.stem


def collected(station: Path) -> Catalog:
    """The sentences that one station marks with ``_``."""
    catalog = Catalog(project="evergrove", charset="utf-8")
    for name, message, comments, context in _marked(station):
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def _marked(station: Path) -> Iterator[tuple[str, Any, list[str], str | None]]:
    """File, sentence, comments and context of everything marked in a folder, or in a module of its own."""
    words: dict[str, Any] = {"keywords": {"_": None}, "comment_tags": ("Translators:",)}
    if station.is_file():
        for _line, message, comments, context in extract_from_file("python", station, **words):
            yield station.name, message, comments, context
        return
    found = extract_from_dir(station, method_map=METHODS, options_map=OPTIONS, **words)
    for name, _line, message, comments, context in found:
        yield f"{station.name}/{name}", message, comments, context


def updated(station: Path, language: str) -> tuple[Path, Catalog, str]:
    """A station's source catalogue with today's sentences; translations are kept, unused ones dropped."""
    path = LOCALE / language / f"{name_of(station)}.po"
    catalog = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as stream:
            catalog = read_po(stream, locale=language, charset="utf-8")
    catalog.update(collected(station), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    out = io.BytesIO()
    write_po(out, catalog, omit_header=True, include_lineno=False, sort_output=True, width=110)
    return path, catalog, out.getvalue().decode("utf-8")


def compiled(catalogs: list[Catalog], language: str) -> bytes:
    """All stations' catalogues of one language as one binary catalogue."""
    no_day = datetime(2000, 1, 1, tzinfo=UTC)  # the same sources give the same bytes on every day
    merged = Catalog(locale=language, charset="utf-8", creation_date=no_day, revision_date=no_day)
    for catalog in catalogs:
        for message in catalog:
            if message.id and message.string:
                merged.add(message.id, message.string, context=message.context)
    out = io.BytesIO()
    write_mo(out, merged)
    return out.getvalue()


def fields_of(text: str) -> list[str]:
    """The named fields of a template, sorted; a text with a broken brace has the field ``?``."""
    try:
        return sorted(
            {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}
        )
    except ValueError:
        return ["?"]


def _is_of(character: str, standard: str) -> bool:
    try:
        character.encode(standard)
    except UnicodeEncodeError:
        return False
    return True


def foreign(text: str, language: str) -> str:
    """The characters and words of a translation that belong to the other Chinese."""
    own, other = SCRIPTS[language]
    characters = (c for c in text if "\u4e00" <= c <= "\u9fff" and not _is_of(c, own) and _is_of(c, other))
    words = (word for word in FOREIGN_WORDS.get(language, ()) if word in text)
    return " ".join([*characters, *words])


def faults(message: Message, language: str) -> Iterator[str]:
    """What is wrong with one translation, each as the end of a sentence."""
    english, translated = str(message.id), str(message.string or "")
    if not translated:
        yield "no translation"
        return
    if message.fuzzy:
        yield "marked fuzzy"
    if fields_of(english) != fields_of(translated):
        yield f"fields {fields_of(translated)} instead of {fields_of(english)}"
    if strangers := foreign(translated, language):
        yield f"not {language}: {strangers}"


def _packages(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and (p / "__init__.py").exists())


def stations() -> list[Path]:
    """Every package and module that may speak, in the order of their names."""
    packages = [p for p in _packages(PACKAGE) if p != SITE] + _packages(SITE)
    return packages + sorted(p for p in PACKAGE.glob("*.py") if not p.stem.startswith("__"))


def _brought_up_to_date(path: Path, content: bytes, *, write: bool) -> bool:
    """Whether a file already held this content; it does afterwards if ``write`` says so."""
    if path.exists() and path.read_bytes() == content:
        return True
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return False


def complaints(*, write: bool = False) -> list[str]:
    """
    Everything that is wrong with the catalogues; empty when all is well.

    Args:
        write: Bring sources and compiled catalogues up to date instead of complaining that they are not.
    """
    found: list[str] = []
    for language in LANGUAGES:
        catalogs, known = [], set()
        for station in stations():
            path, catalog, text = updated(station, language)
            catalogs.append(catalog)
            if len(catalog) == 0:
                continue
            known.add(path)
            name = path.relative_to(LOCALE)
            found += [f"{name}: {m.id!r}: {fault}" for m in catalog if m.id for fault in faults(m, language)]
            if not _brought_up_to_date(path, text.encode(), write=write) and not write:
                found.append(f"{name} is stale: run make messages")
        target = LOCALE / language / "LC_MESSAGES" / "evergrove.mo"
        if not _brought_up_to_date(target, compiled(catalogs, language), write=write) and not write:
            found.append(f"{target.relative_to(LOCALE)} is stale: run make messages")
        orphans = sorted(set((LOCALE / language).glob("*.po")) - known)
        found += [f"{path.relative_to(LOCALE)} belongs to no station" for path in orphans]
        found += [f"{language}: {message!r} is translated in two ways" for message in ambiguous(catalogs)]
    return found


def ambiguous(catalogs: list[Catalog]) -> list[str]:
    """English sentences that two stations translate differently: only one of them would be heard."""
    heard: dict[str, str] = {}
    spoken = (m for catalog in catalogs for m in catalog if m.id and m.string)
    return [str(m.id) for m in spoken if heard.setdefault(str(m.id), str(m.string)) != m.string]


def main(*, check: bool) -> int:
    """Update (or check) every source and compiled catalogue; returns the exit status."""
    found = complaints(write=not check)
    print("\n".join(found) or "catalogues are complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
