"""A browser without scripts: it follows links, keeps cookies, and sends forms with what stands in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from evergrove.testing.house import BASE, HERE

if TYPE_CHECKING:
    from evergrove.access import Role
    from evergrove.testing.house import House


@dataclass
class SentForm:
    """
    A form of a page.

    Attributes:
        action: Where it is sent; empty: to the page itself.
        method: How: get or post.
        fields: What stands in its fields before anybody fills them.
    """

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Seen(HTMLParser):
    """A page as it was read: its words, links and forms."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.links, self.forms = "", list[str](), list[SentForm]()
        self._inside: list[str] = []
        self._select = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, forms and what stands in their fields."""
        told = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._inside.append(tag)
        elif tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif tag == "form":
            self.forms.append(SentForm(told.get("action", ""), told.get("method", "get").lower()))
        elif tag == "select":
            self._select = told.get("name", "")
        elif self.forms and tag == "option" and self._select and "selected" in told:
            self.forms[-1].fields[self._select] = [told.get("value", "")]
        elif self.forms and tag == "input" and told.get("name"):
            if told.get("type") in {"checkbox", "radio"} and "checked" not in told:
                return
            self.forms[-1].fields.setdefault(told["name"], []).append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave scripts and styles."""
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if not self._inside:
            self.text += f"{data} "


class Browser:
    """
    Somebody before a browser whose scripts are switched off.

    Args:
        house: The service.
        role: Of who has signed in; None: nobody.
        language: That the browser asks for.
    """

    def __init__(self, house: House, role: Role | None = "admin", language: str = "en") -> None:
        cookies = {}
        if role is not None:
            cookies["evergrove"] = house.door.sign_in(f"{role}@shop.example").secret
        headers = {"Accept": "text/html", "Accept-Language": language, "Origin": BASE}
        self.client = TestClient(house.app, BASE, client=HERE, cookies=cookies, headers=headers)
        self.answer: Any = None

    def open(self, path: str, status: int = 200) -> Seen:
        """
        Open a page, following redirects.

        Args:
            path: Of the page.
            status: That the answer is to have.
        """
        self.answer = self.client.get(path)
        return self._seen(status)

    def send(self, seen: Seen, action: str, status: int = 200, **filled: str | list[str]) -> Seen:
        """
        Fill a form of a page and send it, following redirects.

        Args:
            seen: The page.
            action: Which of its forms: where it is sent.
            status: That the answer is to have.
            filled: What is written into fields; the others are sent as they stand.
        """
        form = next(each for each in seen.forms if each.action == action)
        data = {
            **form.fields,
            **{name: value if isinstance(value, list) else [value] for name, value in filled.items()},
        }
        if form.method == "post":
            self.answer = self.client.post(action, data=data)
        else:
            self.answer = self.client.get(action, params=data)
        return self._seen(status)

    @property
    def path(self) -> str:
        """Where one is now, after all redirects."""
        assert self.answer is not None  # noqa: S101 - a page was opened
        return str(self.answer.url.raw_path.decode())

    def _seen(self, status: int) -> Seen:
        assert self.answer is not None  # noqa: S101 - a page was opened
        assert self.answer.status_code == status, (self.answer.status_code, self.answer.text[:2000])  # noqa: S101
        return Seen(self.answer.text)
