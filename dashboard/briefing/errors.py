"""What can go wrong while a briefing is printed."""

from dashboard.errors import Refusal


class BriefingError(Refusal, ValueError):
    """A briefing cannot be printed as asked; the message says what was found, what is wanted and the next step."""
