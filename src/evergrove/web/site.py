"""The parts of the site, and how an application comes to have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.web.begin import page as begin
from evergrove.web.cohorts import page as cohorts
from evergrove.web.customer import acts as customer_acts
from evergrove.web.customer import page as customer
from evergrove.web.customers import exporting
from evergrove.web.customers import page as customers
from evergrove.web.data import more as more_data
from evergrove.web.data import one as one_import
from evergrove.web.data import page as data
from evergrove.web.data import readiness, sending
from evergrove.web.data import waiting as waiting_file
from evergrove.web.door import links
from evergrove.web.door import page as door
from evergrove.web.frame import assets, choices
from evergrove.web.frame.errors import error_page
from evergrove.web.jobs import one as one_job
from evergrove.web.jobs import page as jobs
from evergrove.web.readers import page as readers
from evergrove.web.models import back_tests
from evergrove.web.models import page as models
from evergrove.web.models import runs as model_runs
from evergrove.web.outreach import stopping
from evergrove.web.overview import page as overview
from evergrove.web.segments import editing, listing, moves, personas, policy
from evergrove.web.segments import one as one_segment
from evergrove.web.settings import account, audit, general, health, keys, people, privacy
from evergrove.web.todo import page as todo

if TYPE_CHECKING:
    from fastapi import FastAPI

PARTS = (
    assets,
    choices,
    door,
    links,
    readers,
    begin,
    overview,
    todo,
    stopping,
    customers,
    exporting,
    customer,
    customer_acts,
    account,
    general,
    people,
    keys,
    privacy,
    audit,
    health,
    jobs,
    one_job,
    data,
    one_import,
    sending,
    waiting_file,
    readiness,
    more_data,
    listing,
    editing,
    personas,
    moves,
    policy,
    one_segment,
    cohorts,
    models,
    back_tests,
    model_runs,
)
"""Modules with ``pages``."""


def install(app: FastAPI) -> None:
    """Have an application answer with pages, and tell browsers of errors in pages."""
    for part in PARTS:
        app.include_router(part.pages.router)
    app.state.error_page = error_page
