"""Case 74: connections that never say what they want hold nobody up."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn

from evergrove.http.limits import HEAD_BYTES
from evergrove.server.protocol import PatientProtocol
from evergrove.server.serving import listening_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.testing.house import House

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def served(house: House, **limits: float) -> Iterator[int]:
    """The application on a real socket; its port."""
    protocol = type("Protocol", (PatientProtocol,), limits)
    config = uvicorn.Config(house.app, http=protocol, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with listening_on("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def connected(port: int, said: bytes = b"") -> socket.socket:
    """A connection that has said something."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=20)
    opened.sendall(said)
    return opened


def heard(opened: socket.socket) -> bytes:
    """All that is answered until the connection is closed."""
    parts = []
    try:
        while part := opened.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def status(port: int) -> bytes:
    """The first line that a health call is answered with."""
    with connected(port, HEALTH) as asking:
        return asking.recv(65_536).partition(b"\r\n")[0]


def test_who_does_not_say_what_they_want_is_let_go(house: House) -> None:
    """408 to each, whether nothing came or half a head; somebody else is answered meanwhile."""
    with served(house, head_s=1.0) as port, ExitStack() as stack:
        slow = [stack.enter_context(connected(port, HEALTH[: n % 30])) for n in range(100)]
        assert status(port) == b"HTTP/1.1 200 OK"
        assert {heard(each)[:12] for each in slow} == {b"HTTP/1.1 408"}


def test_a_head_that_dribbles_in_is_not_waited_for(house: House) -> None:
    """A byte now and then does not begin the time anew."""
    with served(house, head_s=0.5) as port, connected(port, b"GET /health HTTP/1.1\r\n") as slow:
        until = time.monotonic() + 20
        slow.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() < until:
            try:
                slow.sendall(b"X")
                answer = slow.recv(100)
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() < until
    assert answer[:12] in {b"HTTP/1.1 408", b""}


def test_a_head_without_an_end_is_cut_off(house: House) -> None:
    """10 MB of one header: 431 long before all of it has come."""
    sent = 0
    with served(house) as port, connected(port, b"GET /health HTTP/1.1\r\nX-Long: ") as slow:
        try:
            while sent < 10 * 2**20:
                slow.sendall(b"x" * 16_384)
                sent += 16_384
        except OSError:  # closed already: the answer may be lost with it
            pass
        assert status(port) == b"HTTP/1.1 200 OK"
    assert sent < 10 * 2**20


def test_a_long_head_that_ends_is_answered_in_our_shape(house: House) -> None:
    """Just beyond the limit, our own 431 has a code."""
    long = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * HEAD_BYTES + b"\r\n\r\n"
    with served(house) as port, connected(port, long) as asking:
        answer = heard(asking)

    assert answer.startswith(b"HTTP/1.1 431")
    assert b'"http.head_too_large"' in answer


def test_where_no_place_is_left_those_who_wait_give_theirs_up(house: House) -> None:
    """Ten places, thirty who say nothing: whoever asks something is answered."""
    with served(house, most_connections=10) as port, ExitStack() as stack:
        for _each in range(30):
            stack.enter_context(connected(port))
        for _each in range(5):
            assert status(port) == b"HTTP/1.1 200 OK"


def test_a_connection_is_used_again(house: House) -> None:
    """Two requests, the second after a while: the patience for its head begins with its first byte."""
    with served(house, head_s=0.5) as port, connected(port) as asking:
        for _each in range(2):
            asking.sendall(HEALTH)
            assert asking.recv(65_536).startswith(b"HTTP/1.1 200 OK")
            time.sleep(0.8)


@pytest.mark.slow
def test_a_thousand_of_them_hold_nobody_up(house: House) -> None:
    """Case 74: slow connections, a head without end, parameters and a body beyond all use, and health all the while."""
    from evergrove.core.platform import allow_files

    allow_files(4096)
    query = "&".join(f"p{n}=1" for n in range(3000)).encode()
    big = b"POST /v1/me HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n"
    with served(house, head_s=60.0, most_connections=2048) as port, ExitStack() as stack:
        for _each in range(1000):
            stack.enter_context(connected(port, b"GET / HTTP/1.1\r\n"))
        asked = connected(port, b"GET /v1/about?" + query + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert heard(stack.enter_context(asked)).startswith(b"HTTP/1.1 431")
        posted = stack.enter_context(connected(port, big))
        assert posted.recv(65_536).split(b" ")[1] in {b"401", b"405", b"413"}
        for _each in range(10):
            assert status(port) == b"HTTP/1.1 200 OK"
