"""What the library and the command line can do, the service can: each verb has a route, or a reason why it has none."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from evergrove.access import right_of_verb
from evergrove.access.errors import UnknownRight
from evergrove.api import RESOURCES
from evergrove.app.workspace import Workspace
from evergrove.cli.commands import COMMANDS, load
from evergrove.http import GuardedRoute

if TYPE_CHECKING:
    from collections.abc import Iterator

VERBS = {
    "ingest": "POST /imports",
    "ingest_customers": "POST /imports",
    "run": "POST /runs",
    "send": "POST /messages/send",
    "erase": "DELETE /persons/{customer_id}",
    "person": "GET /persons/{customer_id}",
    "export_person": "POST /persons/{customer_id}/export",
    "merge": "POST /persons/{customer_id}/merge",
    "unmerge": "POST /persons/{customer_id}/unmerge",
    "measure": "POST /effects",
    "targets": "GET /targets",
    "kept_targets": "GET /targets",
    "review": "GET /reviews/{month}",
    "backtest": "POST /back-tests",
    "export": "POST /exports",
    "doctor": "GET /doctor",
    "replay": "POST /runs/replay",
    "playbooks": "GET /playbooks",
    "add_playbook": "POST /playbooks",
    "start": "POST /playbooks/{key}/start",
    "approve": "POST /playbooks/{key}/approve",
    "try_playbook": "POST /playbooks/{key}/try",
    "release": "POST /playbooks/{key}/release",
    "pause": "POST /playbooks/{key}/pause",
    "channels": "GET /channels",
    "control_prices": "GET /control-prices",
}
"""Verb of the workspace to the route that does the same."""
NO_VERB = {
    "keep_targets": "the end of a night: POST /runs",
    "alone": "what verbs hold while they work",
    "glance": "the quick part of doctor, which a process that serves calls itself when it starts",
    "bounces": "reads mails that lie at the machine; providers tell the same to POST /email-receipts",
    "resume": "POST /outbound/resume; it asks for settings.write, and confirms the copy that is served",
}
"""Verbs without a route of their own, and why."""
COMMAND: dict[str, tuple[str, ...]] = {
    "ingest": ("POST /imports",),
    "run": ("POST /runs",),
    "segments check": ("POST /segment-language/check",),
    "segments define": ("PUT /segments/{key}",),
    "segments list": ("GET /segments",),
    "segments show": ("GET /segments/{key}",),
    "segments members": ("GET /segments/{key}/members",),
    "segments complete": ("GET /segment-language/completion",),
    "segments remove": ("DELETE /segments/{key}",),
    "segments policies": ("GET /policies",),
    "segments preview": ("POST /policies/preview",),
    "segments adopt": ("POST /policies",),
    "segments due": ("GET /due",),
    "segments persona": ("GET /personas",),
    "playbook": ("GET /playbooks",),
    "coupon list": ("GET /coupon-campaigns", "GET /coupon-campaigns/{key}/figures"),
    "coupon add": ("PUT /coupon-campaigns/{key}",),
    "coupon pause": ("POST /coupon-campaigns/{key}/pause",),
    "coupon resume": ("POST /coupon-campaigns/{key}/resume",),
    "coupon codes": ("GET /coupon-campaigns/{key}/codes", "POST /coupon-campaigns/{key}/codes"),
    "coupon bring": ("POST /coupon-campaigns/{key}/stock",),
    "coupon subsidy": ("GET /coupon-campaigns/{key}/subsidy",),
    "coupon refused": ("GET /coupon-refusals",),
    "coupon redeem": ("POST /coupons/{code}/redeem",),
    "coupon roll-back": ("POST /coupon-roll-backs",),
    "coupon redemptions": ("POST /coupon-redemptions",),
    "send": ("POST /messages/send",),
    "measure": ("GET /effects",),
    "backtest": ("GET /back-tests",),
    "jobs": (
        "GET /jobs",
        "GET /jobs/{number}",
        "POST /jobs",
        "POST /jobs/{number}/cancel",
        "POST /jobs/{number}/retry",
        "GET /schedules",
    ),
    "targets": ("GET /targets",),
    "review": ("GET /reviews/{month}",),
    "person": ("GET /persons/{customer_id}",),
    "export": ("POST /exports",),
    "replay": ("POST /runs/replay",),
    "backup": ("POST /backups",),
    "doctor": ("GET /doctor",),
    "audit": (
        "GET /audit",
        "GET /audit/verdict",
        "GET /audit/head",
    ),
    "users": (
        "GET /users",
        "POST /users",
        "PATCH /users/{account_id}",
        "POST /users/{account_id}/reset",
        "POST /users/{account_id}/disable",
    ),
    "keys": (
        "GET /keys",
        "POST /keys",
        "DELETE /keys/{prefix}",
    ),
    "resume": ("POST /outbound/resume", "POST /outreach/resume"),
    "stop": ("POST /outreach/stop", "GET /outreach/state"),
    "decide": ("GET /decisions/plan",),
    "price": ("GET /control-prices",),
    "bounces": ("POST /email-receipts",),
    "letter": ("GET /letters", "GET /letters/{name}", "POST /letters", "GET /letters/{name}/preview"),
    "channel": ("GET /channels",),
    "task": ("GET /tasks", "POST /tasks/{task_id}/take", "POST /tasks/{task_id}/finish"),
    "outbox": ("GET /outbox", "POST /outbox/{outbox_id}/settle", "POST /outbox/{outbox_id}/retry"),
}
"""Command, or verb of one, to the routes that tell or do the same."""
NO_COMMAND = {
    "value": "works on files, without a workspace",
    "explain": "follows the files that value has read; GET /customers/{customer_id} says why of a workspace",
    "demo": "simulates a shop on this machine",
    "init": "makes the workspace that is served",
    "worker": "is a process beside the service",
    "serve": "is the service",
    "restore": "takes the place of what is served",
    "upgrade": "is done while nothing is served",
}

COMING = {"serve"}
"""Commands that may not be there yet."""


def registered() -> dict[str, str]:
    """Route to the right that it asks for."""
    return {
        f"{next(iter(each.methods or ()))} {each.path.replace(':int', '')}": each.rule.right
        for resource in RESOURCES
        for each in resource.routes.router.routes
        if isinstance(each, GuardedRoute)
    }


def commands() -> Iterator[str]:
    """Every command; of one with verbs of its own, each of these."""
    for name in COMMANDS:
        inner = getattr(load(name), "commands", {})
        yield from (f"{name} {verb}" for verb in inner) if inner else (name,)


def test_every_verb_of_a_workspace_has_a_route_with_its_right() -> None:
    """A verb that somebody adds is served under the right that the table names, or listed here with a reason."""
    verbs = {
        name for name, each in inspect.getmembers(Workspace, inspect.isfunction) if not name.startswith("_")
    }
    assert verbs == {*VERBS, *NO_VERB}
    routes = registered()
    for verb, route in VERBS.items():
        assert routes.get(route), f"{verb}: {route} is not there"
        try:
            assert routes[route] == right_of_verb(verb), f"{verb}: {route} asks for {routes[route]}"
        except UnknownRight:
            pytest.fail(f"{verb}: no right names it")


def test_every_command_has_a_route_or_a_reason() -> None:
    """Whoever adds a command says where the service has the same."""
    known, routes = set(commands()), registered()
    assert not known - {*COMMAND, *NO_COMMAND}
    assert not {*COMMAND, *NO_COMMAND} - known - COMING
    missing = [
        each for command in COMMAND if command in known for each in COMMAND[command] if each not in routes
    ]
    assert not missing
