"""Forms with files: nothing is read of a stranger's, so many files and fields are, and none waits for the inbox."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from evergrove.app import asked
from evergrove.testing.browsing import Browser
from evergrove.web.data.sending import MOST_FILES
from evergrove.web.frame.incoming import FIELDS, PEEKED, Incoming, NotAForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.testing.house import House

PIECE = 16 * 1024
KIND = {"Content-Type": "multipart/form-data; boundary=x"}
FIELD = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'


class Pieces:
    """A body that comes piece by piece, and how many were asked for."""

    def __init__(self, first: bytes, most: int = 1000) -> None:
        self.first, self.most, self.read = first, most, 0

    def __iter__(self) -> Iterator[bytes]:
        for nth in range(self.most):
            self.read += 1
            yield self.first if nth == 0 else b"a" * PIECE


def token_of(browser: Browser) -> str:
    """Of the log-in, as it stands in the form of the page."""
    form = next(each for each in browser.open("/data").forms if each.action == "/data/upload")
    return form.fields["csrf"][0]


def send(browser: Browser, files: int, **more: str) -> Any:
    """Send a form with so many files."""
    parts = [("file", (f"{n}.csv", f"a,b\n{n},2\n".encode())) for n in range(files)]
    return browser.client.post(
        "/data/upload", data={"csrf": token_of(browser), **more}, files=parts, follow_redirects=False
    )


@pytest.mark.parametrize(
    ("role", "headers"),
    [
        (None, {}),
        ("marketer", {}),
        ("admin", {"Origin": "https://elsewhere.example"}),
        ("admin", {"Sec-Fetch-Site": "cross-site"}),
    ],
)
def test_of_whoever_may_not_send_nothing_is_read(house: House, role: Any, headers: dict[str, str]) -> None:
    """The head tells who asks, with which right and from which page."""
    body = Pieces(FIELD % (b"csrf", b"0"))
    client = Browser(house, role).client

    answer = client.post("/data/upload", content=body, headers=KIND | headers, follow_redirects=False)

    assert answer.status_code in {303, 401, 403}
    assert body.read == 0


@pytest.mark.parametrize(
    "first",
    [
        b"--x\r\nContent-Disposition: form-data; name=",
        b"--x\r\n" + b"A: b\r\n" * 400,
        b"\r\n" * 40_000,
        FIELD % (b"a", b"b") + b'--x\r\nContent-Disposition: form-data; name="c"\r\n\r\n',
    ],
)
def test_a_form_that_names_no_file_soon_is_read_no_further(first: bytes) -> None:
    """However long its head or a field goes on."""
    pieces = Pieces(first)
    coming = iter(pieces)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(coming), "more_body": True}

    headers = [(b"content-type", KIND["Content-Type"].encode())]
    incoming = Incoming(Request({"type": "http", "method": "POST", "headers": headers}, receive))

    with pytest.raises(NotAForm):
        asyncio.run(incoming.peek())

    assert pieces.read <= PEEKED // PIECE + 1


@pytest.mark.parametrize("names", [[b"same"] * 50, [b"n%d" % n for n in range(50)]])
def test_fields_are_counted_as_often_as_they_come(house: House, names: list[bytes]) -> None:
    """Under one name or under many."""
    admin = Browser(house, "admin")
    text = b"".join(FIELD % (name, b"1") for name in [b"csrf", *names])
    file = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n1,2\n\r\n--x--\r\n'
    )
    start = FIELD % (b"csrf", token_of(admin).encode())
    few = start + b"".join(FIELD % (name, b"1") for name in names[: FIELDS - 1])

    answers = [
        admin.client.post("/data/upload", content=body + file, headers=KIND, follow_redirects=False)
        for body in (text, few)
    ]

    assert [each.status_code for each in answers] == [422, 303]


def test_one_form_takes_so_many_files(house: House) -> None:
    """One more is refused with a way out; what came before it is kept."""
    admin = Browser(house, "admin")

    assert send(admin, MOST_FILES, hold="1").status_code == 303
    refused = send(admin, MOST_FILES + 1, hold="1")

    assert refused.status_code == 422
    assert f"up to {MOST_FILES} files" in refused.text
    assert len(admin.client.get("/v1/files").json()["items"]) == MOST_FILES
    assert list((house.here.folder / "inbox").glob("**/*.part")) == []


def test_files_of_a_form_are_open_one_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lies where it belongs before the next one is begun."""
    seen: list[tuple[int, int]] = []
    folder = house.here.folder / "inbox"

    def noted(*_: object) -> None:
        seen.append((len(list(folder.glob(".*.part"))), len(list(folder.glob("held/*")))))

    monkeypatch.setattr(asked, "check_room", noted)
    send(Browser(house, "admin"), 3, hold="1")

    assert seen == [(0, 0), (0, 1), (0, 2)]


@pytest.mark.parametrize("way", ["form", "api"])
def test_nobody_waits_while_the_inbox_is_measured(
    house: House, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """It is done in a thread: where the service answers others, a loop would run."""
    loops: list[bool] = []

    def noted(*_: object) -> None:
        try:
            asyncio.get_running_loop()
            loops.append(True)
        except RuntimeError:
            loops.append(False)

    monkeypatch.setattr(asked, "check_room", noted)
    if way == "form":
        send(Browser(house, "admin"), 1)
    else:
        house.client("admin").post("/v1/imports?name=a.csv", content=b"a,b\n1,2\n")

    assert loops == [False]
