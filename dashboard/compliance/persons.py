"""Personal data: declared, masked, for a purpose, destroyed, and where it went."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd

from dashboard import access
from dashboard.compliance.found import Found, unknown, when
from dashboard.desk import Desk
from dashboard.roles import Person
from geo.address import strip_unit
from layers._view import View
from layers.intake import retention
from layers.intake.feeds import all_feeds
from layers.store import Store, journal_reading, tokens
from layers.store.journal_reading import Wanted
from layers.store.paged import paged
from layers.store.schema import person

WHO = Person("compliance", "city")  # what is looked at is counted here and shown to nobody
LOOKED_AT = 200  # persons
NAMING = ("name", "id_number", "identity_number", "telephone", "phone")  # columns that a person would be named by
MONTH = timedelta(days=30)
PROCESSING = (  # actions of the journal by which data about persons comes in, is changed, read, passed on, or ends
    "import", "undo", "review", "rematch", "care", "order", "reveal", "export", "export-asked", "exported", "print", "publish",
    "destroy", "destroy-keys", "rotate-keys",
)  # fmt: skip


def declared(_desk: Desk) -> Found:
    """Whether each column about persons says what it is asked for, on what ground, and what becomes of it."""
    columns = [column for feed in all_feeds().values() if feed.placed for column in feed.columns]
    personal = [column.personal for column in columns if column.personal is not None]
    whole = [one for one in personal if all(one.purpose) and all(one.basis)]
    sensitive = sum(one.sensitive for one in personal)
    dropped = sum(one.kept == "dropped" for one in personal)
    return when(bool(personal) and len(whole) == len(personal), "saw_declared", n=len(personal), sensitive=sensitive, dropped=dropped)  # fmt: skip


def limited(_desk: Desk) -> Found:
    """Whether there is a time after which persons are destroyed."""
    feeds = [feed for feed in all_feeds().values() if feed.placed]
    without = [feed for feed in feeds if feed.retention is None]
    days = max((feed.retention.days for feed in feeds if feed.retention), default=0)
    return when(bool(feeds) and not without, "saw_limited", n=len(feeds), without=len(without), days=days)


def destroyed(desk: Desk) -> Found:
    """Whether what is over was destroyed: nobody is kept whose time is over, and the journal has what was destroyed."""
    over = sum(one.number for one in retention.number_due(desk.store, desk.store.now()))
    if over:
        return when(False, "saw_over", n=f"{over:,}", command="retention")
    n = journal_reading.number(desk.store, Wanted(action="destroy"))
    last = journal_reading.newest(desk.store, "destroy")
    return when(True, "saw_destroyed", n=n, at=f"{last:%Y-%m-%d}") if last else unknown("saw_none_destroyed")


def without_names(desk: Desk) -> Found:
    """Whether persons are kept without names and numbers: there is no column for them."""
    columns = person.columns.keys()
    found = [name for name in columns if name in NAMING]
    return when(not found, "saw_nameless", n=len(columns), found=len(found))


def masked(desk: Desk) -> Found:
    """Whether addresses and remarks leave the gate masked: tried now on real rows."""
    view = desk.store.view()
    if not desk.store.revision(view.known_at):
        return unknown("saw_no_person")
    page = next(iter(desk.gate.stream(desk.store, WHO, _cases, view)), None)
    if page is None or page.empty:
        return unknown("saw_no_person")
    addresses = page.get("address", [])
    whole = sum(isinstance(text, str) and strip_unit(text) != text for text in addresses)
    shown = whole + sum(name in page for name in access.HIDDEN)
    return when(shown == 0, "saw_masked", n=len(page), shown=shown)


def _cases(store: Store, view: View) -> Iterator[pd.DataFrame]:
    return paged(store, view, "case", LOOKED_AT)


def purposes(desk: Desk) -> Found:
    """Whether masked fields are read, and rows taken out, for a stated purpose alone."""
    since = datetime.now(UTC) - MONTH
    reads, bare = journal_reading.stated(desk.store, "reveal", "purpose", since)
    takes, mute = journal_reading.stated(desk.store, "export", "reason", since, "rows/")  # plans hold no person
    if not reads + takes:
        return unknown("saw_no_purpose")
    return when(not bare + mute, "saw_purposes", reads=reads, takes=takes, without=bare + mute)


def subjects(_desk: Desk) -> Found:
    """Whether somebody can ask about their own data: that is done by people, not by this system."""
    return unknown("saw_subjects")


def shared(desk: Desk) -> Found:
    """Whether everything that left is on record: rows, prints, public figures."""
    since = datetime.now(UTC) - MONTH
    number = {name: journal_reading.number(desk.store, Wanted(action=name, first=since)) for name in ("exported", "print", "publish")}  # fmt: skip
    return when(True, "saw_shared", rows=number["exported"], prints=number["print"], releases=number["publish"])


def third_parties(desk: Desk) -> Found:
    """Whether programs of others come in with a token that says what for, and ends."""
    rows = tokens.every(desk.store)
    open_ = rows[~rows["disabled"].astype(bool) & (rows["expires_at"] > datetime.now(UTC))]
    if open_.empty:
        return unknown("saw_no_tokens")
    last = open_["expires_at"].max()
    return when(True, "saw_tokens", n=len(open_), ended=len(rows) - len(open_), at=f"{last:%Y-%m-%d}")


def processing(desk: Desk) -> Found:
    """Whether there is a record of what was done with personal data: every kind of it, held against the traces that it leaves in the store."""
    entries = journal_reading.values(desk.store, "action")
    seen = [name for name in PROCESSING if entries.get(name)]
    without = sum(journal_reading.unrecorded(desk.store).values())
    if not seen and not without:
        return unknown("saw_no_processing")
    return when(not without, "saw_processing", n=len(seen), of=len(PROCESSING), without=without)
