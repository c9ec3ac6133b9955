"""The parts of the site."""

from __future__ import annotations

from evergrove.web.begin import page as begin
from evergrove.web.budgets import page as budgets
from evergrove.web.budgets import plan as budget_plan
from evergrove.web.cohorts import page as cohorts
from evergrove.web.coupons import listing as coupons
from evergrove.web.coupons import one as one_coupons
from evergrove.web.coupons import writing as new_coupons
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
from evergrove.web.guards import page as guards
from evergrove.web.jobs import one as one_job
from evergrove.web.jobs import page as jobs
from evergrove.web.letters import editing as letter_editing
from evergrove.web.letters import listing as letter_listing
from evergrove.web.letters import one as one_letter
from evergrove.web.models import back_tests
from evergrove.web.models import page as models
from evergrove.web.models import runs as model_runs
from evergrove.web.outbox import listing as outbox
from evergrove.web.outbox import one as one_message
from evergrove.web.outreach import stopping
from evergrove.web.overview import page as overview
from evergrove.web.playbooks import acting as playbook_acts
from evergrove.web.playbooks import editing as playbook_texts
from evergrove.web.playbooks import listing as playbooks
from evergrove.web.playbooks import one as one_playbook
from evergrove.web.readers import page as readers
from evergrove.web.results import beliefs, experiments, ledger
from evergrove.web.segments import editing, listing, moves, personas, policy
from evergrove.web.segments import one as one_segment
from evergrove.web.settings import account, audit, general, health, keys, people, privacy
from evergrove.web.tasks import page as tasks
from evergrove.web.todo import page as todo

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
    letter_listing,
    letter_editing,
    one_letter,
    tasks,
    coupons,
    new_coupons,
    one_coupons,
    playbooks,
    playbook_texts,
    playbook_acts,
    one_playbook,
    outbox,
    one_message,
    guards,
    budgets,
    budget_plan,
    ledger,
    experiments,
    beliefs,
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
