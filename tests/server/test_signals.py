"""A signal ends what serves, wherever the process stands at that moment."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest
import uvicorn

from evergrove.server.serving import _Server

INSIDE_OF_WAIT = """
import os, signal, threading
from {module} import {name}

with {name}() as stopping:
    with stopping._cond:  # as in the middle of stopping.wait()
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopping.wait(10)
print("ended")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name"), [("evergrove.worker", "ends_on_signal"), ("evergrove.app.live", "_ends_on_signal")]
)
def test_a_signal_in_the_middle_of_waiting_ends_the_process(module: str, name: str) -> None:
    """The handler waits for no lock: the thread that it interrupts may hold it, and would never give it back."""
    program = INSIDE_OF_WAIT.format(module=module, name=name)
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert (told.stdout, told.returncode) == ("ended\n", 0), told.stderr


def test_the_handler_of_the_service_sets_flags_and_the_loop_tells_the_others() -> None:
    """What ends with the service takes locks; a handler must not."""
    told: list[str] = []

    async def app(*_given: object) -> None:
        """Answer nothing."""

    server = _Server(uvicorn.Config(app, lifespan="off"), [lambda: told.append("ended")])
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, told) == (True, [])

    asyncio.run(server.main_loop())

    assert told == ["ended"]
