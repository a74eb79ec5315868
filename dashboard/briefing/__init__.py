"""Briefings on paper: a map, key figures, the proposals with their reasons, and the rules; PDF or picture, without a browser."""

from dashboard.briefing.errors import BriefingError
from dashboard.briefing.printing import KINDS, LAYERS, write_briefing

__all__ = ["KINDS", "LAYERS", "BriefingError", "write_briefing"]
