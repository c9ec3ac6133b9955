"""Presets: what is known of the exports of one shop system, as data; those shipped and those of a workspace."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from evergrove.ingest.presets.errors import BadPresetName, PresetUnreadable, UnknownPreset
from evergrove.ingest.values.words import plain, plain_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FORMAT = "evergrove.preset/1"
FOLDER = "presets"
_STATES = ("paid", "unpaid", "cancelled", "refunded", "refund", "other")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Preset:
    """
    What is known of one kind of export.

    Attributes:
        name: As ``--preset`` names it: the name of its file.
        title: What it is an export of, for people.
        table: Which table its rows belong to, unless the user says otherwise.
        signature: Headers that tell it; ``at_least`` of them must be there.
        at_least: See ``signature``.
        headers: All headers of a real export; empty where none is known.
        columns: Role of an order file to headers, the surest first; none: it has no such column.
        tables: The same by declared table, for columns of these.
        styles: How a column is written, as after the colon of ``--map``.
        encoding: Of the text, where its bytes leave it open.
        timezone: IANA name of the zone of its times, where it is always the same.
        currency: ISO 4217 code, the same.
        grain: "order" or "line": what a row is; empty: found out from the rows.
        amount_of: "order": its total, repeated on its lines; "line": the line's; empty: found out.
        statuses: What a status says, as compared; before the words that hold for every file.
        other_status: What a status says that is not among them; empty: as for every file.
        no_customer: Customer ids that mean nobody, such as the 0 of guests.
        minor_units: Whether amounts are in the smallest unit of their currency.
        repeats: "first": of several rows of an order the first counts, the others repeat it.
        has_buyer: False where the plain export names nobody who bought.
        by_alias: No real header list is known: columns are found by their names alone.
        is_exact: Saved from a mapping that somebody corrected: it outweighs every guess.
        refund: How refunds stand in it, in a sentence.
        traps: What is easily read wrongly in it, in sentences.
    """

    name: str
    title: str
    table: str = "orders"
    signature: tuple[str, ...] = ()
    at_least: int = 2
    headers: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    timezone: str = ""
    currency: str = ""
    grain: Literal["", "order", "line"] = ""
    amount_of: Literal["", "order", "line"] = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    other_status: str = ""
    no_customer: tuple[str, ...] = ()
    minor_units: bool = False
    repeats: Literal["", "first"] = ""
    has_buyer: bool = True
    by_alias: bool = False
    is_exact: bool = False
    refund: str = ""
    traps: tuple[str, ...] = ()

    @cached_property
    def telling(self) -> frozenset[str]:
        """The signature as compared."""
        return frozenset(map(plain_header, self.signature))

    @cached_property
    def records(self) -> frozenset[str]:
        """Columns of which the fields are headers of their own, such as ecommerce in ecommerce.transaction_id."""
        return frozenset(record for name in self.headers for record, dot, _ in [name.partition(".")] if dot)

    def met(self, names: frozenset[str]) -> int:
        """How many headers of the signature are among some, as compared; 0 where too few are."""
        met = len(self.telling & names)
        return met if met >= self.at_least else 0

    def rank(self, role: str, compared: str) -> float | None:
        """How surely a header, as compared, is a role's column, 0..1; None: it is not among those known."""
        return _rank(self.columns.get(role, ()), compared)

    def state_of(self, status: str) -> str | None:
        """What a status says in this export; None: as in any other."""
        return self.statuses.get(plain(status)) or self.other_status or None


def _rank(headers: Sequence[str], compared: str) -> float | None:
    for place, header in enumerate(headers):
        if plain_header(header) == compared:
            return 1.0 - 0.01 * place
    return None


def shipped_presets() -> tuple[Preset, ...]:
    """The presets that come with the product, by name."""
    return _shipped()


