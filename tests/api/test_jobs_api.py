"""Jobs over HTTP: seen, queued, cancelled, done again, and watched as they go on."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.access import disable, operator
from evergrove.api import streams as streaming
from evergrove.app import jobs as workspace_jobs
from evergrove.jobs import Kind, attempt, claim, keep_schedules, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.jobs import Task
    from evergrove.testing.house import House


def queue(house: House, kind: str = "tidy") -> int:
    """A job that waits."""
    return workspace_jobs.queue_job(house.here, kind)


def do(house: House, run: Callable[[Task], Any]) -> None:
    """Have the job that is due done, in this thread."""
    ledger, clock = house.here.ledger, house.here.clock
    hold = claim(ledger, "w", list(workspace_jobs.TITLES), clock.now())
    assert hold is not None
    attempt(ledger, hold, Kind(hold.kind, "", run), clock, lambda: 0.5, beat_s=0.01)


def fail(_task: Task) -> None:
    """Nothing to be done about it by trying again."""
    raise workspace_jobs.NoBackupFolder


def events_in(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Id and data of each event of a stream."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            assert fields["event"] == "job"
            found.append((fields["id"], json.loads(fields["data"])))
    return found


def test_a_job_is_queued_shown_and_done(house: House) -> None:
    """By whoever has the right to what it does; its log and end are told in the reader's language."""
    client = house.client("admin")

    queued = client.post("/v1/jobs", json={"kind": "tidy"})

    assert queued.status_code == 202
    number = queued.json()["number"]
    assert (queued.json()["state"], queued.json()["title"]) == ("queued", "Letting go of what is old")
    assert queued.json()["origin"] == f"user:{house.ids['admin']}"

    def work(task: Task) -> dict[str, int]:
        task.stage("Writing the file")
        task.advance(0.5)
        task.say("The reason is {code}.", code="x")
        return {"rows": 3}

    do(house, work)
    told = client.get(f"/v1/jobs/{number}", headers={"Accept-Language": "zh-Hans"}).json()
    assert (told["state"], told["percent"], told["result"]) == ("done", 100, {"rows": 3})
    assert told["title"] != "Letting go of what is old"
    assert [line["text"] for line in told["log"]] == ["原因是 x。"]
    assert told["ended_at"].endswith("Z")


def test_each_kind_asks_for_the_right_to_what_it_does(house: House) -> None:
    """Reading jobs is not enough; a second one of a kind is refused, an unknown kind named."""
    assert house.client("marketer").post("/v1/jobs", json={"kind": "night"}).status_code == 403
    assert house.client("viewer").post("/v1/jobs", json={"kind": "send"}).status_code == 403
    assert house.client("marketer").post("/v1/jobs", json={"kind": "send"}).status_code == 202
    assert (
        house.client("admin").post("/v1/jobs", json={"kind": "send"}).json()["code"] == "jobs.already_queued"
    )
    refused = house.client("admin").post("/v1/jobs", json={"kind": "export"})
    assert (refused.status_code, refused.json()["code"]) == (422, "jobs.unknown_kind")


def test_what_somebody_ordered_is_not_done_after_the_right_is_gone(house: House) -> None:
    """Case 16: the job is given up, and says why."""
    number = house.client("analyst").post("/v1/jobs", json={"kind": "night"}).json()["number"]
    with house.here.ledger.writing() as connection:
        disable(connection, operator(), house.ids["analyst"], house.here.clock.now())

    kinds = workspace_jobs.kinds(house.here.folder, house.here.clock)
    do(house, kinds["night"].run)

    told = house.client("admin").get(f"/v1/jobs/{number}").json()
    assert (told["state"], told["reason"]["code"]) == ("dead", "access.sign_in_needed")
    assert told["reason"]["message"]


