"""The daily editions: a thread beside the runner of jobs that puts in line what the schedules ask for, each day once.

The process of the runner starts `Press.run`; a test calls `look`. Printing waits in the line of jobs like everybody else's, because one thing is
printed at a time. What fails is kept with the edition, so that the page says it, and is tried again.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from dashboard.briefing.blocks import Choice
from dashboard.briefing.daily import ACTOR, Edition, print_now
from dashboard.briefing.issuing import verify_file
from dashboard.briefing.signing import SIDECAR
from dashboard.desk import Desk
from dashboard.jobs import FINISHED, BusyError, Job, Progress
from dashboard.roles import Person
from dashboard.text import both
from layers._errors import Cancelled, LayerError
from layers.store import journal, schedules
from layers.store.schedules import Schedule

WHO = Person(ACTOR, "city")
EVERY_S = 15.0  # between two looks at the clock
STEP_S = 0.5  # between two looks at a print
log = logging.getLogger(__name__)


def choice_of(wanted: Schedule) -> Choice:
    """Return the choice of a schedule as printing takes it."""
    told = wanted.choice
    return Choice(tuple(told["parts"]), tuple(told["districts"]), told["form"], told["size"], told["secrecy"])


def plain(choice: Choice) -> dict[str, Any]:
    """Return a choice as the store keeps it."""
    return {"parts": list(choice.parts), "districts": list(choice.districts), "form": choice.form, "size": choice.size, "secrecy": choice.secrecy}  # fmt: skip


def begin(desk: Desk, wanted: Schedule, moment: datetime, now: datetime, who: Person = WHO) -> Job | None:
    """Take the edition that is due at a moment and put it in line; None where it is taken, printed or missed already.

    who  whose job it is, so that they can watch and stop it; what the edition says is always what the city may see
    """
    number = schedules.claim(desk.store, wanted.id, moment, now)
    if number is None:
        return None
    about = {"number": number, "wanted": asdict(replace(wanted, made_at=None))}
    try:
        return desk.jobs.submit(f"edition.{wanted.choice['form']}", who, "edition", about)
    except BusyError:
        schedules.release(desk.store, number)
        return None


def _printed(desk: Desk, _who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    """Print an edition into the folder and keep what became of it; a failure is kept too, then it goes on to whoever watches."""

    def heard(done: int, total: int, zh: str, en: str) -> None:
        if stop.is_set():
            raise Cancelled("the daily briefing was stopped; nothing was written")
        told(done, total, zh, en)

    wanted, number, folder = Schedule(**about["wanted"]), about["number"], desk.settings.editions
    try:
        folder.mkdir(parents=True, exist_ok=True)
        out = print_now(desk, WHO, Edition(wanted.area, wanted.lang, choice_of(wanted), folder), heard)
    except Exception as error:  # kept for the page, and handed on to whoever watches the job
        schedules.fail(desk.store, number, *_why(error))
        journal.add(desk.store, ACTOR, "print", "failed", {"error": str(error), "schedule": wanted.id})
        raise
    schedules.finish(desk.store, number, out.name, out.stem.rpartition("_")[2], out.stat().st_size)
    return b""


TASKS = {"edition": _printed}


def _why(error: Exception) -> tuple[str, str]:
    """What went wrong in both languages; what was written in one alone stands for both."""
    if isinstance(error, Cancelled):
        return both("brief.press.stopped")
    if isinstance(error, OSError):
        return both("brief.press.folder", why=error.strerror or str(error), path=error.filename or "")
    return (error.said("zh"), error.said("en")) if isinstance(error, LayerError) else (str(error), str(error))


def file_of(desk: Desk, row: dict[str, Any]) -> Path | None:
    """Return where the file of an edition lies, None where it was moved or deleted since."""
    path = desk.settings.editions / Path(str(row["file"] or "")).name
    return path if row["file"] and path.is_file() else None


def verdict_of(desk: Desk, row: dict[str, Any]) -> str:
    """Return "genuine", "altered" or "unknown" of the file of an edition, "gone" where there is none; read once a content."""
    path = file_of(desk, row)
    if path is None:
        return "gone"
    seen = path.stat()
    key = ("edition", path.name, seen.st_mtime_ns, seen.st_size)
    return str(desk.memory.get(key, lambda: verify_file(desk, path.read_bytes()).said))


def sidecar_of(path: Path) -> Path:
    """Return where the signature beside a file lies."""
    return path.with_name(path.name + SIDECAR)


@dataclass
class Press:
    """Looks at the clock, and prints."""

    desk: Desk

    def run(self, stop: Event) -> None:
        """Print what is due until told to stop. What goes wrong outside a print is logged: the thread must live on."""
        while not stop.wait(EVERY_S):
            try:
                for job in self.look(datetime.now(UTC)):
                    self._wait(job, stop)
            except Exception:
                log.exception("the daily editions could not be looked after")

    def look(self, now: datetime) -> list[Job]:
        """Put every edition that is due now in line, and return their jobs; a schedule prints nothing for the time before it was made."""
        found = []
        for wanted in schedules.in_force(self.desk.store):
            moment = schedules.due(wanted.at, now)
            if wanted.made_at is not None and moment >= wanted.made_at:
                found.append(begin(self.desk, wanted, moment, now))
        return [job for job in found if job is not None]

    def _wait(self, job: Job, stop: Event) -> None:
        """Wait for the end of a print; one under way when the server stops is handed back to the next."""
        while self.desk.jobs.now(job).state not in FINISHED and not stop.wait(STEP_S):
            pass