@cache
def _shipped() -> tuple[Preset, ...]:
    folder = files("evergrove.ingest").joinpath(FOLDER)
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name
    )
    return tuple(
        parsed(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in found
    )


def own_presets(workspace: Path) -> tuple[Preset, ...]:
    """
    The presets that were saved in a workspace, by name.

    Raises:
        PresetUnreadable: One of the files is no preset.
    """
    found = []
    for path in sorted((workspace / FOLDER).glob("*.toml")):
        try:
            found.append(parsed(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise PresetUnreadable(file=str(path), reason=reason) from error
    return tuple(found)


def parsed(name: str, document: Mapping[str, Any]) -> Preset:
    """
    A preset from its document.

    Raises:
        ValueError, KeyError: The document is none; says what is wrong.
    """
    if document.get("format") != FORMAT:
        raise ValueError(f"format is {document.get('format')!r}, not {FORMAT!r}")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a preset")
    said = document.get("status", {})
    statuses = {plain(word): state for state in _STATES if state in said for word in _words(state, said)}
    plainly = ("table", "at_least", "encoding", "timezone", "currency", "grain", "amount_of", "minor_units")
    more = ("repeats", "by_alias", "is_exact", "refund")
    return Preset(
        name=name,
        title=str(document["title"]),
        signature=tuple(document.get("signature", ())),
        headers=tuple(document.get("headers", ())),
        columns={role: tuple(headers) for role, headers in document.get("columns", {}).items()},
        tables={
            table: {column: tuple(headers) for column, headers in columns.items()}
            for table, columns in document.get("tables", {}).items()
        },
        styles=dict(document.get("styles", {})),
        statuses=statuses,
        other_status=said["other"] if isinstance(said.get("other"), str) else "",
        no_customer=tuple(document.get("no_customer", {}).get("words", ())),
        has_buyer=bool(document.get("buyer", True)),
        traps=tuple(document.get("traps", ())),
        **{key: document[key] for key in (*plainly, *more) if key in document},
    )


def written(preset: Preset) -> str:
    """A saved preset as its file; JSON's spelling of texts and lists is TOML's too."""
    plainly = {
        "format": FORMAT,
        "title": preset.title,
        "table": preset.table,
        "is_exact": preset.is_exact,
        "at_least": preset.at_least,
        "signature": list(preset.signature),
        "encoding": preset.encoding,
        "timezone": preset.timezone,
        "currency": preset.currency,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plainly.items() if value]
    parts: dict[str, Mapping[str, Any]] = {"columns": preset.columns, "styles": preset.styles}
    parts |= {f"tables.{table}": columns for table, columns in preset.tables.items()}
    for name, entries in parts.items():
        if entries:
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join(lines) + "\n"


def checked_name(name: str) -> str:
    """
    A name that a preset may have.

    Raises:
        BadPresetName: It is no file name, or too long.
    """
    if not _NAME.fullmatch(name):
        raise BadPresetName(name=name)
    return name


def _words(state: str, said: Mapping[str, Any]) -> Sequence[str]:
    """Words of a state; ``other = "unpaid"`` is no list of words but what all others mean."""
    return () if isinstance(said[state], str) else said[state]


def preset_named(name: str, own: Sequence[Preset]) -> Preset:
    """
    The preset of a name; a workspace's own comes before a shipped one.

    Raises:
        UnknownPreset: There is none.
    """
    known = (*own, *shipped_presets())
    for preset in known:
        if preset.name == name:
            return preset
    raise UnknownPreset(preset=name, presets=", ".join(preset.name for preset in known))


def preset_of(header: Sequence[str], own: Sequence[Preset] = ()) -> Preset | None:
    """
    The preset whose export a header is: of a workspace's own the one met best, else of those shipped.

    None: of no preset is enough there.
    """
    names = frozenset(map(plain_header, header))
    for known in (own, shipped_presets()):
        met = [(preset.met(names) / len(preset.telling), preset) for preset in known if preset.met(names)]
        if met:
            return max(met, key=lambda pair: pair[0])[1]
    return None
