"""The page /docs: what OpenAPI says, as plain HTML with one style sheet inside and no script."""

from __future__ import annotations

import base64
import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"


def page(document: Mapping[str, Any]) -> str:
    """The page of a description."""
    made = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        _template("docs.html")
    )
    return made.render(document=document, tags=_by_tag(document), style=style())


@cache
def style() -> str:
    """The style sheet, as it stands in the page."""
    return _template("docs.css")


@cache
def policy() -> str:
    """The page's Content-Security-Policy: its own style sheet by checksum, and nothing else."""
    checksum = base64.b64encode(sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{checksum}'; frame-ancestors 'none'; base-uri 'none'"


def _template(name: str) -> str:
    return files("evergrove.server").joinpath("templates", name).read_text(encoding="utf-8")


def _by_tag(document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document.get("paths", {}).items():
        for method in METHODS:
            if method in operations:
                told = _operation(document, path, method, operations[method])
                found.setdefault(operations[method].get("tags", ["other"])[0], []).append(told)
    return found


def _operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> dict[str, Any]:
    body: dict[str, dict[str, Any]] = operation.get("requestBody", {}).get("content", {})
    answers = operation.get("responses", {})
    done = next((code for code in answers if code.startswith("2")), "200")
    content = answers.get(done, {}).get("content", {})
    return {
        "id": f"{method}-{path}",
        "path": path,
        "method": method.upper(),
        "summary": operation.get("description") or operation.get("summary", ""),
        "right": operation.get("x-right") or operation.get("x-known") or operation.get("x-public"),
        "is_right": "x-right" in operation,
        "in_person": "x-person" in operation,
        "parameters": operation.get("parameters", []),
        "body_kind": next(iter(body), ""),
        "body": list(_fields(document, next(iter(body.values()), {}).get("schema", {}))),
        "done": done,
        "answer_kind": next(iter(content), ""),
        "answer": list(_fields(document, content.get(_JSON, {}).get("schema", {}))),
    }


def _fields(
    document: Mapping[str, Any], schema: Mapping[str, Any], before: str = "", depth: int = 0
) -> Iterator[dict[str, Any]]:
    """The fields of a schema, those of inner objects behind a dot, three deep."""
    plain = _resolved(document, schema)
    if plain.get("type") == "array":
        yield from _fields(document, plain.get("items", {}), f"{before}[]", depth)
        return
    for name, inner in plain.get("properties", {}).items():
        full = f"{before}.{name}" if before else name
        told = _resolved(document, inner)
        yield {
            "name": full,
            "kind": _kind(document, inner),
            "is_needed": name in plain.get("required", ()),
            "says": inner.get("description") or told.get("description", ""),
            "example": _example(inner),
        }
        if depth < 2:
            yield from _fields(document, inner, full, depth + 1)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without references and without the way of saying that null is allowed too."""
    while "$ref" in schema or "anyOf" in schema or "allOf" in schema:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            continue
        choices = schema.get("anyOf") or schema["allOf"]
        schema = next((each for each in choices if each.get("type") != "null"), {})
    return schema


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    plain = _resolved(document, schema)
    if "enum" in plain:
        return " | ".join(map(str, plain["enum"]))
    kind = str(plain.get("format") or plain.get("type") or "any")
    return f"list of {_kind(document, plain.get('items', {}))}" if kind == "array" else kind


def _example(schema: Mapping[str, Any]) -> str:
    given = schema.get("examples") or []
    return json.dumps(given[0], ensure_ascii=False) if given else ""
