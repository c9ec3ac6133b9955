"""The shop to look around in sells in the workspace's own currency."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from evergrove.app import open_workspace, trial
from evergrove.app.asked import start
from evergrove.app.jobs import Listener, do_jobs
from evergrove.core import SetClock
from evergrove.jobs import show
from evergrove.testing.house import NOON, new_folder
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("currency", ["GBP", "CNY"])
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
