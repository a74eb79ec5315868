"""Who comes in: locks, time-outs, passwords, a second factor, default accounts."""

from datetime import UTC, datetime, timedelta

from dashboard import cookies, throttle
from dashboard.compliance.found import Found, unknown, when
from dashboard.desk import Desk
from dashboard.text import both
from layers.store import accounts, journal_reading, sessions
from layers.store.journal_reading import Wanted

MONTH = timedelta(days=30)


def lock(desk: Desk) -> Found:
    """Whether wrong passwords close the door for a while."""
    if desk.settings.is_drill:
        return unknown("drill_no_door")
    since = datetime.now(UTC) - MONTH
    locked = journal_reading.number(desk.store, Wanted(action="sign-in-locked", first=since))
    return when(True, "saw_lock", n=throttle.PAIR, seconds=int(throttle.WITHIN_S), locked=locked)


def idle(desk: Desk) -> Found:
    """Whether a session ends by itself."""
    if desk.settings.is_drill:
        return unknown("drill_no_door")
    open_ = int(accounts.every(desk.store)["open"].sum())
    hours = int(sessions.LONGEST.total_seconds() // 3600)
    return when(True, "saw_idle", minutes=cookies.IDLE_S // 60, hours=hours, n=open_)


def second_factor(desk: Desk) -> Found:
    """Whether a password alone is not enough: this system has no second factor of its own, a provider may have."""
    if desk.settings.has_oidc:
        return unknown("saw_factor_provider")
    return when(False, "saw_factor")


def passwords(desk: Desk) -> Found:
    """Whether passwords are kept as slow hashes."""
    rows = accounts.every(desk.store)
    if rows.empty:
        return unknown("no_accounts")
    other = accounts.without_hash(desk.store)
    return when(other == 0, "saw_passwords", n=len(rows), other=other, way="Argon2id")


def defaults(desk: Desk) -> Found:
    """Whether there are accounts that come with systems, or with the names that are tried first."""
    rows = accounts.every(desk.store)
    if rows.empty:
        return unknown("no_accounts")
    open_ = rows[~rows["disabled"].astype(bool)]
    tried = " ".join(both("compliance.default_names")).split()
    found = [name for name in open_["name"] if name.casefold() in tried]
    return when(not found, "saw_defaults", n=len(open_), found=len(found))
