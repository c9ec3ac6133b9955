"""The one way out, against servers that answer as their scripts say. Numbers are those of the threat model."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import evergrove
from evergrove.net import (
    AnswerLost,
    CallFailed,
    Door,
    HostResting,
    Limits,
    NotReached,
    NotResolved,
    Redirected,
    RefusedAddress,
    RefusedUrl,
    Request,
    TooSlow,
    check_url,
    fetch,
    is_public,
)
from evergrove.net.breaker import FAILURES, LONGEST_REST_S, REST_S, Breaker
from evergrove.testing.http import HOST, OK, scripted_http

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.testing.http import Answering, ScriptedHttp

QUICK = Limits(total_s=0.3)
PUBLIC = "93.184.215.14"


def through(server: ScriptedHttp, *addresses: str) -> Door:
    """A door with this one server as its exception; every name leads to it."""
    return Door(allowed=frozenset({server.address}), look_up=lambda _host, _port: addresses or (HOST,))


def call(server: ScriptedHttp, **fields: Any) -> Request:
    """A call of the server by a name."""
    url = f"http://shop.test:{server.port}/hook?a=1"
    return Request(**{"method": "POST", "url": url, "body": b"{}"} | fields)


# 30


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:8080/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://10.1.2.3/",
        "http://172.31.0.1/",
        "http://192.168.0.1/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://[ff02::1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
    ],
)
def test_30_addresses_that_are_not_public_are_refused(url: str) -> None:
    """When a URL is stored and when it is called alike; nothing is looked up by others for it."""
    with pytest.raises(RefusedAddress):
        check_url(url)
    with pytest.raises(RefusedAddress):
        fetch(Request("GET", url))


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1./a:b@",
        "http://user@shop.test/",
        "http://user:password@shop.test/",
        "http://shop.test@127.0.0.1/",
        "file:///etc/passwd",
        "gopher://shop.test/",
        "ftp://shop.test/",
        "//shop.test/",
        "shop.test",
        "http://",
        "http:///path",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://shop.test:22/",
        "http://shop.test:99999/",
        "http://shop.test:x/",
        "http://shop_.-test/",
        "http://shop..test/",
        "http://①②⑦.⓪.⓪.①/",
        "http://shop.test\\@127.0.0.1/",
        "http://shop.test/\r\nX: y",
        "http://shop.test/ a",
        "http://shop.test/" + "a" * 2100,
    ],
)
def test_30_urls_in_disguise_are_refused(url: str) -> None:
    """Other schemes, users, numbers that only some programs read as addresses, and other services' ports."""
    with pytest.raises((RefusedUrl, RefusedAddress)) as refused:
        check_url(url)
    assert "password" not in str(refused.value).partition(" is not called")[0]
    with pytest.raises((RefusedUrl, RefusedAddress)):
        fetch(Request("GET", url))


@pytest.mark.parametrize("addresses", [("127.0.0.1",), (PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), ("::1",)])
def test_30_every_address_of_a_name_is_checked(addresses: tuple[str, ...]) -> None:
    """A name that leads to one private address among public ones is refused as a whole."""
    door = Door(look_up=lambda _host, _port: addresses)

    with pytest.raises(RefusedAddress):
        check_url("https://localtest.example/", through=door)
    with pytest.raises(RefusedAddress):
        fetch(Request("GET", "https://localtest.example/"), through=door)


def test_30_a_name_is_looked_up_once_and_the_checked_address_called() -> None:
    """DNS rebinding: what the name leads to a moment later is never asked."""
    asked: list[str] = []
    with scripted_http() as server:

        def rebinding(host: str, _port: int) -> tuple[str, ...]:
            asked.append(host)
            return (HOST,) if len(asked) == 1 else ("127.0.0.2",)

        door = Door(allowed=frozenset({server.address}), look_up=rebinding)
        answer = fetch(call(server), through=door)

    assert (answer.status, answer.address, asked) == (200, HOST, ["shop.test"])
    head = server.received[0].lower()
    assert head.startswith(b"post /hook?a=1 http/1.1\r\n")
    assert f"\r\nhost: shop.test:{server.port}\r\n".encode() in head


def test_30_an_exception_names_an_address_and_its_port() -> None:
    """Another port of an allowed address stays refused."""
    with scripted_http() as server, scripted_http() as other:
        door = through(server)
        assert fetch(call(server), through=door).body == b"ok"
        with pytest.raises(RefusedAddress):
            fetch(call(other), through=door)
    assert other.received == []


