"""Words for people: languages, catalogues, the writing of numbers."""

from evergrove.text.catalogue import LANGUAGES, Language, UnknownLanguage, language, say, translator
from evergrove.text.formats import Formats

__all__ = ["LANGUAGES", "Formats", "Language", "UnknownLanguage", "language", "say", "translator"]
