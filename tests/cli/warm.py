"""
The command line, warm: what it imports is imported once, and each command is a fork of this process.

A line of JSON on standard input asks for a command: its words, folder, environment, and the files that take what it
prints. Its exit status is the line that answers.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import sys
import traceback
import warnings
from importlib import import_module
from typing import Any, NoReturn

WARM = (
    *("evergrove.cli.value", "evergrove.cli.explain", "evergrove.cli.backtest"),
    *("evergrove.export", "evergrove.report", "duckdb", "scipy.optimize", "scipy.stats", "xlsxwriter"),
)


def answer() -> None:
    """Do what is asked, one command after the other, until nobody asks any more."""
    sys.path[0] = ""  # as for ``python -m``
    for name in WARM:
        import_module(name)
    for line in sys.stdin:
        with warnings.catch_warnings():
            # Python 3.12 warns of other threads, which libraries have: the child never touches theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _be(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - that is the answer


def _be(asked: dict[str, Any]) -> NoReturn:
    """Be a process that was started with these words; leave without cleaning up what is the parent's."""
    code = 1
    try:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        for number, path in enumerate((os.devnull, asked["out"], asked["err"])):
            os.dup2(os.open(path, os.O_RDWR), number)
        sys.argv = ["evergrove", *asked["words"]]
        runpy.run_module("evergrove", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it was, it is printed as Python prints it
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    answer()
