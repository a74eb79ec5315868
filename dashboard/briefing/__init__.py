"""Briefings on paper and in files: `compose` says what, once (content.py); `write` renders it (writers.py)."""

from dashboard.briefing.blocks import Choice
from dashboard.briefing.content import PARTS, SECRECY, SIZES, Briefing, compose
from dashboard.briefing.errors import BriefingError
from dashboard.briefing.writers import WRITERS, write

__all__ = ["PARTS", "SECRECY", "SIZES", "WRITERS", "Briefing", "BriefingError", "Choice", "compose", "write"]
