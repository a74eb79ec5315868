"""What can go wrong while a briefing is printed."""


class BriefingError(ValueError):
    """A briefing cannot be printed as asked; the message says what was found, what is wanted and the next step."""
