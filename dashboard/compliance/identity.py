"""Who comes in: locks, time-outs, passwords, a second factor, default accounts."""

from datetime import UTC, datetime, timedelta

from dashboard import cookies, throttle
from dashboard.compliance.found import Found, unknown, when
from dashboard.desk import Desk
from dashboard.roles import ROLES, roles_named
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
    """Whether a password alone opens no account: each has a second factor, or needs one at the next sign-in.

    Whom a provider signs in is its matter: it is believed where a setting makes it say so at each sign-in.
    """
    if desk.settings.is_drill:
        return unknown("drill_no_door")
    rows = accounts.every(desk.store)
    rows = rows[~rows["disabled"].astype(bool)]
    if rows.empty:
        return unknown("no_accounts")
    vouched, has = rows["vouched"].astype(bool), rows["factor"].astype(bool)
    alone = ~vouched & ~has & ~rows["role"].map(desk.settings.demands)
    demanded = sorted(desk.settings.second_factor, key=ROLES.index)
    told = {
        "n": len(rows), "has": int(has.sum()), "alone": int(alone.sum()), "vouched": int(vouched.sum()),
        "roles": roles_named(demanded) if demanded else both("compliance.none"),
    }  # fmt: skip
    if vouched.any() and not alone.any() and not desk.settings.oidc_factor:
        return unknown("saw_factor_provider", **told)
    return when(not alone.any(), "saw_factor", **told)


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
