"""One stream of server-sent events, from its first event until the job has ended or the reader has gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, cast

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from typing_extensions import override  # in `typing` from Python 3.12

from evergrove import jobs as queue
from evergrove.access import require
from evergrove.access.trail import named
from evergrove.api.job_answers import told_job, told_whole_job
from evergrove.api.streams import Look, Streams, mark
from evergrove.core import EvergroveError
from evergrove.http.acting import actor_of
from evergrove.jobs.types import OPEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from evergrove.http import Call
    from evergrove.jobs import Job

RIGHT = "jobs.read"
RETRY = "retry: 2000\n\n"
BEAT = ":\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_ID = 64
OLDEST = timedelta(hours=1)


def streamed(request: Request, call: Call, number: int | None) -> Response:
    """
    A stream of one job, or of all.

    Raises:
        UnknownJob: There is no such job.
        TooManyStreams: Too many are open.
    """
    last_id = request.headers.get("last-event-id", "")[:LONGEST_ID]
    streams = cast("Streams", request.app.state.streams)
    if number is not None:
        with call.here.ledger.reading() as connection:
            job = queue.show(connection, number)
        if job.state not in OPEN and mark(data_of(call, job, whole=True)) == last_id:
            return Response(status_code=204)
    who = named(call.actor)
    streams.enter(who)
    stream = _Stream(request, call, streams, number, last_id)
    return _Answer(stream, who)


class _Answer(StreamingResponse):
    """The answer; however it ends, the stream is counted no longer."""

    def __init__(self, stream: _Stream, who: str) -> None:
        super().__init__(stream.events(), media_type="text/event-stream", headers=HEADERS)
        self._streams, self._who = stream.streams, who

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.leave(self._who)


class _Stream:
    """What one reader is told, and has been."""

    def __init__(
        self, request: Request, call: Call, streams: Streams, number: int | None, last_id: str
    ) -> None:
        self._request, self._call, self.streams = request, call, streams
        self._number, self._last_id = number, last_id
        self._told: dict[int, str] = {}

    async def events(self) -> AsyncIterator[str]:
        """Every event, as it is sent; a comment where there is none for long."""
        yield RETRY
        begun = checked = monotonic()
        await self.streams.listen()
        try:
            look, seen = await run_in_threadpool(self._first), None
            while True:
                for event in self._changed(look):
                    yield event
                if (
                    self._is_over(look)
                    or self.streams.is_ending
                    or monotonic() - begun >= self.streams.lasts_s
                ):
                    return
                found = await self.streams.next_look(seen)
                if monotonic() - checked >= self.streams.beat_s:
                    checked = monotonic()
                    if not await run_in_threadpool(self._may_still):
                        return
                    yield BEAT
                if found is not None:
                    look = seen = found
        finally:
            self.streams.end_listening()

    def _first(self) -> Look:
        """How things are when it begins; of all jobs, also those that have ended since the last event."""
        if self._number is None:
            return self.streams.look(_moment(self._last_id, self._call.here.clock.now()))
        here = self._call.here
        with here.ledger.reading() as connection:
            return Look(here.clock.now(), (queue.show(connection, self._number),))

    def _changed(self, look: Look) -> Iterator[str]:
        """Events of what is not as it was told last, the oldest job first."""
        for job in reversed(look.jobs):
            if self._number not in {None, job.id}:
                continue
            data = data_of(self._call, job, whole=self._number is not None)
            name = mark(data)
            if name in {self._told.get(job.id), self._last_id}:
                continue
            self._told[job.id] = name
            moment = str((look.at - EPOCH) // timedelta(microseconds=1))
            yield f"id: {moment if self._number is None else name}\nevent: job\ndata: {data}\n\n"

    def _is_over(self, look: Look) -> bool:
        """Whether the one job has ended; a stream of all goes on."""
        return any(job.id == self._number and job.state not in OPEN for job in look.jobs)

    def _may_still(self) -> bool:
        """Whether whoever reads is still known and may: a log-in can end while a stream is open."""
        try:
            require(actor_of(self._request, self._call.service), RIGHT)
        except EvergroveError:
            return False
        return True


def data_of(call: Call, job: Job, *, whole: bool) -> str:
    """A job as one line of JSON."""
    told = told_whole_job(job, call.language) if whole else told_job(job, call.language)
    return told.model_dump_json()


def _moment(last_id: str, now: datetime) -> datetime | None:
    """The moment of the last event that was read, an hour back at most."""
    if not last_id.isdecimal():
        return None
    return max(EPOCH + timedelta(microseconds=int(last_id[:17])), now - OLDEST)
