"""MJML to HTML, once for each version of a letter; the extra ``mjml`` brings the compiler."""

from __future__ import annotations

from evergrove.delivery.rendering.errors import MjmlNotThere, NotMjml

DENSE = 16
"""Levels that the compiler is given at most; a letter has six or seven."""


def compiled(source: str, where: str) -> str:
    """
    The page that MJML stands for; ``{{ }}`` in it stay as they are.

    Nothing is included from elsewhere, and no fonts are fetched.

    Args:
        source: MJML.
        where: Which part of which letter it is, for the error.

    Raises:
        MjmlNotThere: The compiler is not installed.
        NotMjml: It cannot be read.
    """
    try:
        import mrml  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MjmlNotThere(where=where) from error
    options = mrml.RenderOptions(disable_comments=False, fonts={})
    try:
        page = mrml.to_html(source, mrml.ParserOptions(include_loader=mrml.noop_loader()), options)
    except (OSError, ValueError) as error:
        raise NotMjml(where=where, reason=str(error)) from error
    # It says that the language of the text is not known, which readers of the screen then have to guess.
    return page.content.replace('lang="und" dir="auto"', 'lang="{{ language }}"')
