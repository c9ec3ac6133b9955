"""Who holds the lease: a process, by a name that tells whether it still lives to those who can see it."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
NAMESPACE = Path("/proc/self/ns/pid")


def myself() -> str:
    """This process: machine, number, and among which processes the number counts; empty where that is not known."""
    return f"{socket.gethostname()}:{os.getpid()}:{_among()}"


def is_gone(holder: str) -> bool:
    """Whether a process has ended for certain. Of one on another machine or in another container nobody here knows."""
    who, _, among = holder.rpartition(":")
    if not who or not among or among != _among():
        return False
    number = who.rpartition(":")[2]
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def _among() -> str:
    """The start of the machine and the namespace of numbers: containers of one name each have numbers of their own."""
    try:
        return f"{BOOT.read_text(encoding='ascii').strip()}/{NAMESPACE.stat().st_ino}"
    except OSError:  # not Linux
        return ""
