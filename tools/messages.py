"""
Collect the marked sentences of each station for its translators, and compile one catalogue a language.

Sources are ``src/evergrove/text/locale/<language>/<station>.po``, one file a station so that a translator
sees one subject at a time. ``--check`` changes nothing and fails when a catalogue is stale or incomplete.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "evergrove"
LOCALE = PACKAGE / "text" / "locale"
LANGUAGES = ("zh_Hans", "zh_Hant")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.j2", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true"}, "**.j2": {"trimmed": "true"}}


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
    path = LOCALE / language / f"{station.stem}.po"
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
    merged = Catalog(locale=language, charset="utf-8")
    for stamp in ("revision_date", "creation_date"):
        setattr(merged, stamp, None)  # the same sources give the same bytes
    for catalog in catalogs:
        for message in catalog:
            if message.id and message.string:
                merged.add(message.id, message.string, context=message.context)
    merged.mime_headers = [(k, v) for k, v in merged.mime_headers if "Date" not in k and "Generated" not in k]
    out = io.BytesIO()
    write_mo(out, merged)
    return out.getvalue()


def main(*, check: bool) -> int:
    """Update (or check) every source and compiled catalogue; returns the exit status."""
    stations = sorted(p for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists())
    stations += sorted(PACKAGE.glob("*.py"))
    complaints: list[str] = []
    for language in LANGUAGES:
        catalogs = []
        for station in stations:
            path, catalog, text = updated(station, language)
            missing = [m.id for m in catalog if m.id and not m.string]
            complaints += [f"{path.relative_to(PACKAGE)}: no translation of {m!r}" for m in missing]
            catalogs.append(catalog)
            if len(catalog) == 0:
                continue
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                if check:
                    complaints.append(f"{path.relative_to(PACKAGE)} is stale: run make messages")
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
        target = LOCALE / language / "LC_MESSAGES" / "evergrove.mo"
        binary = compiled(catalogs, language)
        if not target.exists() or target.read_bytes() != binary:
            if check:
                complaints.append(f"{target.relative_to(PACKAGE)} is stale: run make messages")
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(binary)
    print("\n".join(complaints) or "catalogues are complete")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
