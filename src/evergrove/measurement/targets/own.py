"""A shop's own targets, from the file targets.toml of its workspace; read strictly."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any, get_args

from evergrove.core import InputError, NotToml, Sentence, Term, _, read_toml
from evergrove.measurement.targets.asking import ASKS, asked_of
from evergrove.measurement.targets.rules import SIX
from evergrove.measurement.targets.types import Measure, Target
from evergrove.segments.language.checks import shown
from evergrove.settings import Language

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from evergrove.segments.language.catalogue import Catalogue

FILE = "targets.toml"
FORMAT = "evergrove.own_targets/1"
SIDES = ("at_most", "at_least")
MOST_LETTERS = 80
"""Of a key or a name: both stand in the heads of tables."""
RATIOS = ("referral_conversion",)
"""Measures that may be more than all."""
MOST_TIMES = 1000
PER_CENT = Term(_("a share is written from 0 to 1: 20 % is 0.2"))
KNOWN = ("measure", "name", *SIDES, *ASKS)
UNKNOWN = _("there is no entry {entries} here")


class UnreadableTargets(InputError):
    """The file cannot be read as TOML."""

    code = "measurement.unreadable_targets"
    message = _("{file} cannot be read as targets: {reason}.")
    hint = _('Write TOML that begins with format = "{format}", and below it a table for each target.')


class InvalidTarget(InputError):
    """A target in the file says something that cannot be."""

    code = "measurement.invalid_target"
    message = _("{file}, line {line}: {key} cannot be a target: {reason}.")
    hint = _(
        "It takes measure, one of {measures}, or numerator and denominator, conditions of the segment language; at_most or at_least, a number; and name."
    )


def own_targets(
    path: Path, catalogue: Catalogue | None = None, segments: Collection[str] = ()
) -> tuple[Target, ...]:
    """
    The targets that a shop has set itself; none where there is no file.

    Args:
        path: ``targets.toml``.
        catalogue: What conditions may name; None: what is shipped.
        segments: Keys of the stored segments, which conditions may ask for.

    Raises:
        UnreadableTargets: It is no TOML, or of another format.
        InvalidTarget: One of them cannot be; the sentence names line and key.
        UnreadableCondition: The same of one of its conditions.
    """
    if not path.exists():
        return ()
    try:
        told, text = read_toml(path)
    except NotToml as error:
        raise UnreadableTargets(file=path.name, reason=error.reason, format=FORMAT) from error
    if told.pop("format", None) != FORMAT:
        raise UnreadableTargets(file=path.name, reason=Term(_("it has another format")), format=FORMAT)
    known = catalogue, segments
    return tuple(_Section(path.name, text, key, section, *known).target() for key, section in told.items())


def is_name(text: str) -> bool:
    """Whether a text can be the key or the name of a target: one line, not too long, and nothing hidden in it."""
    return 0 < len(text.strip()) <= len(text) <= MOST_LETTERS and text.isprintable()


def line_of(text: str, section: str, entry: str = "") -> int:
    """
    The line of a file, counted from 1, on which a section or an entry of it stands; its first where none is found.

    Args:
        text: Of the file, valid TOML.
        section: Its key.
        entry: Within the section; empty: the section's own line.
    """
    found = 0
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if head is not None:
            if found:
                break
            found = number if head[1].strip("\"'") == section else 0
            if found and not entry:
                break
        elif re.match(rf"\s*[\"']?{re.escape(entry if found else section)}[\"']?\s*[.=]", line):
            return number
    return found or 1


class _Section:
    """One table of the file."""

    def __init__(
        self,
        file: str,
        text: str,
        key: str,
        told: Any,
        catalogue: Catalogue | None,
        segments: Collection[str],
    ) -> None:
        self._file, self._text, self._key, self._told = file, text, key, told
        self._catalogue, self._segments = catalogue, segments

    def target(self) -> Target:
        """What it says."""
        if not is_name(self._key):
            raise self._refused(Term(_("a key or a name is one line of 1 to 80 letters")))
        if not isinstance(self._told, dict):
            raise self._refused(Term(_("it is a value, not a table")))
        unknown = sorted(set(self._told) - set(KNOWN))
        if unknown:
            reason = Sentence(
                "measurement.unknown_entry", UNKNOWN, {"entries": tuple(map(shown, unknown[:5]))}
            )
            raise self._refused(reason, unknown[0])
        if self._key in {target.key for target in SIX}:
            raise self._refused(Term(_("one of the six has that name")))
        side = self._side()
        names, bound = self._names(), self._bound(side)
        if "measure" in self._told:
            measure = self._measure()
            self._check_bound(side, bound, MOST_TIMES if measure in RATIOS else 1)
            return Target(self._key, measure, side, bound, names)
        asked = asked_of(self._told, self._refused, self._where, self._catalogue, self._segments)
        if not names:
            raise self._refused(Term(_("it needs a name")))
        self._check_bound(side, bound, 1)
        return Target(self._key, self._key, side, bound, names, asked)

    def _where(self, entry: str) -> dict[str, Any]:
        """File, line and key of an entry, for a sentence."""
        line = line_of(self._text, self._key, entry)
        key = shown(self._key)
        return {"file": self._file, "line": line, "key": f"{key}.{shown(entry)}" if entry else key}

    def _refused(self, reason: object, entry: str = "") -> InvalidTarget:
        plain = type(reason) is str
        told = shown(reason) if plain else reason
        return InvalidTarget(**self._where(entry), reason=told, measures=get_args(Measure))

    def _measure(self) -> str:
        measure = self._told["measure"]
        if measure not in get_args(Measure):
            raise self._refused(f"measure = {measure}", "measure")
        both = sorted(set(self._told) & set(ASKS))
        if both:
            raise self._refused(Term(_("it has a measure and conditions of its own")), both[0])
        return str(measure)

    def _side(self) -> Any:
        sides = [side for side in SIDES if side in self._told]
        if len(sides) != 1:
            raise self._refused(Term(_("it needs one of at_most and at_least")))
        return sides[0]

    def _bound(self, side: str) -> float:
        bound = self._told[side]
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not isfinite(bound) or bound < 0:
            raise self._refused(f"{side} = {bound}", side)
        return float(bound)

    def _check_bound(self, side: str, bound: float, most: float) -> None:
        if bound > most:
            raise self._refused(PER_CENT if most == 1 else f"{side} = {bound}", side)

    def _names(self) -> Mapping[str, str]:
        """A name for all languages, or one for each."""
        told, languages = self._told.get("name", {}), get_args(Language)
        if isinstance(told, str) and is_name(told):
            return dict.fromkeys(languages, told)
        if not isinstance(told, dict) or not all(
            language in languages and isinstance(name, str) and is_name(name)
            for language, name in told.items()
        ):
            raise self._refused(f"name = {told}", "name")
        return told
