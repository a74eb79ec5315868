"""The daily briefing: when it is due, and the service that prints it into a folder until somebody stops it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from dashboard.briefing.blocks import Choice
from dashboard.briefing.errors import BriefingError
from dashboard.briefing.issuing import issue
from dashboard.briefing.printing import Progress
from dashboard.briefing.signing import SIDECAR
from dashboard.desk import Desk
from dashboard.files import whole
from dashboard.roles import Person
from dashboard.view import Here
from layers._errors import LayerError
from layers._times import SHANGHAI
from layers.store import journal

ACTOR = "daily briefing"
LONGEST_NAP = timedelta(minutes=1)  # a computer that slept, or whose clock was set, is noticed within this


@dataclass(frozen=True)
class Edition:
    """What is printed each day: the place without its clocks, and what of it."""

    area: str
    lang: str
    choice: Choice
    folder: Path


def parse_clock(text: str) -> time:
    """Return "07:30" as a time of day in Shanghai; anything else raises BriefingError."""
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError as error:
        raise BriefingError(f"time of day {text!r}; wanted HH:MM, for example 07:30") from error


def next_run(now: datetime, at: time) -> datetime:
    """Return the first moment after `now` at which the clock in Shanghai shows `at`."""
    local = now.astimezone(SHANGHAI)
    today = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


def print_now(desk: Desk, who: Person | None, wanted: Edition, progress: Progress | None = None) -> Path:
    """Print what is known now into the folder, with its signature beside it; return the file.

    The name says the knowledge time and the code, so that each day has its own and the same state writes the same file.
    """
    here = Here("/briefing", desk.gate.allowed(desk.store, who, desk.store.view(wanted.area)), wanted.lang)
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=wanted.folder) as own:  # two that print share nothing
        made = Path(own) / f"print.{wanted.choice.form}"
        issued = issue(desk, who, here, wanted.choice, made, actor=ACTOR, progress=progress)
        known = here.view.known_at.astimezone(SHANGHAI)
        out = wanted.folder / f"fangyi_{known:%Y-%m-%d_%H%M}_{issued.row['code']}.{wanted.choice.form}"
        with whole(out.with_name(out.name + SIDECAR)) as unfinished:
            unfinished.write_bytes(issued.sidecar)
        made.replace(out)  # last: no print lies there without its signature
    return out


def serve_daily(
    desk: Desk, who: Person | None, wanted: Edition, at: time, told: Callable[[str], None],
    clock: Callable[[], datetime], nap: Callable[[float], None],
) -> None:  # fmt: skip
    """Print every day at a time, for ever; a print that fails is told and journalled, and the next day is waited for.

    clock  the time it is; `nap` sleeps for some seconds and raises what stops the service
    """
    while True:
        due = next_run(clock(), at)
        told(f"next briefing {due:%Y-%m-%d %H:%M}")
        while (left := due - clock()) > timedelta(0):
            nap(min(left, LONGEST_NAP).total_seconds())
        try:
            told(str(print_now(desk, who, wanted)))
        except (LayerError, BriefingError, OSError) as error:
            journal.add(desk.store, ACTOR, "print", "failed", {"error": str(error), "due": due.isoformat()})
            told(f"failed: {error}")
