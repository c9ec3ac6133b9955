"""The page Data: what came in as /v1 tells it, files sent by a plain form, and columns named before a file comes in."""

from __future__ import annotations

import csv
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from evergrove.app.jobs import Listener, do_jobs
from evergrove.ingest.columns import customer_roles
from evergrove.ingest.tables.declared import declared_tables
from evergrove.text import LANGUAGES, Formats
from evergrove.web.data.words import column_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.testing.browsing import Browser, Seen
    from evergrove.testing.house import House
    from evergrove.text import Language

ORDERS = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"N-{n},C-{n % 3},2026-06-{1 + n:02},{10 * n}.00\n" for n in range(1, 6)
)
ODD = "wer,wann,wieviel\n" + "".join(f"K-{n},0{1 + n}/06/2026,{n * 5}.50\n" for n in range(1, 6))
"""Day before month, under names that nobody knows."""


def send(browser: Browser, page: Seen, files: dict[str, str], status: int = 200, **more: str) -> Seen:
    """Send files as a browser without scripts does."""
    form = next(each for each in page.forms if each.action == "/data/upload")
    data: dict[str, Any] = {
        **{name: values[0] for name, values in form.fields.items() if name != "file"},
        **more,
    }
    parts = [("file", (name, text.encode(), "text/csv")) for name, text in files.items()]
    browser.answer = browser.client.post("/data/upload", data=data, files=parts)
    return browser._seen(status)


def work(house: House) -> None:
    """Do what waits, as the worker beside a service does."""
    nobody = Listener(ticked=lambda _: None, begun=lambda *_: None, ended=lambda *_: None)
    do_jobs(house.here, threading.Event(), nobody, drain=True)


def test_the_list_is_that_of_the_api(visitor: Callable[..., Browser]) -> None:
    """Each import with its rows, as many as /v1/imports tells."""
    marketer = visitor("marketer")

    seen = marketer.open("/data")

    told = marketer.client.get("/v1/imports").json()["items"]
    assert told
    for each in told:
        assert f"/data/imports/{each['number']}" in seen.links
        assert f"{each['read']:,}" in seen.text


def test_an_import_accounts_for_each_row(visitor: Callable[..., Browser]) -> None:
    """The rows of the table behind the picture add up to the rows that were read."""
    marketer = visitor("marketer")
    number = marketer.client.get("/v1/imports?table=orders").json()["items"][-1]["number"]
    told = marketer.client.get(f"/v1/imports/{number}").json()

    marketer.open(f"/data/imports/{number}")
    lines = csv.DictReader(marketer.client.get(f"/data/imports/{number}/files/rows.csv").text.splitlines())

    assert sum(int(line["rows"]) for line in lines) == told["read"]
    assert str(told["reading"]["currency"] or "—") in marketer.open(f"/data/imports/{number}").text


