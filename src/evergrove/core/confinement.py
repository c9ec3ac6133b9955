"""
A child process for work on files that strangers sent: bounded in memory, time and output, and without a network.

The limits are the system's own, set by the child before it touches the file. On Linux a filter of system calls also
forbids it to open sockets and to start programs; elsewhere only the limits hold.

Source:
    Linux manual pages seccomp(2), prctl(2), setrlimit(2); numbers of system calls from the kernel's tables.
"""

from __future__ import annotations

import ctypes
import errno
import importlib.util
import os
import platform
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from evergrove.core.errors import InputError
from evergrove.core.messages import _

OUT_OF_MEMORY = 77
"""Exit status of a child that could get no more memory."""
_HANDED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV",
    "TMPDIR", "TEMP", "TMP", "SYSTEMROOT",
)  # fmt: skip
"""Of the environment; passwords and keys are not among it."""
MOST_ANSWER = 64 << 20
"""Bytes of an answer that are believed: rows come in files."""
_LONGEST_REASON = 60
_STACK = 1 << 16
_KIND = re.compile(r"[A-Za-z_][\w.]*")

_NO_NEW_PRIVILEGES, _GET_SECCOMP, _SET_SECCOMP, _FILTER = 38, 21, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_IO_URING, _PIDFD_GETFD = 425, 438  # doors to a socket that somebody else has opened
_FORBIDDEN = {
    # architecture: its audit number; socket, connect, execve, execveat, ptrace, process_vm_readv and _writev, kill
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 310, 311, 62, _IO_URING, _PIDFD_GETFD)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117, 270, 271, 129, _IO_URING, _PIDFD_GETFD)),
}
_OTHER_ABI = 0x40000000  # x32 numbers on x86-64


class TookTooLong(InputError):
    """The child was ended because its time was over."""

    code = "core.took_too_long"
    message = _("Reading {file} took longer than {seconds} {seconds:second|seconds} and was ended.")
    hint = _("Nothing was stored. Split the file, or export a shorter time.")


class TookTooMuch(InputError):
    """The child was ended because it asked for more memory than it may have."""

    code = "core.took_too_much"
    message = _("Reading {file} takes more than {megabytes} MB of memory and was ended.")
    hint = _("Nothing was stored. Split the file, or save it as CSV, which is read piece by piece.")


class ReaderBroke(InputError):
    """The child ended in a way that nobody had planned."""

    code = "core.reader_broke"
    message = _("Reading {file} broke the reader: {reason}.")
    hint = _("Nothing was stored. The file is damaged or was made to do harm: open it and save it as CSV.")


@dataclass(frozen=True)
class Limits:
    """
    What a child may take.

    Attributes:
        memory_mb: Of its own; shared libraries do not count.
        seconds: Of the clock, and of each processor.
        output_mb: Of any one file that it writes.
    """

    memory_mb: int = 2048
    seconds: int = 600
    output_mb: int = 8192


def confine(limits: Limits) -> None:
    """Bind this process to the limits, for good; to be called before anything untrusted is opened."""
    try:
        import resource  # noqa: PLC0415 -- Windows has none
    except ImportError:
        return
    _bind(resource.RLIMIT_DATA, limits.memory_mb << 20)
    _bind(resource.RLIMIT_CPU, limits.seconds)
    _bind(resource.RLIMIT_FSIZE, limits.output_mb << 20)
    _bind(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        _forbid_sockets()


def run_confined(module: str, arguments: list[str], *, file: str, limits: Limits, given: str = "") -> str:
    """
    Run a module of ours as a confined child, which calls ``confine`` with the same limits first.

    Args:
        module: Its name, as after ``python -m``.
        arguments: Of the command line.
        file: Name of the file for messages.
        limits: The clock's limit is held from here; the child holds the others itself.
        given: What it can read from its standard input: nothing that is to stand in a file, or in a list of processes.

    Returns:
        What it printed.

    Raises:
        TookTooLong, TookTooMuch, ReaderBroke: It did not end well.
    """
    kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    command = [sys.executable, "-m", module, *arguments]
    # Into files, whose size is bounded, and which have no name: a pipe would be emptied into our own memory.
    with TemporaryFile() as said, TemporaryFile() as complained:
        try:
            done = subprocess.run(  # noqa: S603 -- our own module under our own interpreter
                command,
                env=kept,
                input=given.encode(),
                stdout=said,
                stderr=complained,
                timeout=limits.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            raise TookTooLong(file=file, seconds=limits.seconds) from expired
        answer, complaint = _read(said, from_end=False), _read(complained, from_end=True)
    if done.returncode == 0 and len(answer) <= MOST_ANSWER:
        return answer.decode("utf-8", "replace")
    if done.returncode == -getattr(signal, "SIGXCPU", 0):
        raise TookTooLong(file=file, seconds=limits.seconds)
    if done.returncode == OUT_OF_MEMORY:
        raise TookTooMuch(file=file, megabytes=limits.memory_mb)
    raise ReaderBroke(file=file, reason=_reason(done.returncode, complaint))


def _read(stream: IO[bytes], *, from_end: bool) -> bytes:
    """One byte more than is believed, or the end of what was complained of."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _STACK) if from_end else 0)
    return stream.read(MOST_ANSWER + 1)


def _reason(status: int, complaint: bytes) -> str:
    """
    The signal that ended the child, or the kind of error.

    Not what the error says: that may quote the file, or hold codes that a terminal obeys.
    """
    if status < 0:
        return signal.Signals(-status).name
    said = complaint.decode("utf-8", "replace").splitlines()
    frames = [nth for nth, line in enumerate(said) if line.startswith("  File ")]
    below = (line for line in said[frames[-1] :] if not line.startswith(" ")) if frames else iter(())
    kind = _KIND.match(next(below, ""))
    return kind[0][:_LONGEST_REASON] if kind else f"exit {status}"


def lacking() -> tuple[str, ...]:
    """What does not hold on this machine: "limits" of memory, time and output; "network", the filter of calls."""
    if importlib.util.find_spec("resource") is None:
        return "limits", "network"
    if sys.platform != "linux" or platform.machine() not in _FORBIDDEN:
        return ("network",)
    library = ctypes.CDLL(None, use_errno=True)
    return () if library.prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0 else ("network",)


def _bind(which: int, limit: int) -> None:
    import resource  # noqa: PLC0415 -- as above

    _soft, hard = resource.getrlimit(which)
    least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    # The soft limit of CPU time sends SIGXCPU; one second later the hard one would kill.
    resource.setrlimit(which, (least, least + (which == resource.RLIMIT_CPU and least < limit + 1)))


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def _forbid_sockets() -> None:
    """Answer "not permitted" to sockets, programs and their back doors; nothing where the machine is unknown to us."""
    known = _FORBIDDEN.get(platform.machine())
    if known is None:
        return
    architecture, numbers = known
    last = len(numbers) + 1  # instructions between a number's test and the refusal
    tests = [(_AT_LEAST, last, 0, _OTHER_ABI)]
    tests += [(_EQUAL, last - 1 - nth, 0, number) for nth, number in enumerate(numbers)]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 0, len(tests) + 2, architecture),  # another architecture's numbers mean other calls
        (_LOAD, 0, 0, _NUMBER_AT),
        *tests,
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    filled = (_Instruction * len(program))(*(_Instruction(*each) for each in program))
    filter_ = _Program(len(program), filled)
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0 or (
        library.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(filter_), 0, 0) != 0
    ):
        # A kernel without filters: the limits hold, the child is told of no server anyway, and doctor says so.
        return
