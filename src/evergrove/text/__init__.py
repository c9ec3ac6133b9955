"""Words for people: languages, catalogues, the writing of numbers."""

from evergrove.text.catalogue import LANGUAGES, Language, UnknownLanguage, language, say, translator

__all__ = ["LANGUAGES", "Language", "UnknownLanguage", "language", "say", "translator"]
