"""A service over a small workspace, everybody it knows, and clients of every role."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from evergrove.access import RIGHTS, ROLES, create_key, operator, rights_of
from evergrove.app.creation import create_workspace
from evergrove.app.service import open_service
from evergrove.core import SetClock
from evergrove.server.build import build
from evergrove.testing.door import Door

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from evergrove.access import Passwords, Role, SignedIn
    from evergrove.app import Workspace
    from evergrove.app.service import Service
    from evergrove.http import Routes

NOON = datetime(2026, 7, 2, 12, tzinfo=UTC)
BASE = "http://127.0.0.1:8350"
HERE = ("127.0.0.1", 50_000)
CHOSEN = {"value": {"currency": "CNY", "timezone": "Asia/Shanghai"}, "access": {"base_url": BASE}}


@dataclass
class House:
    """
    A service at work, whom it knows, and how to call it.

    Attributes:
        keys: Text of one key a role, with all rights of that role.
        ids: Account of each role.
    """

    service: Service
    app: FastAPI
    door: Door
    keys: dict[Role, str] = field(default_factory=dict)
    ids: dict[Role, str] = field(default_factory=dict)

    @property
    def here(self) -> Workspace:
        """The workspace."""
        return self.service.here

    def client(self, role: Role | None = "admin", **headers: str) -> TestClient:
        """A client with the key of a role; None: with no key."""
        if role is not None:
            headers = {"Authorization": f"Bearer {self.keys[role]}", **headers}
        return TestClient(self.app, BASE, client=HERE, headers=headers)

    def key(self, role: Role, *scopes: str) -> str:
        """Another key of a role's account, with these scopes only."""
        with self.here.ledger.writing() as connection:
            made = create_key(
                connection,
                operator(),
                self.ids[role],
                "test",
                scopes,
                self.here.clock.now(),
                timedelta(days=30),
            )
        return made.text

    def signed_in(self, role: Role) -> tuple[TestClient, SignedIn]:
        """A client that holds a log-in's cookie, and that log-in; ``csrf`` goes into X-CSRF-Token."""
        opened = self.door.sign_in(f"{role}@shop.example")
        client = TestClient(self.app, BASE, client=HERE, cookies={"evergrove": opened.secret})
        return client, opened

    def person(self, role: Role = "admin") -> TestClient:
        """A client of somebody who has signed in, whose requests carry the token of the log-in."""
        client, opened = self.signed_in(role)
        client.headers["X-CSRF-Token"] = opened.csrf
        return client

    def also(self, routes: Routes) -> None:
        """Have the service answer routes of a test, under /v1."""
        self.app = build(self.service, further=[SimpleNamespace(routes=routes)])

    def later(self, **time: float) -> None:
        """Time passes."""
        self.door.later(**time)


@contextmanager
def opened(folder: Path, passwords: Passwords, clock: SetClock) -> Iterator[House]:
    """A house over a workspace; an account and a key for each role are made."""
    with open_service(folder, clock, passwords=passwords) as service:
        door = Door(service.here.ledger, passwords, service.here.seal, clock)
        house = House(service, build(service), door)
        for role in ROLES:
            house.ids[role] = door.account(f"{role}@shop.example", role)
            house.keys[role] = house.key(role, *(each for each in RIGHTS if each in rights_of(role)))
        yield house


def new_folder(tmp_path: Path, **chosen: dict[str, Any]) -> Path:
    """An empty workspace."""
    folder = tmp_path / "workspace"
    create_workspace(
        folder, chosen={**CHOSEN, **chosen}, key_file=tmp_path / "keys" / "key", clock=SetClock(NOON)
    )
    return folder