@pytest.mark.parametrize(
    "network", ["0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "fc00::/7", "fe80::/10"]
)
def test_30_whole_networks_are_refused_from_edge_to_edge(network: str) -> None:
    """And what lies one address outside of the private ones is judged by itself."""
    found = ip_network(network)
    assert not is_public(str(found[0]))
    assert not is_public(str(found[-1]))


@pytest.mark.parametrize(
    "address", [PUBLIC, "9.255.255.255", "11.0.0.0", "172.32.0.0", "1.1.1.1", "2606:4700:4700::1111"]
)
def test_30_public_addresses_are_public(address: str) -> None:
    """Python's own list agrees with ours on these, and nothing that it calls private is public to us."""
    assert ip_address(address).is_global
    assert is_public(address)


@contextmanager
def certificate(name: str, folder: Path) -> Iterator[tuple[ssl.SSLContext, ssl.SSLContext]]:
    """A server's side and a client's side that trust each other, for a server of that name."""
    key = ec.generate_private_key(ec.SECP256R1())
    whom = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(whom)
        .issuer_name(whom)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(pem)
    yield ours, ssl.create_default_context(cafile=str(pem))


def test_30_certificates_are_of_the_name_and_not_of_the_address(tmp_path: Path) -> None:
    """The name goes into SNI and is what the certificate has to say; a certificate of another name is refused."""
    named: list[str] = []
    with certificate("shop.test", tmp_path) as (server_side, client_side):
        server_side.sni_callback = lambda _socket, name, _context: named.append(str(name))
        with scripted_http(tls=server_side) as server:
            door = Door(frozenset({server.address}), lambda _host, _port: (HOST,), client_side)
            good = Request("GET", f"https://shop.test:{server.port}/")
            assert fetch(good, through=door).body == b"ok"
            with pytest.raises(NotReached, match="certificate"):
                fetch(Request("GET", f"https://other.test:{server.port}/"), through=door)
            with pytest.raises(NotReached, match="certificate"):
                fetch(good, through=through(server))  # the system does not trust it
    assert named[:2] == ["shop.test", "other.test"]
    assert len(server.received) == 1


# 31


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_31_redirects_are_not_followed(status: int) -> None:
    """Wherever they lead; it is a failure, and the other server hears nothing."""
    with scripted_http() as inside:
        answer = f"HTTP/1.1 {status} Moved\r\nLocation: http://{inside.address}/\r\nContent-Length: 0\r\n\r\n"
        with scripted_http(answer.encode()) as server, pytest.raises(Redirected) as raised:
            fetch(call(server), through=through(server))
    assert raised.value.params["status"] == status
    assert inside.received == []


# 32


def endless(part: bytes) -> Answering:
    """Say the same for ever, or until the caller hangs up."""

    def answer(stream: socket.socket) -> None:
        with suppress(OSError):
            while True:
                stream.sendall(part)

    return answer


def dripping(start: bytes, part: bytes) -> Answering:
    """A byte now and then, each soon enough for a limit on single reads."""

    def answer(stream: socket.socket) -> None:
        stream.sendall(start)
        with suppress(OSError):
            for _nth in range(100):
                time.sleep(0.005)
                stream.sendall(part)

    return answer


BEGUN = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"


def with_start(start: bytes, rest: Answering) -> Answering:
    """A head, and then what a function says."""

    def answer(stream: socket.socket) -> None:
        stream.sendall(start)
        assert callable(rest)
        rest(stream)

    return answer


@pytest.mark.parametrize("start", [BEGUN, LONG])
def test_32_an_endless_answer_is_cut_at_its_limit(start: bytes) -> None:
    """A gigabyte, or no end at all: 64 kB are read and the connection closed; the status counts."""
    part = b"1000\r\n" + b"x" * 4096 + b"\r\n" if start is BEGUN else b"x" * 4096
    with scripted_http(with_start(start, endless(part))) as server:
        answer = fetch(call(server), Limits(total_s=5), through=through(server))
    assert (answer.status, len(answer.body), answer.is_whole) == (200, 65_536, False)


def test_32_a_body_byte_by_byte_ends_with_the_time_of_the_whole_call() -> None:
    """Each byte comes in time for a read; all of them together do not."""
    with scripted_http(dripping(LONG, b"x")) as server:
        answer = fetch(call(server), QUICK, through=through(server))
    assert (answer.status, answer.is_whole) == (200, False)
    assert 0 < len(answer.body) <= 100


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: "])
def test_32_a_head_byte_by_byte_is_too_slow(start: bytes) -> None:
    """Without a status nothing is known: it may have arrived."""
    with scripted_http(dripping(start, b"x" if start else b"")) as server, pytest.raises(TooSlow) as raised:
        fetch(call(server), QUICK, through=through(server))
    assert raised.value.may_have_arrived


def test_32_a_head_without_end_is_given_up() -> None:
    """10^5 headers."""
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n"
    with scripted_http(head) as server, pytest.raises(AnswerLost):
        fetch(call(server), Limits(total_s=5), through=through(server))


@pytest.mark.parametrize("body", [b"\x1f\x8bno gzip", gzip.compress(b"0" * 50_000_000, 9)])
def test_32_nothing_is_unpacked(body: bytes) -> None:
    """Neither what is broken nor what would burst: an answer that we did not ask for in that form has no body."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with scripted_http(head + body) as server:
        answer = fetch(call(server), Limits(total_s=5), through=through(server))
    assert (answer.status, answer.body, answer.is_whole) == (200, b"", False)
    assert b"accept-encoding: identity" in server.received[0].lower()


# Beyond the three cases


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 banana\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-"]
)
def test_an_answer_that_is_none_may_have_arrived(said: bytes) -> None:
    """Closed, another protocol, or broken off in the head: whoever repeats it needs the same key."""
    with scripted_http(said) as server, pytest.raises(AnswerLost) as raised:
        fetch(call(server), through=through(server))
    assert raised.value.may_have_arrived


def test_a_body_that_breaks_off_is_not_whole() -> None:
    """The status counts; the body says that it is not all."""
    with scripted_http(b"HTTP/1.1 503 Later\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\nsorry") as server:
        answer = fetch(call(server), through=through(server))
    assert (answer.status, answer.body, answer.is_whole, answer.headers["retry-after"]) == (
        503,
        b"sorry",
        False,
        "7",
    )


def test_nobody_there_and_no_such_name_are_told_apart() -> None:
    """In both cases nothing was sent."""
    with scripted_http() as server:
        door = through(server)
        gone = call(server)
    with pytest.raises(NotReached) as raised:
        fetch(gone, through=door)
    assert not raised.value.may_have_arrived

    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    for door in (Door(look_up=unknown), Door(look_up=lambda _host, _port: [])):
        with pytest.raises(NotResolved):
            fetch(Request("GET", "https://shop.test/"), through=door)


def test_a_name_server_that_hangs_takes_no_more_than_the_call_may() -> None:
    """The resolver knows no limit of its own."""
    done = Event()

    def hanging(_host: str, _port: int) -> list[str]:
        done.wait(5)
        return []

    with pytest.raises(NotResolved):
        fetch(Request("GET", "https://shop.test/"), QUICK, through=Door(look_up=hanging))
    done.set()


def test_a_second_address_is_tried_when_the_first_does_not_answer() -> None:
    """Only addresses that were checked."""
    with scripted_http() as server:
        door = Door(
            frozenset({server.address, f"127.0.0.3:{server.port}"}), lambda _host, _port: ("127.0.0.3", HOST)
        )
        assert fetch(call(server), through=door).address == HOST


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "CONNECT"},
        {"method": "get"},
        {"headers": {"Host": "evil"}},
        {"headers": {"Content-Length": "0"}},
        {"headers": {"X": "a\r\nY: b"}},
        {"headers": {"X: y\r\n": "b"}},
    ],
)
def test_headers_cannot_be_forged(fields: dict[str, object]) -> None:
    """What we write ourselves nobody else does, and no line is broken."""
    with scripted_http() as server, pytest.raises(ValueError, match=r"ours to write|not a method"):
        fetch(call(server, **fields), through=through(server))
    assert server.received == []


def test_a_host_that_fails_again_and_again_rests() -> None:
    """The server's own errors count; after five calls the sixth does not leave."""
    with scripted_http(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as server:
        door = through(server)
        for _nth in range(FAILURES):
            assert fetch(call(server), through=door).status == 500
        with pytest.raises(HostResting) as raised:
            fetch(call(server), through=door)
    assert len(server.received) == FAILURES
    assert not raised.value.may_have_arrived
    assert isinstance(raised.value, CallFailed)


def test_an_answer_ends_the_count_of_failures() -> None:
    """Four failures, an answer, four failures: it never rests."""
    bad = b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"
    script = [*[bad] * (FAILURES - 1), OK, *[bad] * (FAILURES - 1), OK]
    with scripted_http(*script) as server:
        door = through(server)
        statuses = [fetch(call(server), through=door).status for _nth in script]
    assert statuses.count(200) == 2


def test_rests_grow_and_one_call_tries() -> None:
    """30 s, 60 s, ... at most ten minutes; when a rest is over one caller is let through, others wait for it."""
    breaker, now = Breaker(), 1000.0
    for _nth in range(FAILURES):
        assert breaker.rest_of("h", now)[1] == 0
        breaker.failed("h", now)
    assert breaker.rest_of("h", now) == (FAILURES, REST_S)
    assert breaker.rest_of("another", now) == (0, 0)

    now += REST_S
    assert breaker.rest_of("h", now)[1] == 0
    assert breaker.rest_of("h", now)[1] == REST_S
    breaker.failed("h", now)
    assert breaker.rest_of("h", now)[1] == 2 * REST_S
    for _nth in range(20):
        breaker.failed("h", now)
    assert breaker.rest_of("h", now)[1] == LONGEST_REST_S
    breaker.answered("h")
    assert breaker.rest_of("h", now) == (0, 0)


CLIENT = re.compile(
    r"^\s*(import|from) (httpx2?|httpcore2?|requests|urllib3|aiohttp|urllib\.request|http\.client|urllib import request|http import client)\b",
    re.MULTILINE,
)


def test_nothing_else_of_ours_imports_an_http_client() -> None:
    """One way out, so that one place is guarded; import-linter says the same of packages, this also of Python's own."""
    root = Path(evergrove.__file__).parent
    files = {path.relative_to(root): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    assert {path.parts[0] for path, text in files.items() if CLIENT.search(text)} == {"net"}
