"""One service: a socket, what a process holds, its children, and an end in thirty seconds."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import uvicorn

from evergrove.access import first_link, has_admin
from evergrove.app.creation import SETTINGS_FILE
from evergrove.app.service import open_service
from evergrove.app.workspace import NoWorkspace
from evergrove.core import InUse, Sentence, reason_of, sole_owner, watching
from evergrove.core.platform import allow_files
from evergrove.http.places import is_loopback_address
from evergrove.ledger import LedgerDamaged
from evergrove.reading import kept_warm
from evergrove.server import children
from evergrove.server.build import build
from evergrove.server.errors import (
    AddressUnusable,
    AlreadyServing,
    DebugInPublic,
    LedgerUnsound,
    NotANetwork,
    PortNotAllowed,
    PortTaken,
)
from evergrove.server.observing import observed
from evergrove.server.protocol import PatientProtocol
from evergrove.server.supervisor import Child, Supervisor
from evergrove.settings import AccessSettings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fastapi import FastAPI

    from evergrove.access import Link
    from evergrove.app import Workspace
    from evergrove.app.service import Service
    from evergrove.core import EvergroveWarning
    from evergrove.settings import ServerSettings

LOCK_FILE = "serve.lock"
BACKLOG = 2048
KEEP_ALIVE_S = 15
ENDING_S = 10
"""What requests that are being answered are given when the service ends; streams are cut off then."""
OWN_FILES = 512
"""Open files beside connections: ledger, Parquet, pipes."""


@dataclass(frozen=True)
class Wish:
    """
    How a service is asked for.

    Attributes:
        folder: Of the workspace.
        host, port: Where it listens; empty and 0: as the settings say.
        worker, live: Which children it has.
        debug: Whether answers hold tracebacks.
    """

    folder: Path
    host: str = ""
    port: int = 0
    worker: bool = True
    live: bool = True
    debug: bool = False


@dataclass(frozen=True)
class Begun:
    """
    What there is to tell when a service has begun.

    Attributes:
        url: Where it answers.
        first: The way in for the first administrator, where there is none yet.
        found: What is wrong with the workspace, or should be known, as far as it is seen at a glance.
    """

    url: str
    first: str | None
    found: Sequence[EvergroveWarning | Sentence] = ()


def serve(wish: Wish, begun: Callable[[Begun], object]) -> None:
    """
    Serve a workspace until SIGTERM or Ctrl-C.

    Args:
        wish: What is asked for.
        begun: Told when requests are taken.

    Raises:
        InputError: It cannot begin; the subclass says why, and what to do.
    """
    if not (wish.folder / SETTINGS_FILE).exists():
        raise NoWorkspace(folder=str(wish.folder))
    settings = load_settings(wish.folder / SETTINGS_FILE)
    chosen = _chosen(settings.server, wish)
    proxies = networks(chosen.trusted_proxies)
    if wish.debug and not is_loopback_address(chosen.host):
        raise DebugInPublic(host=chosen.host)
    with ExitStack() as stack:
        listening = stack.enter_context(listening_on(chosen.host, chosen.port))
        figures = stack.enter_context(observed(settings.logs, "serve"))
        url = _url(chosen.host, listening.getsockname()[1])
        service = stack.enter_context(open_service(wish.folder))
        if is_loopback_address(chosen.host):
            service = at_home(service, url)
        if wish.worker or wish.live:
            stack.enter_context(_alone(service.here))
        found = _glance(service.here)
        family = Supervisor(wish.folder, _children(wish))
        service.events.on_stored = family.ring
        app = build(service, figures, host=chosen.host, debug=wish.debug)
        server = _Server(_config(app, chosen, proxies), [app.state.streams.end, family.end])
        family.start()
        stack.callback(family.join)
        stack.enter_context(kept_warm(service.reader))
        begun(Begun(url, _first(service.here), found))
        watching.said("service began", host=chosen.host, port=listening.getsockname()[1])
        server.run(sockets=[listening])
        watching.said("service ends")
        family.end()


def at_home(service: Service, url: str) -> Service:
    """
    The service under the address at which it listens, where its settings name no other.

    Links lead there, and a browser's Origin is held against it: another port than usual is another address.
    """

    def found_at(here: Workspace) -> Workspace:
        if here.settings.access.base_url != AccessSettings().base_url:
            return here
        access = replace(here.settings.access, base_url=url)
        return replace(here, settings=replace(here.settings, access=access))

    service.current.adjust(found_at)
    return service


def _glance(here: Workspace) -> list[EvergroveWarning | Sentence]:
    """
    What is wrong with the workspace, told in the log too.

    Raises:
        LedgerUnsound: So much that nothing can be answered.
    """
    found = here.glance()
    for each in found:
        watching.said("found at the start", level="warning", code=each.code)
        if isinstance(each, LedgerDamaged):
            raise LedgerUnsound(reason=Sentence(each.code, each.message, each.params))
    return found


def _chosen(settings: ServerSettings, wish: Wish) -> ServerSettings:
    return replace(settings, host=wish.host or settings.host, port=wish.port or settings.port)


def _children(wish: Wish) -> list[Child]:
    wanted = {"worker": (wish.worker, children.work), "live": (wish.live, children.live)}
    return [Child(name, target) for name, (is_wanted, target) in wanted.items() if is_wanted]


def networks(given: str) -> list[str]:
    """
    Addresses and networks, as the settings list them.

    Raises:
        NotANetwork: One is neither.
    """
    listed = [part.strip() for part in given.split(",") if part.strip()]
    for each in listed:
        try:
            ipaddress.ip_network(each)
        except ValueError as error:
            raise NotANetwork(given=each) from error
    return listed


@contextmanager
def listening_on(host: str, port: int) -> Iterator[socket.socket]:
    """
    A socket that others can connect to, before anything else is opened: the commonest mistake is told at once.

    Raises:
        PortTaken: Somebody listens there.
        PortNotAllowed: This user may not.
        AddressUnusable: There is no such address.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host=host, port=str(port), other=str(port + 1)) from error
        if error.errno == errno.EACCES:
            raise PortNotAllowed(port=str(port)) from error
        raise AddressUnusable(host=host, reason=reason_of(error)) from error
    with opened:
        yield opened


