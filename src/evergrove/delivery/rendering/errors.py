"""What is wrong with a letter that somebody wants to keep."""

from __future__ import annotations

from evergrove.core import InputError, _


class LetterProblem(InputError):
    """A letter that is not kept; nothing of it is stored."""


class LetterSyntax(LetterProblem):
    """A part cannot be read."""

    code = "delivery.letter_syntax"
    message = _("{where}, line {line}: {problem}.")
    hint = _("docs/templates.md lists the tags and filters there are, each with an example.")


class UnknownValue(LetterProblem):
    """A part names what no letter knows."""

    code = "delivery.unknown_value"
    message = _("{where}, line {line}: there is no value {name}.")
    hint = _("Near: {near}. docs/templates.md lists all; what the playbook gives is declared under params.")


class UnsafeMarkup(LetterProblem):
    """Markup that no mail should have."""

    code = "delivery.unsafe_markup"
    message = _("{where}, line {line}: {found} may not stand in a letter.")
    hint = _(
        "Take it out. Scripts, event handlers, forms, frames, styles from elsewhere and addresses other than https:, http:, mailto: and tel: are never delivered."
    )


class ValueOutOfPlace(LetterProblem):
    """A value stands where it could be more than text."""

    code = "delivery.value_out_of_place"
    message = _("{where}, line {line}: {found} stands where it could change more than the text.")
    hint = _(
        "A value may stand in text, in a quoted attribute, and behind the host of an address with | url_encode; a condition around whole elements."
    )


class LetterTooLong(LetterProblem):
    """Writing it takes too much."""

    code = "delivery.letter_too_long"
    message = _("{where} takes too long to write, or becomes too long.")
    hint = _("A message may take 0.1 seconds, 200 kB and 1,000 turns of loops: leave out what repeats.")


class LetterIncomplete(LetterProblem):
    """Something that a letter needs is not there."""

    code = "delivery.letter_incomplete"
    message = _("{where} is missing, empty or too long.")
    hint = _("docs/templates.md shows a whole letter.")


class SubjectBroken(LetterProblem):
    """The subject is empty, too long or has several lines."""

    code = "delivery.subject_broken"
    message = _("{where}: a subject is one line of 1 to 200 characters.")
    hint = _("Write it on one line; what a mail client shows is the first 40 characters or so.")


class NotMjml(LetterProblem):
    """The compiler cannot read it."""

    code = "delivery.not_mjml"
    message = _("{where} is not MJML: {reason}.")
    hint = _("Nothing can be included from elsewhere, and each element must be closed.")


class MjmlNotThere(LetterProblem):
    """The compiler is an extra."""

    code = "delivery.mjml_not_there"
    message = _("{where} is MJML, and the compiler for it is not installed.")
    hint = _("Run pip install 'evergrove[mjml]', or give the letter as text or HTML.")


class NoLetterDocument(LetterProblem):
    """The document has another shape."""

    code = "delivery.no_letter_document"
    message = _("This is not a letter: {problem}.")
    hint = _("docs/templates.md shows a whole letter, and what each field takes.")


class UnknownLetterFormat(LetterProblem):
    """The document says it is something else, or of another version of Evergrove."""

    code = "delivery.unknown_letter_format"
    message = _("The letter has the format {found}; this version reads {known}.")
    hint = _("Its first line must be: format = {known}.")


class CategoryFixed(LetterProblem):
    """The category of a letter is that of its first version."""

    code = "delivery.category_fixed"
    message = _("The letter {name} is of category {category}, and stays so.")
    hint = _("People have agreed to a category: give the letter another name.")


class NoLetter(InputError):
    """There is no letter of this name, version or language."""

    code = "delivery.no_letter"
    message = _("There is no letter {name}.")
    hint = _("evergrove letter list shows them all.")
