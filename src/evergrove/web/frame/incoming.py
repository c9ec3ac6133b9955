"""Files that a browser without scripts sends: read from the wire piece by piece, so that none is ever held in memory."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from evergrove.core import InputError, _
from evergrove.http import let_in_by_head, prove_form
from evergrove.http.limits import MOST_BYTES, check_length
from evergrove.web.frame.forms import CSRF
from evergrove.web.frame.pages import PageRoute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

FIELDS, LONGEST = 20, 4096
"""Fields beside the files, and how much one may hold; the headers of a part hold no more."""
PEEKED = 64 * 1024
"""Bytes in which the first file must begin."""
_PART, _DATA, _END = "part", "data", "end"
_ENCODING = "utf-8"


class NotAForm(InputError):
    """A body that is to be a form with files is none."""

    code = "web.not_a_form"
    message = _("This is no form with a file.")
    hint = _("Choose a file on the page Data and send it again.")


class Incoming:
    """
    A form with files on its way in.

    Attributes:
        fields: What stood in the fields so far; all of them once the files are through.
    """

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise NotAForm
        self.fields: dict[str, str] = {}
        self._told: deque[tuple[str, bytes]] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = b"", b""
        self._count = self._head = self._read = 0
        self._is_peeking = False
        self._stream = request.stream()
        self._file: str | None = None
        self._parser = MultipartParser(options[b"boundary"], self._callbacks())

    async def next_file(self) -> str | None:
        """Go on to the next file: its name as the browser tells it; None where there is none any more."""
        while self._file is None:
            event = await self._next()
            if event is None:
                return None
            if event[0] == _PART:
                await self._begun(event[1])
        name, self._file = self._file, None
        return name

    async def data(self) -> AsyncIterator[bytes]:
        """The bytes of the file that ``next_file`` named."""
        while (event := await self._next()) is not None and event[0] == _DATA:
            yield event[1]

    async def peek(self) -> None:
        """
        Read until the first file begins, so that the fields before it are known.

        Raises:
            NotAForm: It does not begin soon.
        """
        self._is_peeking = True
        self._file = await self.next_file()
        self._is_peeking = False

    async def _begun(self, disposition: bytes) -> None:
        _kind, told = parse_options_header(disposition)
        if b"filename" in told:
            self._file = told[b"filename"].decode(_ENCODING, "replace")
            return
        self._count += 1  # as often as they are sent: a field may come again and again under one name
        if self._count > FIELDS:
            raise NotAForm
        value = b""
        while (event := await self._next()) is not None and event[0] == _DATA:
            value += event[1]
            if len(value) > LONGEST:
                raise NotAForm
        name = told.get(b"name", b"").decode(_ENCODING, "replace")
        self.fields[name] = value.decode(_ENCODING, "replace").strip()

    async def _next(self) -> tuple[str, bytes] | None:
        while not self._told:
            if self._is_peeking and self._read >= PEEKED:
                raise NotAForm
            try:
                piece = await anext(self._stream)
            except StopAsyncIteration:
                return None
            self._read += len(piece)
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise NotAForm from error
        return self._told.popleft()

    def _callbacks(self) -> Any:
        def begin() -> None:
            self._headers, self._name, self._value, self._head = {}, b"", b"", 0

        def name(data: bytes, start: int, end: int) -> None:
            self._name += data[start:end]
            measure(end - start)

        def value(data: bytes, start: int, end: int) -> None:
            self._value += data[start:end]
            measure(end - start)

        def measure(more: int) -> None:
            self._head += more
            if self._head > LONGEST:
                raise NotAForm

        def header() -> None:
            self._headers[self._name.lower()] = self._value
            self._name, self._value = b"", b""

        return {
            "on_part_begin": begin,
            "on_header_field": name,
            "on_header_value": value,
            "on_header_end": header,
            "on_headers_finished": lambda: self._told.append(
                (_PART, self._headers.get(b"content-disposition", b""))
            ),
            "on_part_data": lambda data, start, end: self._told.append((_DATA, data[start:end])),
            "on_part_end": lambda: self._told.append((_END, b"")),
        }


class IncomingRoute(PageRoute):
    """
    A page's route that takes files: who asks is asked before a byte of the body is read.

    The form's token is asked for as soon as the fields before the first file are read.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers: the rule first, then the form's token, then the handler, which reads the files."""
        handle, rule = APIRoute.get_route_handler(self), self.rule

        async def guarded(request: Request) -> Response:
            setattr(request.state, MOST_BYTES, rule.most_bytes)
            check_length(request)
            request.state.call = await run_in_threadpool(let_in_by_head, request, rule)
            request.state.incoming = incoming = Incoming(request)
            await incoming.peek()
            await run_in_threadpool(prove_form, request, incoming.fields.get(CSRF))
            return await handle(request)

        return guarded
