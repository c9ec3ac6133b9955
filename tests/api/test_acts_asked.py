"""What is asked for over HTTP and changes something: done once, as the command line does it, and noted with who did it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.app.inbox import take_inbox
from evergrove.app.jobs import Listener, do_jobs
from evergrove.audit.tables import AUDIT
from evergrove.jobs.tables import JOB
from evergrove.people import contacts

if TYPE_CHECKING:
    from evergrove.testing.house import House

ORDERS = b"order_id,customer_id,order_date,amount,status\nX1,C9,2026-06-01,20.00,paid\n"


def noted(house: House) -> list[tuple[str, str, str]]:
    """Act, who and what of the trail, the oldest first."""
    row = AUDIT.c
    with house.here.ledger.reading() as connection:
        return [
            tuple(each) for each in connection.execute(select(row.act, row.who, row.what).order_by(row.id))
        ]


def queued(house: House, number: int) -> Any:
    """The row of a job."""
    with house.here.ledger.reading() as connection:
        return connection.execute(select(JOB).where(JOB.c.id == number)).one()


def test_a_segment_is_defined_counted_and_ended(begun_house: House) -> None:
    """A condition is told in words with its count before and after it is stored; removed, its key is there no more."""
    client = begun_house.client("marketer")
    counted = client.post("/v1/segment-language/check", json={"text": "tier = 'low'"}).json()
    assert 0 < counted["members"] < counted["customers"]

    stored = client.put("/v1/segments/lows", json={"text": "tier = 'low'", "note": "for letters"})

    assert stored.status_code == 200, stored.text
    assert (stored.json()["members"], stored.json()["version"]) == (counted["members"], 1)
    total = client.get("/v1/customer-count", params={"where": "tier = 'low'"}).json()["customers"]
    assert total == counted["members"]
    assert client.get("/v1/segments").json()["items"][0]["note"] == "for letters"
    assert client.delete("/v1/segments/lows").status_code == 200
    assert client.get("/v1/segments/lows").status_code == 404
    who = f"key:{begun_house.client('marketer').get('/v1/me').json()['key']}"
    acts = [(act, what) for act, by, what in noted(begun_house) if by == who]
    assert acts == [("segments.defined", "segment:lows"), ("segments.removed", "segment:lows")]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("tier = 'huge'", "segments.unknown_value", "1:8"),
        ("select 1", "segments.not_allowed", ""),
        ("name = 'Ada'", "segments.unknown_field", "1:1"),
        ("tier = 'low'; drop table customers", "segments.not_allowed", ""),
    ],
)
def test_sql_is_no_condition(begun_house: House, text: str, code: str, place: str) -> None:
    """What is not of the language is refused with its place, wherever a condition may be sent."""
    client = begun_house.client("admin")
    for answer in (
        client.post("/v1/segment-language/check", json={"text": text}),
        client.put("/v1/segments/odd", json={"text": text}),
        client.get("/v1/customers", params={"where": text}),
    ):
        assert answer.status_code == 422
        assert answer.json()["code"] in (code, "segments.not_read")
        assert answer.json()["message"].startswith(place)


@pytest.mark.slow
def test_a_file_is_taken_once_however_often_it_is_sent(house: House) -> None:
    """The same bytes are one file in the inbox and one job, and later the import that they became."""
    client = house.client("analyst")
    first, again = (client.post("/v1/imports", content=ORDERS) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert first.json()["bytes"] == len(ORDERS)
    files = [each.name for each in (house.here.folder / "inbox").iterdir()]
    assert files == [f"upload-{first.json()['sha256'][:32]}.csv"]
    assert queued(house, first.json()["job"]).kind == "inbox"

    taken = take_inbox(house.here, settled_s=0.0)

    assert [each.refused for each in taken] == [None]
    known = client.post("/v1/imports", content=ORDERS)
    assert (known.status_code, known.json()["job"], known.json()["imports"]) == (200, None, [1])
    found = client.get("/v1/imports").json()["items"]
    assert [(each["table"], each["read"], each["good"]) for each in found] == [("orders", 1, 1)]
    assert house.client("marketer").post("/v1/imports", content=ORDERS).status_code == 403


@pytest.mark.slow
def test_rejected_rows_are_shown_without_what_they_say(house: House) -> None:
    """Code, sentence and line of a rejected row are there for all who see imports; its text is not."""
    broken = ORDERS + b"X2,,2026-06-02,5.00,paid\n"
    house.client("analyst").post("/v1/imports", content=broken)
    take_inbox(house.here, settled_s=0.0)
    (row,) = house.client("analyst").get("/v1/imports/1/rejected").json()["items"]
    assert (row["line"], row["raw"]) == (3, None)
    assert row["sentence"]
    (row,) = house.client("admin").get("/v1/imports/1/rejected").json()["items"]
    assert "X2" in row["raw"]


def test_runs_back_tests_and_days_anew_are_jobs(begun_house: House) -> None:
    """What takes long is queued with what it needs to know, and not twice at once."""
    client = begun_house.client("analyst")
    for path, body, kind, params in (
        ("/v1/runs", {"as_of": "2026-06-30"}, "night", {"as_of": "2026-06-30"}),
        ("/v1/runs/replay", {"as_of": "2026-06-30"}, "replay", {"as_of": "2026-06-30"}),
        ("/v1/back-tests", {"origins": 2}, "backtest", {"origins": 2, "window_days": 91, "season": True}),
        ("/v1/effects", None, "measure", {}),
    ):
        answer = client.post(path, json=body)
        assert answer.status_code == 202, answer.text
        row = queued(begun_house, answer.json()["job"])
        assert (row.kind, row.params) == (kind, params)
        assert client.post(path, json=body).status_code == 409


def test_the_job_of_a_day_anew_finds_what_was_published(begun_house: House) -> None:
    """A worker does the queued replay; the day comes out as it was published."""
    number = begun_house.client("analyst").post("/v1/runs/replay", json={"as_of": "2026-06-30"}).json()["job"]
    silent = Listener(lambda _: None, lambda _: None, lambda *_: None)
    do_jobs(begun_house.here, Event(), silent, drain=True)
    row = queued(begun_house, number)
    assert (row.state, row.result) == ("done", {"as_of": "2026-06-30", "equal": True, "different": []})


def test_a_policy_rules_after_its_preview(begun_house: House) -> None:
    """A preview stores nothing; adopted, the policy rules, and a path is no name of one."""
    client = begun_house.client("analyst")
    preview = client.post("/v1/policies/preview", json={"name": "three_tiers"}).json()
    assert preview["customers"] == sum(each["customers"] for each in preview["flows"])
    assert client.get("/v1/policies").json()["ruling"] == "settings"
    assert client.post("/v1/policies", json={"name": "three_tiers"}).json()["name"] == "three_tiers"
    assert client.get("/v1/policies").json()["ruling"] == "three_tiers"
    for name in ("/etc/passwd", "../evergrove.toml", "nothing"):
        answer = client.post("/v1/policies", json={"name": name})
        assert (answer.status_code, answer.json()["code"]) == (422, "segments.unknown_policy")


def test_own_targets_are_set_whole_or_not_at_all(begun_house: House) -> None:
    """A file that cannot be is refused with its line and changes nothing; an empty one takes all away."""
    client = begun_house.client("analyst")
    text = (
        'format = "evergrove.own_targets/1"\n[few_lost]\nname = "Few lost"\nat_most = 0.2\n'
        "numerator = \"stage = 'churned'\"\ndenominator = \"tier = 'high'\"\n"
    )
    assert client.put("/v1/targets/own", json={"text": text}).json()["targets"] == 1
    broken = client.put("/v1/targets/own", json={"text": text.replace("at_most", "at_mst")})
    assert (broken.status_code, broken.json()["code"]) == (422, "measurement.invalid_target")
    assert client.get("/v1/targets/own").json() == {"text": text, "targets": 1}
    assert client.put("/v1/targets/own", json={"text": ""}).json()["targets"] == 0
    assert not (begun_house.here.folder / "targets.toml").exists()


def test_playbooks_are_started_and_rest(begun_house: House) -> None:
    """State follows the acts of those who may; an unknown key is not found."""
    client = begun_house.client("marketer")
    assert client.post("/v1/playbooks/L2/pause").status_code == 200
    assert client.get("/v1/playbooks/L2").json()["state"] == "paused"
    assert client.post("/v1/playbooks/L2/start").json()["state"] == "started"
    assert client.post("/v1/playbooks/L99/start").status_code == 404
    assert begun_house.client("analyst").post("/v1/playbooks/L2/start").status_code == 403


def test_persons_are_joined_parted_and_erased(begun_house: House) -> None:
    """Two ids become one person and two again; erased, nothing personal is left to show."""
    client = begun_house.client("admin")
    joined = client.post("/v1/persons/C000003/merge", json={"customer_id": "C000004"}).json()
    assert joined["customer_ids"] == ["C000003", "C000004"]
    assert sorted(client.get("/v1/customers/C000004").json()["customer_ids"]) == ["C000003", "C000004"]
    assert client.post("/v1/persons/C000004/unmerge").json()["others"] == ["C000003"]
    assert client.get("/v1/customers/C000005").json()["contacts"]
    gone = client.delete("/v1/persons/C000005").json()
    assert (gone["is_new"], gone["customer_ids"]) == (True, ["C000005"])
    card = client.get("/v1/customers/C000005").json()
    assert (card["status"], card["contacts"]) == ("erased", [])
    assert begun_house.client("marketer").delete("/v1/persons/C000006").status_code == 403


def test_a_persons_copy_is_whole_and_noted(begun_house: House) -> None:
    """An administrator gets everything opened, and the trail says who asked for whom."""
    client = begun_house.client("admin")
    document = client.post("/v1/persons/C000009/export").json()
    assert document["tables"]["contacts"][0]["email"].count("@") == 1
    assert "…" not in document["tables"]["contacts"][0]["email"]
    assert document["tables"]["orders"]
    assert noted(begun_house)[-1][::2] == ("people.handed_out", "customer:C000009")


def test_consent_is_recorded_once(begun_house: House) -> None:
    """A word said again is known; one that says no more of valuing leaves the customer out of the next run."""
    client = begun_house.client("marketer")
    word = {"status": "revoked", "given_at": "2026-06-30T10:00:00Z", "source": "phone_call"}
    assert client.post("/v1/persons/C000007/consents", json=word).json()["new"] == 1
    assert client.post("/v1/persons/C000007/consents", json=word).json()["known"] == 1
    said = client.get("/v1/persons/C000007").json()["tables"]["consent_event"]
    assert {"revoked"} <= {each["status"] for each in said}


def test_names_and_addresses_are_masked_for_whom_they_are_not_shown(begun_house: House) -> None:
    """A marketer sees neither the name nor the address of anybody, in no answer about a person."""
    client = begun_house.client("admin")
    with begun_house.here.ledger.reading() as connection:
        known = contacts(connection, begun_house.here.seal, ["C000008"])["C000008"]
    assert known.email is not None
    assert known.name is not None
    assert known.email in client.get("/v1/customers/C000008").text
    for path in ("/v1/customers/C000008", "/v1/persons/C000008"):
        text = begun_house.client("marketer").get(path).text
        assert known.email not in text
        assert known.name not in text
