"""``/v1/letters``: what people are written, in versions; what a reader would get; and a try at people of the team."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from evergrove.access import require
from evergrove.app import letters as app
from evergrove.core import InputError, _
from evergrove.delivery.letters import checked, document_of, document_written, letter_text
from evergrove.delivery.rendering import CATALOGUE, FILTERS, TAGS
from evergrove.delivery.rendering.catalogue import Source
from evergrove.delivery.rendering.checking import named_values
from evergrove.http import Answer, Body, Moment, Routes, ThisCall
from evergrove.reading.card import newest_card
from evergrove.text import translator
from evergrove.text.catalogue import say

if TYPE_CHECKING:
    from evergrove.delivery.letters import Listed
    from evergrove.delivery.rendering import Letter, Value
    from evergrove.http import Call
    from evergrove.people import Contact

routes = Routes(tag="letters")

LONGEST = 200_000
"""Characters of a letter that is written as a text."""
DECLARED = _("What the playbook gives; the letter declares it itself.")

Name = Annotated[str, Path(min_length=1, max_length=60, examples=["new-thanks"])]
Reader = Literal["en", "zh-Hans", "zh-Hant"]
CustomerId = Annotated[
    str | None,
    Query(
        max_length=200, pattern=r"^[^\x00]+$", description="As this customer would get it; none: a sample."
    ),
]
Version = Annotated[
    int | None,
    Query(ge=0, le=1_000_000, description="None: the newest; 0: the one that comes with Evergrove."),
]


class NotOneLetter(InputError):
    """A letter came in no form, or in two."""

    code = "api.not_one_letter"
    message = _("A letter is sent either as a text or as a document.")
    hint = _("Leave one of the two out: text is TOML, document is the same as JSON.")


class LetterLine(Answer):
    """A letter in one version."""

    name: str = Field(examples=["new-thanks"])
    version: int = Field(description="0: it comes with Evergrove.")
    category: Literal["marketing", "service", "transactional"]
    languages: list[Reader]
    forms: list[str] = Field(description="`email`, `short`, or channels whose platform keeps the words.")
    created_at: Moment | None
    created_by: str = Field(description="As the audit trail names them; empty where it comes with Evergrove.")


class Letters(Answer):
    """All letters, each in the version that messages take."""

    items: list[LetterLine]


class ValueShown(Answer):
    """A value that letters may name."""

    name: str
    type: str
    sentence: str
    sample: Any
    is_personal: bool
    is_certain: bool = Field(description="Whether every recipient has it; whoever lacks another is skipped.")
    source: Source = Field(
        description="`sender`: the settings. `recipient`. `step`: the playbook's step. `decision`: as it was when the "
        "message was decided on. `night`: the latest run, when the message leaves. `playbook`: nobody yet."
    )


class LetterWhole(LetterLine):
    """A letter with its words and its history."""

    document: dict[str, Any] = Field(description="As docs/templates.md describes it.")
    text: str = Field(description="The same as TOML, to be changed and sent again.")
    values: list[ValueShown] = Field(description="What it names.")
    versions: list[LetterLine] = Field(description="The newest first.")


class LetterAdded(LetterLine):
    """A letter that was kept."""

    is_new: bool = Field(
        description="Whether it is a new version; the newest said the same where it is none."
    )


class LetterGiven(Body):
    """A letter to be kept or looked at, in one of two forms."""

    text: str | None = Field(
        None, max_length=LONGEST, description="As TOML, the way docs/templates.md shows it; or:"
    )
    document: dict[str, Any] | None = Field(
        default=None,
        description="As docs/templates.md describes it.",
        examples=[
            {
                "format": "evergrove.letter/1",
                "name": "spring-news",
                "category": "marketing",
                "words": {
                    "en": {"subject": "News from {{ shop }}", "body": "{{ greeting }}\n\nIt is spring."}
                },
            }
        ],
    )


class LetterToCheck(LetterGiven):
    """A letter to be looked at."""

    language: Reader | None = Field(
        None, description="Of the sample reader; null: yours, or the first that it has."
    )


class ShortShown(Answer):
    """A text message."""

    text: str
    encoding: Literal["GSM-7", "UCS-2"]
    units: int = Field(description="Its length as networks count it.")
    segments: int = Field(description="So many messages are paid for.")


class PreviewShown(Answer):
    """A letter as one reader would get it."""

    name: str
    version: int
    language: Reader
    subject: str | None
    text: str | None = Field(description="The plain part.")
    html: str | None
    short: ShortShown | None
    skipped: str | None = Field(description="Code of why this reader would get nothing.", examples=[None])
    why: str | None = Field(description="The same as a sentence.")
    is_masked: bool = Field(
        description="Whether names are shown by their ends only: `personal.read` is missing."
    )


class TestAsked(Body):
    """A try of a letter."""

    to: str = Field(min_length=3, max_length=254, description="Address of an account that was entered.")
    language: Reader = "en"
    customer_id: str | None = Field(default=None, max_length=200, pattern=r"^[^\x00]+$")
    version: int | None = Field(default=None, ge=0, le=1_000_000)


class TestSent(Answer):
    """A letter that was sent for a try."""

    name: str
    version: int
    subject: str


class LetterLanguage(Answer):
    """What letters are written with."""

    values: list[ValueShown]
    filters: dict[str, str]
    tags: dict[str, str]


@routes.get("/letters", right="letters.read")
def letters(call: ThisCall) -> Letters:
    """All letters: those that come with Evergrove, and the shop's own in their newest versions."""
    return Letters(items=[LetterLine(**_line(each)) for each in app.every(call.here)])


