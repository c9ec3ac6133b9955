"""What a letter is made of, in one language and in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from evergrove.text import Language

Format = Literal["text", "mjml", "html"]
FORMATS: tuple[Format, ...] = ("text", "mjml", "html")
Category = Literal["marketing", "service", "transactional"]
CATEGORIES: tuple[Category, ...] = ("marketing", "service", "transactional")
ParamType = Literal["text", "number", "money", "day", "link"]
PARAM_TYPES: tuple[ParamType, ...] = ("text", "number", "money", "day", "link")

Values = Mapping[str, object]
"""What a letter may name, name to value; what is not known is not among them."""


@dataclass(frozen=True)
class Email:
    """
    A mail in one language.

    Attributes:
        subject: One line.
        body: Paragraphs of text, MJML, or a page of HTML.
        format: Which of these.
        preheader: What a mailbox shows beside the subject; empty: the beginning of the body.
        html: Of MJML: what it was compiled to when the version was stored.
    """

    subject: str
    body: str
    format: Format = "text"
    preheader: str = ""
    html: str = ""


@dataclass(frozen=True)
class Platform:
    """
    A message whose words a platform keeps and has approved; a letter only fills its fields.

    Attributes:
        template_id: As the platform calls it.
        fields: What each field is filled with.
    """

    template_id: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wording:
    """
    A letter in one language.

    Attributes:
        email: As a mail.
        short: As a text message, and in chats.
        platforms: By channel: "sms", "wechat".
    """

    email: Email | None = None
    short: str = ""
    platforms: Mapping[str, Platform] = field(default_factory=dict)


@dataclass(frozen=True)
class Param:
    """
    A value that a letter gets from its playbook and declares itself.

    Attributes:
        type: How it is written.
        sample: For previews.
        default: Where the playbook gives none; None: the recipient is then skipped.
    """

    type: ParamType
    sample: str
    default: str | None = None


@dataclass(frozen=True)
class Letter:
    """
    One version of a letter.

    Attributes:
        name: Small letters and digits, with hyphens.
        version: Counts up from 1; 0: it comes with Evergrove.
        category: Fixed with the first version.
        words: By language.
        params: What it declares.
    """

    name: str
    version: int
    category: Category
    words: Mapping[Language, Wording]
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True)
class Short:
    """
    A text message in words.

    Attributes:
        text: With the sender's name and the way out, where the channel needs them.
        encoding: "GSM-7" or "UCS-2": one character outside of the first makes all of it the second.
        units: Its length as networks count it.
        segments: So many messages are paid for.
    """

    text: str
    encoding: str
    units: int
    segments: int


@dataclass(frozen=True)
class Filled:
    """A platform's template with its fields filled."""

    template_id: str
    fields: Mapping[str, str]
