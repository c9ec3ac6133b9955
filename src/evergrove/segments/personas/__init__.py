"""What sets a tier, a stage or a segment apart from everybody else."""

from evergrove.segments.personas.rules import persona
from evergrove.segments.personas.types import Attribute, Counted, Persona, Shift

__all__ = ["Attribute", "Counted", "Persona", "Shift", "persona"]
