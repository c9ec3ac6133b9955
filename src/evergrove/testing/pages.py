"""Every page that a service has, at an address where something is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.testing.routes import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

    from evergrove.testing.house import House

SHOWN = {
    "/link/{token}": "/link/abc",
    "/customers/{customer_id}": "/customers/C000001",
    "/settings/jobs/{number}": "/settings/jobs/1",
    "/data/imports/{number}": "/data/imports/1",
    "/data/imports/{number}/rejected": "/data/imports/1/rejected",
    "/segments/{key}": "/segments/looked-at",
    "/segments/{key}/edit": "/segments/looked-at/edit",
    "/models/runs/{snapshot}": "/models/runs/newest",
    "/letters/{name}": "/letters/new-coupon",
    "/letters/{name}/edit": "/letters/new-coupon/edit",
    "/playbooks/{key}": "/playbooks/L2",
    "/playbooks/{key}/edit": "/playbooks/L2/edit",
}
"""Pages with parameters: one that is there."""
NO_PAGES = {
    "/l/{token}",
    "/p/{token}",
    "/c/{token}",
    "/o/{token}",
    "/favicon.ico",
    "/assets/{digest}/{name}",
    "/begin/wait",
    "/customer-files/{export}",
    "/settings/jobs/{number}/progress",
    "/settings/jobs/{number}/live",
    "/data/waiting/{file_id}",
    "/data/readiness/list",
    "/data/imports/{number}/rejected.csv",
    "/overview/targets",
    "/playbooks/{key}/now",
    "/playbooks/{key}/price",
    "/experiments/list",
    "/segments/{key}/now",
    "/segments/{key}/changes",
    "/segments/personas/part",
    "/segments/policy/preview",
    "/models/back-tests/{snapshot}",
    "/outbox/{outbox_id}",
    "/letters/{name}/look",
    "/coupons/{key}",
}
"""Files, parts of pages, what needs work of its own to be there, and what readers of letters see: tests of their own hold those."""


def paths(house: House, shown: Mapping[str, str] = SHOWN) -> list[str]:
    """
    Every page there is to look at; one with parameters that is in neither table fails.

    Args:
        house: The service.
        shown: Pages with parameters: where one is; "newest" stands for the newest run.
    """
    newest = house.here.warehouse.newest("run")
    return sorted(
        path.replace("newest", str(newest.id if newest else 0)) for path in _found(house.app, shown)
    )


def _found(app: FastAPI, shown: Mapping[str, str]) -> list[str]:
    return [
        shown[line.path] if "{" in line.path else line.path
        for line in lines_of(app, pages=True)
        if line.method == "GET"
        and line.path not in NO_PAGES
        and not line.path.endswith("/files/{key}.{kind}")
    ]
