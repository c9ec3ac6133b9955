"""The marker for sentences that people read."""


def _(message: str) -> str:
    """
    Mark a sentence for the translators; it stays English here.

    Only a face (command line, page, report) translates, through ``evergrove.text``: below it, code and
    parameters travel, so that one event reads alike in a terminal, on a page and in a log.
    """
    return message
