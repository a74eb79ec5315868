"""Ctrl+C that nobody can swallow: it is raised at once, and again at the next step of long work.

Libraries written in C may drop an exception that is raised while they ask Python something, and a command would then go on.
"""

import signal
from typing import Any

_asked: list[int] = []  # signals that asked this command to stop


def listen() -> None:
    """Answer Ctrl+C and the request of the system to end from here on; what was asked of an earlier command is forgotten."""
    _asked.clear()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, _stop)


def heed() -> None:
    """Raise KeyboardInterrupt where somebody asked to stop and the first one was lost on its way."""
    if _asked:
        raise KeyboardInterrupt


def _stop(number: int, _frame: Any) -> None:
    _asked.append(number)
    raise KeyboardInterrupt
