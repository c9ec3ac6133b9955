"""Beginning to write lines in a process, and ending it."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from evergrove.core import InputError, _, __version__, reason_of
from evergrove.server.logs.lines import ErrorLines, FileLines
from evergrove.server.logs.redaction import masked, told_error, without_foreign_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from evergrove.server.logs.lines import Lines
    from evergrove.settings import LogSettings

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
QUIET = ("uvicorn.access",)
"""Its lines hold addresses and what stood in URLs; our own line of each request takes their place."""


class LogNotWritable(InputError):
    """The file of the log cannot be written to."""

    code = "server.log_not_writable"
    message = _("The log cannot be written to {file}: {reason}.")
    hint = _("Name another file in the section [logs], or none for standard error.")


@contextmanager
def start_logs(chosen: LogSettings, process: str) -> Iterator[None]:
    """
    Write lines for the length of a ``with`` block: our own, and what libraries log.

    Args:
        chosen: The section ``[logs]``.
        process: What this process is: serve, worker, live.

    Raises:
        LogNotWritable: The file cannot be opened.
    """
    lines = _lines(chosen)
    is_pretty = chosen.format == "pretty" or (
        chosen.format == "auto" and not chosen.file and sys.stderr.isatty()
    )
    own = {"process": process, "pid": os.getpid(), "version": __version__}
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _always({"process": process} if is_pretty else own),
            told_error,
            without_foreign_fields,
            masked,
            _pretty() if is_pretty else structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[chosen.level]),
        logger_factory=lambda *_args: _Writer(lines),
        cache_logger_on_first_use=False,
    )
    try:
        with _libraries(LEVELS[chosen.level]):
            yield
    finally:
        structlog.reset_defaults()
        lines.close()


def _lines(chosen: LogSettings) -> Lines:
    if not chosen.file:
        return ErrorLines()
    try:
        return FileLines(Path(chosen.file))
    except OSError as error:
        raise LogNotWritable(file=chosen.file, reason=reason_of(error)) from error


def _always(own: dict[str, object]) -> Any:
    def with_own(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.update(own)
        return event

    return with_own


def _pretty() -> Any:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)


class _Writer:
    """What structlog calls with a finished line, whatever its level."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def msg(self, line: str) -> None:
        """Write it."""
        self._lines.write(line)

    debug = info = warning = warn = error = critical = fatal = exception = log = msg


class _Foreign(logging.Handler):
    """Lines of libraries: their template, without what would be filled in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on; what a library has put together itself may hold anything and is left out."""
        said = str(record.msg) if record.args else f"{record.module}:{record.lineno}"
        error = record.exc_info[1] if record.exc_info else None
        level = max(min(record.levelno, logging.ERROR), logging.DEBUG)
        structlog.get_logger().log(level, said, logger=record.name, exc_info=error)


@contextmanager
def _libraries(level: int) -> Iterator[None]:
    """Have what libraries log written as our own lines are, and nowhere else."""
    root, handler = logging.getLogger(), _Foreign()
    before = root.handlers[:], root.level
    muted = {name: logging.getLogger(name).disabled for name in QUIET}
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))  # below, libraries tell of each step they take
    for name in QUIET:
        logging.getLogger(name).disabled = True
    try:
        yield
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        for name, was in muted.items():
            logging.getLogger(name).disabled = was
