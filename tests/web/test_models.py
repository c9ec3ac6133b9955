"""What forecasts rest on, as people see it: the words of the report, the figures of /v1, and work that is begun."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING

import pytest

from evergrove.api.models import Models
from evergrove.jobs import show
from evergrove.pipeline import BacktestRequest
from evergrove.scoring.rolling import Options
from evergrove.testing.browsing import Browser
from evergrove.text import Formats
from evergrove.web.models.trust import stats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.testing.house import House

ENGLISH = Formats("en", "CNY")


def test_the_page_says_what_the_api_answers(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Every sentence about the shop, why the model was taken, notes; parameters in the file to the last digit."""
    told = begun_house.client("viewer").get("/v1/models").json()
    viewer = visitor("viewer")
    seen = viewer.open("/models")

    for sentence in (told["why"], *(each["sentence"] for each in (*told["in_words"], *told["notes"]))):
        assert " ".join(sentence.split()) in seen.text
    file = viewer.client.get("/models/files/parameters.csv").content.decode("utf-8-sig")
    values = [float(each["value"]) for each in csv.DictReader(io.StringIO(file))]
    shown = [each for model in ("purchases", "spend", "runner_up") if (each := told[model]) is not None]
    assert values == [parameter["value"] for model in shown for parameter in model["parameters"]]


def test_tracking_is_what_the_fit_kept(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Actual purchases are counted, week by week, and the file holds them."""
    told = begun_house.client("viewer").get("/v1/models").json()
    file = visitor("viewer").client.get("/models/files/tracking.csv").content.decode("utf-8-sig")

    weeks = told["tracking"]["weeks"]
    assert sum(week["actual"] for week in weeks) > 0
    rows = list(csv.reader(io.StringIO(file)))[1:]
    assert [row[2].replace(",", "") for row in rows] == [f"{week['actual']:.0f}" for week in weeks]


@pytest.mark.parametrize("path", ["/models", "/models/histories", "/models/back-tests", "/models/runs"])
def test_before_the_first_run_pages_teach(house: House, path: str) -> None:
    """Nothing was fitted: neither a fault nor an empty chart."""
    seen = Browser(house).open(path)

    assert "There" in seen.text or "Nothing" in seen.text
    assert "<figure" not in seen.text


def test_forecasts_that_drift_are_said_to(begun_house: House) -> None:
    """With the bounds, and marked as what is off; forecasts that hold are not."""
    told = Models.model_validate(begun_house.client("viewer").get("/v1/models").json())
    drift = {"since": "2026-06-30", "actual": 800, "low": 900.0, "high": 1100.0, "is_outside": True}

    off, held = (stats(told, drift | {"is_outside": outside}, ENGLISH)[-1] for outside in (True, False))

    assert (off.value, off.note, off.is_off) == ("800", "Outside the forecast: 900 to 1,100", True)
    assert (held.note, held.is_off) == ("Foretold: 900 to 1,100", False)


def test_a_back_test_is_begun_with_what_was_asked(
    begun_house: House, visitor: Callable[..., Browser]
) -> None:
    """As a job with the fields of the form, which the next page names."""
    analyst = visitor("analyst")
    seen = analyst.open("/models/back-tests")

    seen = analyst.send(seen, "/models/back-tests", origins="2", window_days="60", as_of="2026-05-31")

    (job,) = begun_house.client("analyst").get("/v1/jobs?kind=backtest").json()["items"]
    assert f"/settings/jobs/{job['number']}" in seen.links
    with begun_house.here.ledger.reading() as connection:
        queued = show(connection, job["number"])
    assert queued.params == {"origins": 2, "window_days": 60, "season": True, "as_of": "2026-05-31"}


def test_what_cannot_be_used_is_said_at_its_field(visitor: Callable[..., Browser]) -> None:
    """What was typed is still there, and a second back-test at a time is refused with the first one's number."""
    analyst = visitor("analyst", "zh-Hant")
    seen = analyst.open("/models/back-tests")

    seen = analyst.send(seen, "/models/back-tests", 422, origins="99", window_days="60")

    form = next(each for each in seen.forms if each.action == "/models/back-tests")
    assert form.fields["origins"] == ["99"]
    assert form.fields["window_days"] == ["60"]
    seen = analyst.send(seen, "/models/back-tests", origins="2")
    analyst.send(seen, "/models/back-tests", 409, origins="2")


def test_runs_and_replays_are_begun(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """From the list and from a run; a day that is none is refused where it was typed."""
    analyst = visitor("analyst")
    seen = analyst.open("/models/runs")
    analyst.send(seen, "/models/runs", 422, as_of="31 June")
    analyst.send(seen, "/models/runs", as_of="2026-06-30")
    one = next(link for link in seen.links if link.startswith("/models/runs/"))
    seen = analyst.open(one)

    analyst.send(seen, "/models/runs/replay")

    kinds = {each["kind"] for each in begun_house.client("analyst").get("/v1/jobs").json()["items"]}
    assert {"night", "replay"} <= kinds


def test_a_run_shows_all_that_it_came_to(begun_house: House, visitor: Callable[..., Browser]) -> None:
    """Tables with rows and digests, and the basis."""
    told = begun_house.client("viewer").get("/v1/runs/2").json()

    seen = visitor("viewer").open("/models/runs/2")

    for text in (told["basis"], *told["tables"], *told["digests"].values()):
        assert text in seen.text
    assert not any(form.action == "/models/runs/replay" for form in seen.forms)


def test_who_may_not_begin_is_not_offered_it(visitor: Callable[..., Browser]) -> None:
    """And sent by hand all the same, it is refused."""
    viewer = visitor("viewer")
    for path in ("/models/back-tests", "/models/runs"):
        seen = viewer.open(path)
        assert not any(form.action == path for form in seen.forms)
        token = next(form.fields["csrf"] for form in seen.forms if "csrf" in form.fields)
        assert viewer.client.post(path, data={"csrf": token, "origins": "2"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/models/runs/77", "/models/back-tests/77", "/models/back-tests/2", "/models/runs/1"]
)
def test_what_is_not_there_is_not_found(visitor: Callable[..., Browser], path: str) -> None:
    """Neither is a run a back-test, nor facts a run."""
    seen = visitor("analyst").open(path, 404)

    assert "There is no" in seen.text


@pytest.mark.slow
def test_a_back_test_stands_in_full_on_its_page(
    begun_house: House, visitor: Callable[..., Browser], tmp_path: Path
) -> None:
    """In the reader's language what /v1 answers in it; its tables as files; the list and the first page lead there."""
    options = Options(origins=1, window_days=60, season=False)
    request = BacktestRequest(out=tmp_path / "out", options=options, as_of=date(2026, 6, 30))
    begun_house.here.backtest(request)
    analyst = visitor("analyst", "zh-Hans")
    path = next(
        link for link in analyst.open("/models/back-tests").links if link.startswith("/models/back-tests/")
    )
    assert path in analyst.open("/models").links

    seen = analyst.open(path)

    client = begun_house.client("analyst", **{"Accept-Language": "zh-Hans"})
    told = client.get(f"/v1{path.removeprefix('/models')}").json()
    assert told["found"]["verdict"]["says"] in seen.text
    files = [link for link in seen.links if link.endswith(".csv")]
    assert f"{path}/files/ranking-table.csv" in files
    for file in files:
        assert analyst.client.get(file).status_code == 200
    titles = {each["title"] for each in told["found"]["contenders"]}
    assert any("过去" in title or "迄今" in title for title in titles)
