"""Who may what: doors that are listed, roles that are separate, rows that a database guards, a second person."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from flask import current_app, has_app_context

from dashboard import doors
from dashboard.compliance.found import Found, unknown, when
from dashboard.desk import Desk
from layers.store import accounts, roles, takings

MOST_ALONE = 10_000  # rows; whoever may take out more alone needs no second person in practice


def listed(desk: Desk) -> Found:
    """Whether every address that this server answers is listed with the roles that it opens for."""
    rules = _rules()
    programs = sum(doors.named(rule) in doors.API for rule in rules)
    closed = [rule for rule in rules if not doors.of_rule(rule) and doors.named(rule) not in doors.API]
    anybody = sum("" in doors.of_rule(rule) for rule in rules)
    values = {"pages": len(doors.PAGES), "roles": len(doors.SIGNED_IN), "anybody": anybody, "closed": len(closed)}
    return when(not closed, "saw_doors", n=len(rules), programs=programs, **values)


def _rules() -> set[str]:
    served: Iterable[str] = (
        (one.rule for one in current_app.url_map.iter_rules()) if has_app_context() else doors.ROUTES
    )
    return set(served)


def separate(desk: Desk) -> Found:
    """Whether somebody reads the journal who is not the one that makes accounts, and neither sees rows."""
    rows = accounts.every(desk.store)
    if rows.empty:
        return unknown("no_accounts")
    open_ = rows[~rows["disabled"].astype(bool)]
    auditors, admins = (int((open_["role"] == role).sum()) for role in (doors.AUDITOR, doors.ADMIN))
    return when(auditors > 0 and admins > 0, "saw_separate", auditors=auditors, admins=admins)


def guarded(desk: Desk) -> Found:
    """Whether the database itself holds back rows of other areas."""
    if desk.store.is_file:
        return unknown("saw_file")
    why = roles.why_unbound(desk.store)
    return when(why is None, "saw_bound" if why is None else "saw_unbound")


def second_person(desk: Desk) -> Found:
    """Whether many rows leave only when somebody else agrees."""
    if desk.settings.is_drill:
        return unknown("drill_no_door")
    rows, most = takings.listed(desk.store), desk.settings.second_rows
    asked = rows[rows["asked_at"] > datetime.now(UTC) - timedelta(days=30)]
    released = int((asked["released"] == True).sum())  # noqa: E712 # a column with None in it
    refused = int((asked["released"] == False).sum())  # noqa: E712
    return when(most <= MOST_ALONE, "saw_second", most=f"{most:,}", n=len(asked), released=released, refused=refused)
