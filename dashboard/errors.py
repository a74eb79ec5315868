"""The root of what this room refuses, apart so that the command line knows a refusal without loading what refused."""


class Refusal(Exception):
    """What was asked for cannot be done as it stands; the message says what was found, what is wanted and the next step."""