def test_a_job_is_cancelled_and_run_again(house: House) -> None:
    """Once each; what cannot be is a conflict; what there is not, not found."""
    number, client = queue(house, "night"), house.client("analyst")

    assert client.post(f"/v1/jobs/{number}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/v1/jobs/{number}/cancel").status_code == 409
    assert client.post(f"/v1/jobs/{number}/retry").json()["state"] == "queued"
    do(house, fail)
    dead = client.get(f"/v1/jobs/{number}").json()
    assert (dead["state"], dead["reason"]["code"]) == ("dead", "app.no_backup_folder")
    assert client.post(f"/v1/jobs/{number}/retry").json()["state"] == "queued"
    assert client.post("/v1/jobs/999/retry").status_code == 404
    assert house.client("marketer").post(f"/v1/jobs/{number}/cancel").status_code == 403


def test_nobody_runs_again_what_they_could_not_have_done(house: House) -> None:
    """An analyst may stop a job that sends messages, and not let it loose again."""
    number, client = queue(house, "send"), house.client("analyst")
    assert client.post(f"/v1/jobs/{number}/cancel").status_code == 200
    refused = client.post(f"/v1/jobs/{number}/retry")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.right_missing")
    assert house.client("admin").post(f"/v1/jobs/{number}/retry").json()["state"] == "queued"


