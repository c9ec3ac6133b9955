"""What a form holds, and what of it cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from fastapi import Depends
from pydantic import BaseModel, BeforeValidator, ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.core import EvergroveError, Sentence
from evergrove.http.fields import path_of, refused
from evergrove.text import translator
from evergrove.web.frame.ways_out import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Language

BLANK = BeforeValidator(lambda value: None if value == "" else value)
"""A field of a form in the address that was left empty: browsers send it all the same."""
CSRF = "csrf"
FIELDS = 200
"""Fields of one form; a page has a few dozen."""
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True)
class Form:
    """
    A form as it was sent.

    Attributes:
        values: What stands in each field, as often as it was sent.
    """

    values: Mapping[str, tuple[str, ...]]

    def text(self, name: str, otherwise: str = "") -> str:
        """What stands in a field, without blanks around it."""
        given = self.values.get(name)
        return given[0].strip() if given else otherwise

    def texts(self, name: str) -> tuple[str, ...]:
        """All that was chosen of several."""
        return self.values.get(name, ())

    def has(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.values

    def body(self, kind: type[B], **more: Any) -> B:
        """
        The body that the route of /v1 takes, from the fields of the same names; empty ones are left out.

        Args:
            kind: Of the body.
            more: What the form does not hold as it is.

        Raises:
            ValidationError: Something cannot be used; ``Refused.of`` says what.
        """
        given = {name: self.text(name) for name in kind.model_fields if self.text(name)}
        return kind.model_validate({**given, **more})


@dataclass(frozen=True)
class Refused:
    """
    Why a form was not taken.

    Attributes:
        message: What is wrong with all of it; empty where single fields are.
        hint: The way out.
        fields: What is wrong with each field, by its name.
        status: Of the answer.
    """

    message: str = ""
    hint: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    status: int = 422

    @classmethod
    def of(cls, error: EvergroveError | ValidationError, language: Language) -> Refused:
        """What an error says of a form, in a language."""
        say = translator(language)
        if isinstance(error, EvergroveError):
            wrong, way = told(error)
            return cls(wrong.said(say), way.said(say) if way.template else "")
        found: dict[str, str] = {}
        for each in error.errors():
            one = refused(each["type"], each.get("ctx") or {})
            name = path_of(each["loc"]).partition(".")[0]
            found[name] = Sentence(one.code, one.message, one.params).said(say)
        return cls(fields=found)


async def read_form(request: Request) -> Form:
    """
    The fields of a form; a body of another kind holds none.

    Raises:
        HTTPException: There are too many fields, or too much stands in them.
    """
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return Form({})
    sent = await request.form(max_fields=FIELDS)
    values: dict[str, tuple[str, ...]] = {}
    for name, value in sent.multi_items():
        values[name] = (*values.get(name, ()), cast("str", value).replace("\x00", ""))
    return Form(values)


def _of(request: Request) -> Form:
    return cast("Form", request.state.form)


ThisForm = Annotated[Form, Depends(_of)]
"""A parameter of a handler: ``def invite(call: ThisCall, form: ThisForm)``."""
