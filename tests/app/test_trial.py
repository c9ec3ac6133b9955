"""The shop to look around in sells in the workspace's own currency."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from evergrove.app import open_workspace, trial
from evergrove.app.asked import start
from evergrove.app.jobs import Listener, do_jobs
from evergrove.app.workspace import Workspace
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions, show_facts
from evergrove.jobs import show
from evergrove.testing.house import NOON, new_folder
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.jobs import Task


@pytest.mark.slow
@pytest.mark.parametrize("currency", ["GBP", pytest.param("CNY", marks=pytest.mark.long)])
def test_a_trial_shop_fills_a_workspace_of_any_currency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, currency: str
) -> None:
    """Whoever declared pounds sees a shop that sells in pounds, and not that no row can be used."""
    monkeypatch.setattr(trial, "CUSTOMERS", 400)
    nobody = Listener(lambda _: None, lambda *_: None, lambda *_: None)
    folder = new_folder(tmp_path, value={"currency": currency, "timezone": "Europe/London"})

    with open_workspace(folder, SetClock(NOON)) as here:
        number = start(here, trial.TRIAL)
        do_jobs(here, threading.Event(), nobody, drain=True)
        with here.ledger.reading() as connection:
            job = show(connection, number)

        assert (job.state, job.reason) == ("done", None)
        run = here.warehouse.newest("run")
        assert run is not None
        with open_engine() as engine:
            here.warehouse.show(engine, run, "scores")
            assert engine.run("select distinct currency from scores") == [(currency,)]


@pytest.mark.slow
def test_an_attempt_that_was_interrupted_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another day, too: what came in stays, nothing comes in twice, and the shop is as of its first day."""
    monkeypatch.setattr(trial, "CUSTOMERS", 400)
    folder, clock = new_folder(tmp_path, value={"currency": "CNY", "timezone": "UTC"}), SetClock(NOON)
    task = cast("Task", SimpleNamespace(stage=lambda *_said: None))
    with open_workspace(folder, clock) as here:
        monkeypatch.setattr(Workspace, "ingest_customers", _interrupted)
        with pytest.raises(ConnectionAbortedError):
            trial.fill_with_trial(here, task)
        monkeypatch.undo()
        monkeypatch.setattr(trial, "CUSTOMERS", 400)
        clock.moment = NOON + timedelta(days=2)

        done = trial.fill_with_trial(here, task)

        assert done["as_of"] == (NOON - timedelta(days=1)).date().isoformat()
        seen = here.warehouse.newest()
        assert seen is not None
        with open_engine() as engine:
            show_facts(engine, here.warehouse, seen)
            ((orders, different),) = engine.run("select count(*), count(distinct order_id) from orders")
        assert orders == different > 400


@pytest.mark.slow
def test_beside_own_orders_no_shop_is_simulated(tmp_path: Path) -> None:
    """It would mix with them."""
    orders = tmp_path / "own.csv"
    orders.write_text("order_id,customer_id,date,amount\n1,a,2026-01-02,10\n2,b,2026-01-03,10\n")
    with open_workspace(new_folder(tmp_path), SetClock(NOON)) as here:
        here.ingest([orders], ReadOptions())
        with pytest.raises(trial.NotEmpty):
            trial.fill_with_trial(here, cast("Task", SimpleNamespace(stage=lambda *_said: None)))


def _interrupted(*_asked: object) -> None:
    raise ConnectionAbortedError
