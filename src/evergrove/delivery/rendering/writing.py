"""A letter for one reader: as a mail, as a text message, as fields of a platform's template, as a note for staff."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from markupsafe import Markup

from evergrove.delivery.errors import NoTemplate, UnsafeSubject
from evergrove.delivery.rendering.language import explained, written
from evergrove.delivery.rendering.plain import plain_text
from evergrove.delivery.rendering.shipped import read, shipped
from evergrove.delivery.rendering.short import measured
from evergrove.delivery.rendering.types import Filled, Letter, Short
from evergrove.delivery.types import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.delivery.rendering.types import Email, Values, Wording
    from evergrove.text import Language

LONGEST_SUBJECT = 200
_BLANK_LINES = re.compile(r"\n\s*\n")
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"https?://[^\s<>\"'{}（）「」，。]+[^\s<>\"'{}（）「」，。.,;:!?)]")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_ENDS = re.compile(r"</body\s*>", re.IGNORECASE)
_LINK = re.compile(r'(<a\b[^>]*?\shref=")(https?://[^"]*)(")', re.IGNORECASE)
_WAY_OUT = re.compile(r"(href\s*=\s*[\"'])\{\{-?\s*unsubscribe\s*-?\}\}")
HIDDEN = "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all"


def render(
    template: str | Letter,
    language: Language,
    values: Values,
    *,
    tracked: Callable[[str], str] | None = None,
) -> Rendered:
    """
    A mail in a reader's language, followed by why it comes and how to leave: no letter can leave that out.

    Args:
        template: A letter, or the name of one that comes with Evergrove.
        language: Of the reader.
        values: Those of ``values_of``.
        tracked: By which address a link of the letter is replaced; None: links stay as they are. Ways out do.

    Raises:
        NoTemplate: There is none of this name, or none for mail in this language.
        MissingValue: It needs a value that is not there.
        UnsafeSubject: Its subject is not one line of text.
        TemplateProblem: It cannot be written.
    """
    letter = template if isinstance(template, Letter) else shipped(template)
    email = _wording(letter, language).email
    if email is None:
        raise NoTemplate(template=letter.name, language=language)
    with explained(letter.name, language):
        subject = _subject(letter.name, email, language, values)
        preheader = " ".join(written(email.preheader, language, values).split())
        whole = _as_text if email.format == "text" else _as_page
        text, html = whole(email, language, {**values, "subject": subject}, preheader)
    if tracked is not None:
        html = _with_tracked(html, tracked, _ways_out(values))
    return Rendered(subject, text, html)


def render_short(letter: Letter, language: Language, values: Values, *, is_sms: bool = True) -> Short:
    """
    A text message in a reader's language, with its length.

    Args:
        letter: Any.
        language: Of the reader.
        values: Those of ``values_of``.
        is_sms: With the sender's name before it and the way out behind it; chats show who writes, and how to leave.

    Raises:
        NoTemplate: The letter has no short form in this language.
        MissingValue, TemplateProblem: As for ``render``.
    """
    wording = _wording(letter, language)
    if not wording.short:
        raise NoTemplate(template=letter.name, language=language)
    with explained(letter.name, language):
        words = " ".join(written(wording.short, language, values).split())
        if is_sms:
            frame = read(f"footer/{_file(language)}.short.liquid").strip()
            words = written(frame, language, {**values, "words": words})
    return measured(words)


def render_platform(letter: Letter, language: Language, values: Values, channel: str) -> Filled:
    """
    The fields of a platform's own template, filled for a reader.

    Raises:
        NoTemplate: The letter names none for the channel in this language.
        MissingValue, TemplateProblem: As for ``render``.
    """
    platform = _wording(letter, language).platforms.get(channel)
    if platform is None:
        raise NoTemplate(template=letter.name, language=language)
    with explained(letter.name, language):
        filled = {name: written(each, language, values).strip() for name, each in platform.fields}
    return Filled(platform.template_id, filled)


def render_note(letter: Letter, language: Language, values: Values) -> tuple[str, str]:
    """
    A letter as a note for staff, such as what to say at the telephone: its subject and its text, without a foot.

    Raises:
        NoTemplate, MissingValue, UnsafeSubject, TemplateProblem: As for ``render``.
    """
    email = _wording(letter, language).email
    if email is None or email.format != "text":
        raise NoTemplate(template=letter.name, language=language)
    with explained(letter.name, language):
        subject = _subject(letter.name, email, language, values)
        return subject, written(email.body, language, values).strip()


def _wording(letter: Letter, language: Language) -> Wording:
    if language not in letter.words:
        raise NoTemplate(template=letter.name, language=language)
    return letter.words[language]


def _subject(name: str, email: Email, language: Language, values: Values) -> str:
    subject = written(email.subject, language, values).strip()
    if not subject or len(subject) > LONGEST_SUBJECT or _BREAKS.search(subject):
        raise UnsafeSubject(template=name, language=language)
    return subject


def _as_text(email: Email, language: Language, values: Values, preheader: str) -> tuple[str, str]:
    body = written(email.body, language, values).strip()
    foot = _foot(language, values)
    # Addresses that the author wrote become links; one in a value, such as a name, stays text.
    own = {address: address for address in _ADDRESS.findall(email.body)}
    given = {**values, "preheader": preheader, "coupon": _marked(str(values.get("coupon", "")), {})}
    html = written(
        read("frame.liquid"),
        language,
        {
            **given,
            "paragraphs": [_marked(each, own) for each in _BLANK_LINES.split(body)],
            "footer": [_marked(each, _ways_out(values)) for each in _BLANK_LINES.split(foot)],
        },
        is_html=True,
    )
    return f"{body}\n\n—\n{foot}\n", html


def _as_page(email: Email, language: Language, values: Values, preheader: str) -> tuple[str, str]:
    source = _WAY_OUT.sub(r"\1{{ unsubscribe_link }}", email.html or email.body)
    html = written(source, language, values, is_html=True)
    if escape(str(values["unsubscribe_link"])) not in html:
        html = _before(_BODY_ENDS, html, _foot_as_html(language, values))
    if preheader:
        hidden = f'<div style="{HIDDEN}">{escape(preheader)}</div>'
        begins = _BODY.search(html)
        html = html[: begins.end()] + hidden + html[begins.end() :] if begins else hidden + html
    return plain_text(html) + "\n", html


def _foot(language: Language, values: Values) -> str:
    return written(read(f"footer/{_file(language)}.liquid"), language, values).strip()


def _foot_as_html(language: Language, values: Values) -> str:
    lines = [_marked(each, _ways_out(values)) for each in _BLANK_LINES.split(_foot(language, values))]
    source = read("footer/page.liquid")
    return written(source, language, {**values, "footer": lines}, is_html=True)


def _before(end: re.Pattern[str], html: str, more: str) -> str:
    found = list(end.finditer(html))
    at = found[-1].start() if found else len(html)
    return html[:at] + more + html[at:]


def _ways_out(values: Values) -> dict[str, str]:
    """What is shown of a way out, and where it leads."""
    found = {str(values["unsubscribe"]): str(values["unsubscribe_link"])}
    if "preferences" in values:
        found[str(values["preferences"])] = str(values["preferences"])
    return found


def _marked(text: str, links: Mapping[str, str]) -> Markup:
    """Lines of text as HTML; some addresses in them become links."""
    if not links:
        return Markup(escape(text).replace("\n", "<br>\n"))  # noqa: S704 - escaped
    places = re.compile("|".join(re.escape(each) for each in sorted(links, key=len, reverse=True)))
    parts: list[str] = []
    at = 0
    for found in places.finditer(text):
        target, shown = escape(links[found.group(0)]), escape(found.group(0))
        parts += [escape(text[at : found.start()]), f'<a href="{target}" style="color:inherit">{shown}</a>']
        at = found.end()
    parts.append(escape(text[at:]))
    return Markup("".join(parts).replace("\n", "<br>\n"))  # noqa: S704 - every part of it was escaped above


def _with_tracked(html: str, tracked: Callable[[str], str], ways_out: Mapping[str, str]) -> str:
    left: Sequence[str] = tuple(ways_out.values())

    def replaced(found: re.Match[str]) -> str:
        address = unescape(found.group(2))
        if address in left:
            return found.group(0)
        return found.group(1) + escape(tracked(address)) + found.group(3)

    return _LINK.sub(replaced, html)


def _file(language: Language) -> str:
    return language.replace("-", "_")