def test_a_file_is_sent_by_a_plain_form_and_comes_in(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """Streamed to the inbox, taken by the worker, and listed under the name that its sender gave it."""
    admin = visitor("admin")

    seen = send(admin, admin.open("/data"), {"march orders.csv": ORDERS})
    assert admin.path == "/data"
    assert "1 file has arrived" in seen.text
    work(begun_house)

    newest = admin.client.get("/v1/imports?limit=1").json()["items"][0]
    assert (newest["table"], newest["good"]) == ("orders", 5)
    assert "march_orders.csv" in admin.open("/data").text
    again = send(admin, admin.open("/data"), {"march orders.csv": ORDERS})
    assert admin.path == f"/data/imports/{newest['number']}"
    assert "Nothing changed" in again.text


@pytest.mark.slow  # four readers in processes of their own
def test_columns_are_named_before_a_file_comes_in(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """Held, looked at, corrected, taken; and the next such file is read alike by itself."""
    analyst = visitor("analyst")
    asked = {
        "m.customer": "=wer",
        "m.date": "=wann",
        "m.amount": "=wieviel",
        "table": "orders",
        "style": "dmy",
    }

    held = send(analyst, analyst.open("/data"), {"odd.csv": ODD}, hold="1")
    path = analyst.path
    assert path.startswith("/data/waiting/")
    assert "wieviel" in held.text
    looked = analyst.open(f"{path}?{urlencode(asked)}")
    assert "2026-06-02" in looked.text  # day before month
    analyst.send(looked, f"{path}/take", keep_as="odd-shop")
    assert analyst.path.startswith("/settings/jobs/")
    work(begun_house)

    newest = analyst.client.get("/v1/imports?limit=1").json()["items"][0]
    assert (newest["good"], newest["first_date"], newest["last_date"]) == (5, "2026-06-02", "2026-06-06")
    assert analyst.client.get("/v1/files").json()["items"] == []
    send(analyst, analyst.open("/data"), {"odd2.csv": ODD.replace("K-1", "K-9")})
    work(begun_house)
    assert analyst.client.get("/v1/imports?limit=1").json()["items"][0]["good"] >= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_every_table_has_a_name(language: Language) -> None:
    """In words of the reader, not as the table calls it."""
    formats, told = Formats(language), dict.fromkeys(customer_roles.ROLES, "customers")
    told |= {each.name: name for name, table in declared_tables().items() for each in table.columns}

    assert {name for name, table in told.items() if column_name(name, table, formats) == name} == set()


def test_a_refused_file_waits_with_its_reason(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """What nobody understood is not lost: it is listed, told why, and can be thrown away."""
    admin = visitor("admin")
    send(admin, admin.open("/data"), {"riddle.csv": "aa,bb\nxx,yy\nzz,ww\n"})
    work(begun_house)

    seen = admin.open("/data")
    waiting = admin.client.get("/v1/files").json()["items"]
    assert [each["is_refused"] for each in waiting] == [True]
    assert "riddle.csv" in seen.text
    page = admin.open(f"/data/waiting/{waiting[0]['id']}")
    admin.send(page, f"/data/waiting/{waiting[0]['id']}/discard")

    assert admin.path == "/data"
    assert admin.client.get("/v1/files").json()["items"] == []


def test_a_marketer_sees_and_sends_nothing(visitor: Callable[..., Browser]) -> None:
    """Sending files asks for imports.write, on the page as over HTTP."""
    marketer = visitor("marketer")
    page = marketer.open("/data")

    assert not any(form.action == "/data/upload" for form in page.forms)
    token = next(form.fields["csrf"][0] for form in page.forms if "csrf" in form.fields)
    marketer.answer = marketer.client.post(
        "/data/upload", data={"csrf": token}, files={"file": ("a.csv", b"x", "text/csv")}
    )
    assert marketer.answer.status_code == 403


def test_files_are_not_taken_without_the_pages_token(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """Another site could make a browser send them; nothing of them reaches the disk."""
    admin = visitor("admin")

    answer = admin.client.post(
        "/data/upload", data={"csrf": "0" * 64}, files={"file": ("a.csv", b"x" * 5000)}
    )

    assert answer.status_code == 403
    assert not list((begun_house.here.folder / "inbox").glob("**/*.part"))


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"no form at all", b"--x\r\nContent-Disposition: form-data\r\n\r\n"]
)
def test_a_body_that_is_no_form_is_told_so(visitor: Callable[..., Browser], body: bytes) -> None:
    """Not a fault of ours."""
    admin = visitor("admin")

    answer = admin.client.post(
        "/data/upload", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )

    assert answer.status_code in {403, 422}


def test_rejected_rows_are_masked_for_whoever_may_not_read_them(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """A row may hold anything: a marketer sees where and why, an administrator sees the row, formulas made harmless."""
    admin, marketer = visitor("admin"), visitor("marketer")
    send(admin, admin.open("/data"), {"bad.csv": ORDERS + "=SUM(A1),Ann <b>Lee</b>,nonsense,7\n"})
    work(begun_house)
    number = admin.client.get("/v1/imports?limit=1").json()["items"][0]["number"]
    path = f"/data/imports/{number}/rejected"

    shown, masked = admin.open(path), marketer.open(path)

    assert "Ann <b>Lee</b>" in shown.text  # as text: no tag of ours
    assert "The date cannot be read." in masked.text
    assert "Lee" not in masked.text
    lines = admin.client.get(f"{path}.csv").text.splitlines()
    assert len(lines) == 2
    assert "'=SUM(A1)" in lines[1] or "\"'=SUM" in lines[1]


@pytest.mark.parametrize(
    "path", ["/data", "/data/readiness/list", "/data/rates", "/data/events", "/data/formats"]
)
def test_an_empty_workspace_says_what_would_fill_it(house: House, path: str) -> None:
    """No page of Data needs data."""
    from evergrove.testing.browsing import Browser

    assert Browser(house, "admin").open(path).text


def test_rates_are_shown_with_what_waits_for_them(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """A file of rates that is sent stands on the page, its newest rate beside its days."""
    admin = visitor("admin")
    rates = "date,from_currency,to_currency,rate\n2026-06-01,USD,CNY,7.10\n2026-06-03,USD,CNY,7.25\n"

    send(admin, admin.open("/data/rates"), {"rates.csv": rates})
    work(begun_house)

    told = admin.client.get("/v1/rates").json()
    assert [(each["currency"], each["base"], each["days"]) for each in told["pairs"]] == [("USD", "CNY", 2)]
    assert "7.25" in admin.open("/data/rates").text