@routes.get("/letter-values", right="letters.read")
def letter_values(call: ThisCall) -> LetterLanguage:
    """Everything that a letter may name, and the filters and tags that there are."""
    values = [_value(each, call) for each in CATALOGUE.values()]
    return LetterLanguage(values=values, filters=dict(FILTERS), tags=dict(TAGS))


@routes.post("/letters", right="letters.write")
def add(call: ThisCall, given: LetterGiven) -> LetterAdded:
    """Keep a letter, or a new version of it; nothing of it is kept where anything is wrong with it."""
    letter, is_new = app.add(call.here, _document(given))
    newest = app.versions(call.here, letter.name)[0]
    return LetterAdded(**_line(newest), is_new=is_new)


@routes.post("/letter-check", right="letters.write", once=False)
def check(call: ThisCall, given: LetterToCheck) -> PreviewShown:
    """Look at a letter as keeping it would, and show it to a sample reader; nothing is stored."""
    letter = checked(_document(given), call.here.settings)
    wanted = given.language or call.language
    language = wanted if wanted in letter.words else next(iter(letter.words))
    return _shown(call, app.preview(call.here, letter, language))


@routes.get("/letters/{name}", right="letters.read")
def letter(call: ThisCall, name: Name, version: Version = None) -> LetterWhole:
    """One letter with its words, and all its versions."""
    found = app.versions(call.here, name)
    shown = app.one(call.here, name, version)
    stored = next(each for each in found if each.letter.version == shown.version)
    return LetterWhole(
        **_line(stored),
        document=document_of(shown),
        text=letter_text(document_of(shown)),
        values=_values(shown, call),
        versions=[LetterLine(**_line(each)) for each in found],
    )


@routes.get("/letters/{name}/preview", right="letters.read")
def preview(
    call: ThisCall,
    name: Name,
    customer_id: CustomerId = None,
    language: Annotated[Reader | None, Query(description="None: the customer's, or yours.")] = None,
    version: Version = None,
) -> PreviewShown:
    """A letter as a customer would get it, or a sample reader; names are masked without ``personal.read``."""
    return _shown(call, _preview(call, name, customer_id, language, version))


@routes.post("/letters/{name}/test", right="letters.test")
def test(call: ThisCall, name: Name, asked: TestAsked) -> TestSent:
    """Send a letter, marked as a try, to somebody who signs in here; it counts nowhere."""
    require(call.actor, "letters.read")
    shown = _preview(call, name, asked.customer_id, asked.language, asked.version)
    app.send_test(call.here, call.actor, shown, asked.to)
    subject = "" if shown.mail is None else app.MARK + shown.mail.subject
    return TestSent(name=shown.letter.name, version=shown.letter.version, subject=subject)


def _document(given: LetterGiven) -> dict[str, Any]:
    if given.text is not None and given.document is None:
        return document_written(given.text)
    if given.document is None or given.text is not None:
        raise NotOneLetter
    return given.document


def _value(each: Value, call: Call) -> ValueShown:
    return ValueShown(**{**vars(each), "sentence": translator(call.language)(each.sentence)})


def _values(letter: Letter, call: Call) -> list[ValueShown]:
    """What a letter names: of the catalogue, and what it declares itself."""
    found = []
    for name in named_values(letter):
        if name in CATALOGUE:
            found.append(_value(CATALOGUE[name], call))
            continue
        own = letter.params[name]
        sentence = translator(call.language)(DECLARED)
        found.append(
            ValueShown(
                name=name,
                type=own.type,
                sentence=sentence,
                sample=own.sample,
                is_personal=False,
                is_certain=own.default is not None,
                source="playbook",
            )
        )
    return found


def _preview(
    call: Call, name: str, customer_id: str | None, language: Reader | None, version: int | None
) -> app.Preview:
    here, found = call.here, app.one(call.here, name, version)
    if customer_id is None:
        return app.preview(here, found, language or call.language)
    require(call.actor, "customers.read")
    with ExitStack() as stack:
        _view, card = stack.enter_context(
            newest_card(call.service.reader, here.seal, customer_id, is_full=True)
        )
    contact = next(iter(card.contacts), None)
    return app.preview(
        here,
        found,
        language or _language_of(contact, call),
        figures=card.figures,
        contact=contact,
        sees_personal=app.sees_personal(call.actor),
    )


def _language_of(contact: Contact | None, call: Call) -> Reader:
    known = contact.language if contact is not None else None
    wanted: Reader | None = next((each for each in ("en", "zh-Hans", "zh-Hant") if each == known), None)
    return wanted or call.here.settings.value.language


def _shown(call: Call, shown: app.Preview) -> PreviewShown:
    mail, short, problem = shown.mail, shown.short, shown.problem
    return PreviewShown(
        name=shown.letter.name,
        version=shown.letter.version,
        language=shown.language,
        subject=None if mail is None else mail.subject,
        text=None if mail is None else mail.text,
        html=None if mail is None else mail.html,
        short=None if short is None else ShortShown(**vars(short)),
        skipped=None if problem is None else problem.code,
        why=None if problem is None else say(problem, call.language),
        is_masked=shown.is_masked,
    )


def _line(each: Listed) -> dict[str, Any]:
    found = each.letter
    forms = {"email" for wording in found.words.values() if wording.email is not None}
    forms |= {"short" for wording in found.words.values() if wording.short}
    forms |= {channel for wording in found.words.values() for channel in wording.platforms}
    return {
        "name": found.name,
        "version": found.version,
        "category": found.category,
        "languages": list(found.words),
        "forms": sorted(forms),
        "created_at": each.created_at,
        "created_by": each.created_by,
    }
