"""
Files that strangers sent, read in a confined child: the parent gets texts, line numbers and faults, and judges them.

Everything that depends on a file's form (encodings, separators, JSON, workbooks, Parquet, archives) happens in the child,
by the same functions as without one; what the rows mean is decided in the parent as ever. So verdicts, line numbers and
messages are the same.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, EvergroveWarning, Term, _
from evergrove.core.confinement import Limits, ReaderBroke, run_confined
from evergrove.ingest.sources.batches import Fault, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

CHILD = "evergrove.ingest.sources.reader"
NONSENSE = Term(_("its answer makes no sense"))


@dataclass(frozen=True)
class Room:
    """
    Where confined children leave what they read.

    Attributes:
        folder: Empty and private; deleted by whoever made it.
        limits: What a child may take.
    """

    folder: Path
    limits: Limits
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def new_path(self) -> Path:
        """A path that nothing has yet."""
        return self.folder / f"{next(self._numbers):06}"

    def ask(self, request: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """
        Have a child answer a request about a file.

        Raises:
            EvergroveError: What the child refuses, it refuses in the same words as the reader in this process would.
            TookTooLong, TookTooMuch, ReaderBroke: It did not end well.
        """
        question = self.new_path()
        limits = vars(self.limits)
        question.write_text(json.dumps({**request, "path": str(path), "limits": limits}), "utf-8")
        printed = run_confined(CHILD, [str(question)], file=path.name, limits=self.limits)
        try:
            answer: dict[str, Any] = json.loads(printed)
            error = answer.get("error")
            if error is None:
                return answer
            found = _worded(EvergroveError, error)
        except (ValueError, TypeError, KeyError, AttributeError) as broken:
            raise ReaderBroke(file=path.name, reason=NONSENSE) from broken
        raise found


_ROOM: ContextVar[Room | None] = ContextVar("room", default=None)


@contextmanager
def confined(folder: Path, limits: Limits | None = None) -> Iterator[None]:
    """Read every file that is opened in the ``with`` block in a confined child, whoever opens it."""
    token = _ROOM.set(Room(folder, limits or Limits()))
    try:
        yield
    finally:
        _ROOM.reset(token)


def room_here() -> Room | None:
    """Where children are to read; None: files are read in this process."""
    return _ROOM.get()


@dataclass(frozen=True)
class ConfinedSource:
    """A file of texts that a child reads; see ``batches.Source``."""

    path: Path
    room: Room
    request: Mapping[str, Any]
    encoding: str
    header: tuple[str, ...]
    delimiter: str
    warnings: tuple[EvergroveWarning, ...]

    @property
    def file(self) -> str:
        """The path as given."""
        return str(self.path)

    def rows(self, wanted: Sequence[int], progress: Callable[[float], None] | None = None) -> Iterator[Rows]:
        """All rows, as batches of the wanted columns; the faults come last."""
        out, bad = self.room.new_path(), self.room.new_path()
        asked = {"verb": "rows", "wanted": list(wanted), "out": str(out), "bad": str(bad)}
        self.room.ask({**self.request, **asked}, self.path)
        names = ["line", *(f"c{nth}" for nth in range(len(wanted)))]
        for batch in self._batches(out, names):
            line, *columns = batch.columns
            yield Rows(line.to_pylist(), columns)
        for batch in self._batches(bad, ["line", "code", "raw"]):
            faults = [
                Fault(*row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
            ]
            yield Rows([], [column.slice(0, 0) for column in _no_texts(len(wanted))], faults)
        if progress is not None:
            progress(1.0)

    def raw(self, lines: Collection[int]) -> Iterator[tuple[int, str]]:
        """The raw text of rows, read from the file again."""
        out = self.room.new_path()
        asked = {"verb": "raw", "lines": sorted(lines), "out": str(out)}
        self.room.ask({**self.request, **asked}, self.path)
        for batch in self._batches(out, ["line", "raw"]):
            line, raw = (column.to_pylist() for column in batch.columns)
            yield from zip(line, raw, strict=True)

    def _batches(self, out: Path, names: Sequence[str]) -> Iterator[Any]:
        """What a child has written, checked to the last offset: nobody knows who wrote it."""
        import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

        kinds = {"line": pa.int64()}
        schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
        try:
            with pa.OSFile(str(out)) as file, pa.ipc.open_stream(file) as stream:
                if stream.schema != schema:
                    raise ReaderBroke(file=self.path.name, reason=NONSENSE)
                for batch in stream:
                    batch.validate(full=True)
                    yield batch
        except (OSError, pa.ArrowException) as error:
            raise ReaderBroke(file=self.path.name, reason=NONSENSE) from error
        out.unlink()


@dataclass(frozen=True)
class OpenedElsewhere:
    """What a child says of a file: a clean Parquet file, or a source of texts with its first rows."""

    parquet: Path | None = None
    source: ConfinedSource | None = None
    samples: Sequence[Sequence[str]] = ()
    faults: Sequence[Fault] = ()


def open_elsewhere(
    room: Room, path: Path, *, encoding: str, likely: str, wanted: Sequence[str]
) -> OpenedElsewhere:
    """
    Have a child open a file.

    Args:
        room: Where it may write.
        path: The file.
        encoding: As ``--encoding`` gives it; empty: found by trial.
        likely: The encoding that such exports have.
        wanted: Headers that the user named.

    Raises:
        EvergroveError: The file cannot be read.
    """
    request = {"encoding": encoding, "likely": likely, "headers": list(wanted)}
    out = room.new_path()
    answer = room.ask({**request, "verb": "open", "out": str(out)}, path)
    try:
        if answer["kind"] == "parquet":
            return OpenedElsewhere(parquet=out)
        header = tuple(map(_text, answer["header"]))
        warnings = tuple(_worded(EvergroveWarning, each) for each in answer["warnings"])
        delimiter, shown = _text(answer["delimiter"]), _text(answer["encoding"])
        source = ConfinedSource(path, room, request, shown, header, delimiter, warnings)
        samples = [list(map(_text, column)) for column in answer["samples"]]
        faults = [Fault(int(line), _text(code), _text(raw)) for line, code, raw in answer["faults"]]
        if len(samples) != len(header):
            raise ReaderBroke(file=path.name, reason=NONSENSE)
    except (ValueError, TypeError, KeyError, AttributeError) as broken:
        raise ReaderBroke(file=path.name, reason=NONSENSE) from broken
    return OpenedElsewhere(source=source, samples=samples, faults=faults)


def unpack_elsewhere(room: Room, path: Path) -> list[Path] | None:
    """
    Have a child unpack an archive; None where the file is none.

    Raises:
        EvergroveError: It is refused; see ``archives.unpack``.
    """
    folder = room.new_path()
    folder.mkdir(mode=0o700)
    answer = room.ask({"verb": "unpack", "out": str(folder)}, path)
    if answer.get("tables") is None:
        return None
    found = [folder / _text(name) for name in answer["tables"]]
    if any(each.is_symlink() or not each.resolve().is_relative_to(folder.resolve()) for each in found):
        raise ReaderBroke(file=path.name, reason=NONSENSE)
    return found


def _no_texts(columns: int) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415 -- as above

    return [pa.nulls(0, pa.string()) for _column in range(columns)]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _worded(root: type[Any], told: Mapping[str, Any]) -> Any:
    """An error or a warning as a child has told it; only those that readers know come over."""
    from evergrove.ingest.sources import archives, errors  # noqa: F401, PLC0415 -- their classes are looked up

    code = _text(told["code"])
    found = [kind for kind in _below(root) if getattr(kind, "code", "") == code]
    params = {
        _text(name): Term(_text(value["term"])) if isinstance(value, dict) else value
        for name, value in told["params"].items()
    }
    if not code.startswith("ingest.") or not found:
        raise KeyError(code)
    return found[0](**params)


def _below(root: type[Any]) -> Iterator[type[Any]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _below(kind)
