"""What sets a tier, a stage or a segment apart from everybody else."""

from evergrove.segments.personas.rules import persona
from evergrove.segments.personas.types import Attribute, Persona, Shift

__all__ = ["Attribute", "Persona", "Shift", "persona"]