@contextmanager
def _alone(here: Workspace) -> Iterator[None]:
    """Be the only service with children in a workspace on SQLite; PostgreSQL serves several hosts."""
    if here.ledger.dialect == "postgresql":
        yield
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(sole_owner(here.folder / LOCK_FILE))
        except InUse as error:
            raise AlreadyServing(folder=str(here.folder)) from error
        yield


def _first(here: Workspace) -> str | None:
    """The way in for the first administrator; each start without one voids the link before."""
    with here.ledger.reading() as connection:
        if has_admin(connection):
            return None
    with here.ledger.writing() as connection:
        link: Link = first_link(connection, here.clock.now())
    return link.under(here.settings.access.base_url)


def _config(app: FastAPI, chosen: ServerSettings, proxies: list[str]) -> uvicorn.Config:
    allow_files(chosen.connections + OWN_FILES)
    return uvicorn.Config(
        app,
        http=type("Protocol", (PatientProtocol,), {"most_connections": chosen.connections}),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=ENDING_S,
    )


class _Server(uvicorn.Server):
    """Ends once, at the first signal, its children with it; and does not raise the signal again afterwards."""

    def __init__(self, config: uvicorn.Config, ending: Sequence[Callable[[], object]]) -> None:
        super().__init__(config)
        self._ending = ending

    async def main_loop(self) -> None:
        """
        Serve until a signal has come, and tell what ends with us.

        Not the handler of the signal tells it: that may do nothing but set flags of its own, as it runs between any two
        steps of this thread, which may hold the very lock that it would wait for.
        """
        try:
            await super().main_loop()
        finally:
            for each in self._ending:
                each()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear SIGINT and SIGTERM."""
        before: dict[int, Any] = {
            each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
