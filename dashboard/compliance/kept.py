"""How the store is kept: on the way, at rest, backed up, restored, and what came in badly."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import has_request_context, request
from sqlalchemy.engine import make_url

from dashboard import weak
from dashboard.compliance.found import Found, unknown, when
from dashboard.desk import Desk
from dashboard.text import both
from layers.store import deliveries, journal_reading, resealing

DAILY = timedelta(hours=26)  # a backup every day, with two hours for it to run
QUARTER = timedelta(days=92)


def carried(desk: Desk) -> Found:
    """Whether this very request came through TLS."""
    if not has_request_context():
        return unknown("saw_no_request")
    if request.is_secure:
        return when(True, "saw_tls", proxy=desk.settings.proxy or both("compliance.none"))
    if weak.is_loopback(desk.settings.host) and not desk.settings.proxy:
        return unknown("saw_loopback", host=desk.settings.host)
    return when(False, "saw_plain")


def settings(desk: Desk) -> Found:
    """Whether production runs with settings that are refused."""
    if desk.settings.is_drill:
        return unknown("drill_settings")
    url = make_url(desk.settings.store)
    file = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    found = weak.weaknesses(desk.settings, file)
    return when(not found, "saw_settings", n=len(found))


def sealed(desk: Desk) -> Found:
    """Whether what tells where a person is lies sealed in the database."""
    whole, bare = resealing.lying(desk.store)
    if not whole:
        return unknown("saw_no_person")
    return when(bare == 0, "saw_sealed", n=f"{whole:,}", bare=f"{bare:,}", columns=len(resealing.COLUMNS))


def backed_up(desk: Desk) -> Found:
    """Whether there is a backup of yesterday or today."""
    last = journal_reading.newest(desk.store, "backup")
    if last is None:
        return when(False, "saw_no_backup", command="backup")
    age = datetime.now(UTC) - last
    return when(age <= DAILY, "saw_backup", at=f"{last:%Y-%m-%d %H:%M}", hours=int(age.total_seconds() // 3600))


def restored(desk: Desk) -> Found:
    """Whether a restore was tried: on another machine, whose journal this store does not have."""
    last = journal_reading.newest(desk.store, "restore")
    if last is None:
        return unknown("saw_no_restore", command="restore")
    age = datetime.now(UTC) - last
    return when(age <= QUARTER, "saw_restore", at=f"{last:%Y-%m-%d}", days=age.days)


def elsewhere(_desk: Desk) -> Found:
    """Whether a copy lies at another place: nobody here can see it."""
    return unknown("saw_elsewhere")


def refused(desk: Desk) -> Found:
    """Whether what comes in is checked: how many rows were refused, each with its reason."""
    files, rows = deliveries.refusals(desk.store)
    return when(True, "saw_refused", files=f"{files:,}", rows=f"{rows:,}") if files else unknown("saw_no_file")


def beneath(_desk: Desk) -> Found:
    """Whether the machine beneath is hardened: not this system's to say."""
    return unknown("saw_beneath")
