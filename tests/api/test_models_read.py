"""What forecasts rest on, over HTTP: the same for the newest run by either way, in the language that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergrove.testing.house import House


def test_the_models_of_the_newest_run_are_those_of_its_number(begun_house: House) -> None:
    """Two ways to one answer; parameters are those of the run's own document, to the last digit."""
    client = begun_house.client("viewer")

    newest = client.get("/v1/models").json()

    assert client.get(f"/v1/runs/{newest['snapshot']}/models").json() == newest
    stored = client.get(f"/v1/runs/{newest['snapshot']}").json()["model_document"]["model"]["model"]
    assert {each["name"]: each["value"] for each in newest["purchases"]["parameters"]} == stored["parameters"]
    assert [each["name"] for each in newest["purchases"]["parameters"]] == ["r", "alpha", "s", "beta"]


def test_words_are_in_the_language_and_figures_are_not(begun_house: House) -> None:
    """Sentences differ, numbers do not."""
    english, chinese = (
        begun_house.client("viewer", **{"Accept-Language": language}).get("/v1/models").json()
        for language in ("en", "zh-Hans")
    )

    assert "客户" in chinese["in_words"][0]["sentence"]
    assert english["why"] != chinese["why"]
    for name in ("portrait", "tracking", "back_test", "alive_grid", "purchases", "candidates"):
        assert english[name] == chinese[name]


def test_the_fit_kept_how_it_did(begun_house: House) -> None:
    """The holdout is the shaded part of the tracking: what the judged purchases add up to came in those weeks."""
    told = begun_house.client("viewer").get("/v1/models").json()

    assert told["tracking"]["holdout_start"] > told["back_test"]["origin"]
    assert {each["name"] for each in told["back_test"]["judged"] if each["naive"]} == {
        "last_period",
        "average_rate",
    }
    weeks = told["tracking"]["weeks"]
    assert all(week["actual"] is not None for week in weeks)


def test_a_run_that_is_none_has_no_models(begun_house: House) -> None:
    """Facts are no run, and a back-test that was never made is not found."""
    client = begun_house.client("viewer")

    for path in ("/v1/runs/1/models", "/v1/runs/77/models", "/v1/back-tests/2"):
        assert client.get(path).status_code == 404, path


def test_cohorts_tell_who_came_back_soon(begun_house: House) -> None:
    """The mean is that of the groups that have had the time, by customers."""
    told = begun_house.client("viewer").get("/v1/cohorts").json()

    old = [row for row in told["rows"] if row["back_soon"] is not None]
    assert told["rows"][-1]["back_soon"] is None
    assert told["soon_days"] == 91
    back = sum(row["back_soon"] * row["customers"] for row in old)
    assert abs(back / sum(row["customers"] for row in old) - told["mean_back_soon"]) < 2e-6
