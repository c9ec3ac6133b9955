"""Which column of an open file plays which role: by the user's word, by a preset, else by a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.columns.files import labels, open_file
from evergrove.ingest.columns.guess import guess_columns
from evergrove.ingest.columns.mapping import Wish, check_headers, positions_of, read_wishes
from evergrove.ingest.columns.misfits import refuse_without_rows
from evergrove.ingest.presets.errors import OnlyByAlias
from evergrove.ingest.presets.preset import preset_named, preset_of
from evergrove.ingest.sources.errors import DamagedFile
from evergrove.ingest.sources.headers import column_named, distinct_names
from evergrove.ingest.sources.parquet import ParquetSource
from evergrove.ingest.types import ColumnMatch
from evergrove.ingest.values.words import date_kinds, plain_header, unit_of
from evergrove.warehouse import StatementFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.columns.guess import Guess
    from evergrove.ingest.presets.preset import Preset
    from evergrove.ingest.sources.column import Column
    from evergrove.ingest.types import ReadOptions
    from evergrove.warehouse import Engine


@dataclass(frozen=True)
class MappedFile:
    """An open file, the roles of its columns, how they are written, and which columns are kept."""

    file: OpenFile
    guess: Guess
    styles: Mapping[str, str]
    kept: tuple[int | None, ...]

    def column(self, role: str) -> Column | None:
        """The column of a role."""
        at = self.guess.position(role)
        return None if at is None else self.file.columns[at]

    def required(self, role: str) -> Column:
        """The column of a role that every mapped file has: customer, date."""
        return self.file.columns[self.guess.matches[role].position]

    def name_of(self, role: str) -> str:
        """Its header; empty without one."""
        column = self.column(role)
        return "" if column is None else column.name

    @property
    def has_amounts(self) -> bool:
        """Whether it says what was paid: an amount, quantity and price, or a refund (a file of refunds)."""
        roles = self.guess.matches.keys()
        return "amount" in roles or {"quantity", "price"} <= roles or "refund" in roles

    @property
    def has_refunds_only(self) -> bool:
        """Whether it is a file of refunds: it tells what was given back, and not what was paid."""
        roles = self.guess.matches.keys()
        return "refund" in roles and "amount" not in roles and not {"quantity", "price"} <= roles

    @property
    def is_paid_day(self) -> bool:
        """Whether the date is that of payment."""
        return date_kinds().get(plain_header(self.name_of("date"))) == "paid"

    def is_utc(self, role: str) -> bool:
        """Whether the header of a date says UTC."""
        return unit_of(self.name_of(role)) in ("utc", "gmt")

    @property
    def preset(self) -> Preset | None:
        """What is known of the export that the file is."""
        return self.guess.preset

    @property
    def warnings(self) -> tuple[EvergroveWarning, ...]:
        """What a reader of the numbers should know about how it was opened and mapped."""
        if self.preset is None or not self.preset.by_alias:
            return self.file.warnings
        return (*self.file.warnings, OnlyByAlias(file=self.file.name, title=self.preset.title))

    @property
    def matches(self) -> tuple[ColumnMatch, ...]:
        """The mapping, for people."""
        return tuple(
            ColumnMatch(role, self.file.header[match.position], match.confidence, match.why, self.file.label)
            for role, match in self.guess.matches.items()
        )


def map_files(
    engine: Engine, paths: Sequence[Path], repeats: Mapping[int, int], options: ReadOptions
) -> list[MappedFile]:
    """
    Open all files and settle which column plays which role in each; repeated files are left out.

    Raises:
        InputError: A file is not understood; an option names a role or a header that does not exist.
    """
    wishes = read_wishes(options.mapping)
    files = [
        open_file(engine, number, label, path, options)
        for number, (label, path) in enumerate(zip(labels(paths), paths, strict=True))
        if number not in repeats
    ]
    check_headers(wishes, options.keep, [file.header for file in files])
    presets = [preset_for(file.header, options) for file in files]
    return [map_file(file, wishes, options.keep, known) for file, known in zip(files, presets, strict=True)]


def preset_for(header: Sequence[str], options: ReadOptions) -> Preset | None:
    """
    The preset that the user named, else the one that a header tells.

    Raises:
        UnknownPreset: There is none of that name.
    """
    if options.preset:
        return preset_named(options.preset, options.own_presets)
    return preset_of(header, options.own_presets)


def map_file(
    file: OpenFile, wishes: Mapping[str, Wish], keep: Sequence[str], preset: Preset | None = None
) -> MappedFile:
    """
    Settle which column plays which role.

    Raises:
        NoBuyer: The preset knows that nobody is named who bought, and no column says otherwise.
        ColumnNotFound: The customer or the date cannot be told.
        EmptyFile, TooManyCells, TooFewCells, NothingUsable: There is no row below the header, or none
            that can be read.
    """
    is_text = not isinstance(file.source, ParquetSource)
    if is_text and not any(len(column.sample) for column in file.columns):
        refuse_without_rows(file)
    if preset is not None and preset.is_exact:
        saved = {
            role: Wish(headers[0], preset.styles.get(role, ""))
            for role, headers in preset.columns.items()
            if headers
        }
        wishes = {**saved, **wishes}
    guess = guess_columns(file.name, file.columns, positions_of(wishes, file.header), preset)
    styles = {role: wish.style for role, wish in wishes.items() if wish.style}
    kept = tuple(column_named(file.header, name) for name in keep)
    return MappedFile(file, guess, styles, kept)


def kept_names(files: Sequence[MappedFile], keep: Sequence[str]) -> tuple[str, ...]:
    """The kept columns as they are published: by the header of the first file that has it, each name once."""
    names = ["customer_id"]
    for i, wanted in enumerate(keep):
        headers = (file.file.header[at] for file in files if (at := file.kept[i]) is not None)
        names.append(next(headers, wanted))
    return distinct_names(names)[1:]


def check_readable(engine: Engine, files: Sequence[MappedFile], failure: StatementFailed) -> None:
    """
    After a failed statement, tell a damaged Parquet file from a fault of ours.

    Raises:
        DamagedFile: One of the files cannot be read to its end, whatever the question.
    """
    for file in files:
        if isinstance(file.file.source, ParquetSource):
            try:
                engine.run(f"select count(hash(source)) from {file.file.source.scan} as source")
            except StatementFailed:
                reason = str(failure.params["reason"]).splitlines()[0][:200]
                raise DamagedFile(file=file.file.name, format="Parquet", reason=reason) from failure