def test_jobs_are_listed_a_page_at_a_time(house: House) -> None:
    """The newest first, by state and kind."""
    kinds = ["tidy", "night", "measure", "send", "inbox"]
    numbers = [queue(house, kind) for kind in kinds]
    workspace_jobs.cancel_job(house.here, numbers[0])
    client = house.client("analyst")

    first = client.get("/v1/jobs", params={"limit": 2}).json()
    second = client.get("/v1/jobs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    third = client.get("/v1/jobs", params={"limit": 2, "cursor": second["next_cursor"]}).json()

    seen = [each["number"] for page in (first, second, third) for each in page["items"]]
    assert seen == numbers[::-1]
    assert third["next_cursor"] is None
    assert [job["kind"] for job in client.get("/v1/jobs?state=cancelled").json()["items"]] == ["tidy"]
    assert [job["kind"] for job in client.get("/v1/jobs?kind=send&state=queued").json()["items"]] == ["send"]
    assert house.client("viewer").get("/v1/jobs").status_code == 403


def test_what_comes_by_itself_is_told(house: House) -> None:
    """As the settings say it, once a worker has begun it."""
    here = house.here
    keep_schedules(here.ledger, workspace_jobs.schedules(here), here.clock.now())

    told = {each["key"]: each for each in house.client("analyst").get("/v1/schedules").json()["items"]}

    assert set(told) == {"night", "measure"}
    assert (told["night"]["daily_at"], told["night"]["zone"]) == ("03:00", "Asia/Shanghai")
    assert told["night"]["next_at"] == "2026-07-02T19:00:00Z"


def test_a_job_is_watched_until_it_has_ended(house: House) -> None:
    """Each state that a reader can see, the last one being its end; then the stream ends by itself."""
    number = queue(house)
    house.app.state.streams.poll_s = 0.01

    def work(task: Task) -> None:
        for share in (0.1, 0.6):
            task.advance(share)
            told = shown(house, number)
            while told.told.percent != int(100 * share):
                told = shown(house, number)

    worker = Thread(target=do, args=[house, work])
    worker.start()
    answer = house.client("analyst").get(f"/v1/jobs/{number}/events")
    worker.join()

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text.startswith("retry: ")
    events = events_in(answer.text)
    assert events[-1][1]["state"] == "done"
    assert len({name for name, _data in events}) == len(events)
    seen = [data["percent"] for _name, data in events if data["percent"] is not None]
    assert seen == sorted(seen)
    assert house.app.state.streams.open == 0


def shown(house: House, number: int) -> Any:
    """The job as it stands."""
    with house.here.ledger.reading() as connection:
        return show(connection, number)


def test_a_reader_that_comes_back_after_the_end_is_told_to_stay_away(house: House) -> None:
    """204 for the id of the last event; the end again for any other."""
    number = queue(house)
    do(house, lambda _task: None)
    client = house.client("analyst")
    ((last, data),) = events_in(client.get(f"/v1/jobs/{number}/events").text)
    assert data["state"] == "done"

    again = client.get(f"/v1/jobs/{number}/events", headers={"Last-Event-ID": last})
    other = client.get(f"/v1/jobs/{number}/events", headers={"Last-Event-ID": "0123456789abcdef"})

    assert (again.status_code, again.content) == (204, b"")
    assert events_in(other.text) == [(last, data)]
    assert client.get("/v1/jobs/77/events").status_code == 404


def test_all_jobs_are_watched_and_those_that_ended_meanwhile_are_told(house: House) -> None:
    """What a reader missed since its last event comes first; a log-in that ends ends its streams."""
    streams = house.app.state.streams
    streams.poll_s, streams.beat_s, streams.lasts_s = 0.01, 0.02, 0.1
    old = queue(house)
    do(house, lambda _task: None)
    begun = house.here.clock.now()
    house.later(minutes=5)
    waits = queue(house, "night")
    client = house.client("analyst")

    plain = client.get("/v1/jobs/events")
    since = str(int(begun.timestamp() * 1_000_000))
    resumed = client.get("/v1/jobs/events", headers={"Last-Event-ID": since})

    assert [data["number"] for _name, data in events_in(plain.text)] == [waits]
    assert [data["number"] for _name, data in events_in(resumed.text)] == [old, waits]
    assert "\n:\n\n" in plain.text  # a comment while nothing happened


def test_a_stream_ends_with_the_right_to_read_it(house: House) -> None:
    """Looked at again at each beat, long before the stream would end."""
    streams = house.app.state.streams
    streams.poll_s, streams.beat_s, streams.lasts_s = 0.01, 0.02, 60.0
    number = queue(house)
    client, _login = house.signed_in("analyst")

    def later() -> None:
        while not streams.open:
            pass
        with house.here.ledger.writing() as connection:
            disable(connection, operator(), house.ids["analyst"], house.here.clock.now())

    other = Thread(target=later)
    other.start()
    answer = client.get(f"/v1/jobs/{number}/events")
    other.join()

    assert [data["state"] for _name, data in events_in(answer.text)] == ["queued"]
    assert client.get(f"/v1/jobs/{number}").status_code == 401


def test_streams_are_few(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one reader and of all: 429 beyond, with a time after which to come back."""
    number, streams = queue(house), house.app.state.streams
    for _ in range(streaming.MOST_EACH):
        streams.enter("key:other")
    with pytest.raises(streaming.TooManyStreams):
        streams.enter("key:other")
    monkeypatch.setattr(streaming, "MOST", streaming.MOST_EACH)

    answer = house.client("analyst").get(f"/v1/jobs/{number}/events")

    assert (answer.status_code, answer.json()["code"]) == (429, "api.too_many_streams")
    assert int(answer.headers["Retry-After"]) >= 1


def test_many_streams_look_at_the_ledger_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred readers cost one query a look, and no thread each."""
    streams = streaming.Streams(house.service, poll_s=0.01, beat_s=5)
    looks, look = [], streams.look

    def counted() -> streaming.Look:
        looks.append(1)
        return look()

    monkeypatch.setattr(streams, "look", counted)

    async def read() -> set[int]:
        await streams.listen()
        try:
            found = await streams.next_look(None)
            assert found is not None
            return {job.id for job in found.jobs}
        finally:
            streams.end_listening()

    async def everybody() -> list[set[int]]:
        return await asyncio.gather(*(read() for _ in range(100)))

    number = queue(house)
    assert asyncio.run(everybody()) == [{number}] * 100
    assert len(looks) == 1


def test_an_ended_job_is_told_of_for_a_minute(house: House) -> None:
    """A stream that is slow has not missed its end."""
    number = queue(house)
    do(house, lambda _task: None)
    streams = house.app.state.streams

    assert [job.id for job in streams.look().jobs] == [number]
    house.later(seconds=61)
    assert streams.look().jobs == ()
    ended = shown(house, number).settled_at
    assert [job.id for job in streams.look(ended + timedelta(seconds=30)).jobs] == [number]
