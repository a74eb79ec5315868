"""Rows that leave the house: whole tables of a view, page by page, each taken by somebody for a reason that the journal keeps."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pandas as pd

from dashboard.access import district_titles
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.content import SECRECY
from dashboard.briefing.edition import taken_code
from dashboard.desk import Desk
from dashboard.pages import Asked
from dashboard.pages._lists import COMPOUND_COLUMNS, compound_rows
from dashboard.roles import Person
from dashboard.text import both, figure, say
from dashboard.view import Here
from layers._errors import LayerError
from layers._view import View
from layers.intake._feed import Column, Feed
from layers.intake.chunks import WATERMARK
from layers.intake.feeds import feed_named
from layers.store import Store, journal, takings
from layers.store.paged import number, paged

PERSONS = {"cases": "case", "contacts": "contact", "fever": "fever"}  # table, and the feed that delivers it -> kind
TABLES = (*PERSONS, "compounds")
LONGEST = 500  # characters of a reason
SHORTEST = 4
DAYS = ("since", "onset_at")
# Column of a person -> that of the feed, so that what is taken out can be handed in again; the rest is ours alone.
THEIRS = {"status": "status state", "since": "status_at state_at", "related_case": "case_id"}
OURS = ("street", "place", "compound", "building", "method", "probability")
ORDER = (
    "subject",
    "status",
    "since",
    "onset_at",
    "origin",
    "related_case",
    "address",
    "district",
    *OURS,
    "age",
    "sex",
)


class RowsError(LayerError):
    """Rows cannot be taken out as asked."""


@dataclass(frozen=True)
class Taking:
    """One table on its way out.

    actor  who the journal names
    code   stands in the watermark, in each row, and in the journal
    second who else released it, where somebody had to
    waited  whether it was asked for and waited to be released: then it goes out once
    """

    desk: Desk
    who: Person | None
    actor: str
    here: Here
    table: str
    form: str
    reason: str
    code: str = field(default_factory=taken_code)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    second: str = ""
    waited: bool = False

    def begin(self) -> Iterator[pd.DataFrame]:
        """Return the pages, headed in the reader's language; what is refused is refused now, and the journal has the rest.

        Raises RowsError for a table or a reason that is none, AccessError where the view is not theirs, SecondError for more rows than one
        person takes out alone, TakingError for what was released and is taken already; in a drill, where all are one visitor, the
        journal only says so.
        """
        if self.table not in TABLES:
            raise RowsError(*both("rows.no_table", table=repr(self.table), tables=", ".join(TABLES))[::-1])
        said = self.reason.strip()
        if not SHORTEST <= len(said) <= LONGEST:
            raise RowsError(*both("rows.reason", n=len(said), least=SHORTEST, most=LONGEST)[::-1])
        pages = _pages(self)
        view = self.here.view
        clocks = {"as_of": view.as_of.isoformat(), "known_at": view.known_at.isoformat()}
        drill = self.desk.settings.is_drill
        second = {takings.ALONE: self.second or "drill"} if self.second or drill else {}
        detail = {"code": self.code, "reason": said, "area": view.area, **clocks, **second}
        most = None if second else self.desk.settings.second_rows
        release = self.code if self.waited else ""
        takings.begin(self.desk.store, self.actor, self.subject, detail, self.total(), most, release)
        return pages

    @property
    def subject(self) -> str:
        """What the journal says went out."""
        return f"rows/{self.table}.{self.form}"

    def end(self, rows: int, whole: bool) -> None:
        """Put into the journal how many rows went out, and whether all of them; what waited and broke off can be taken again."""
        ended = "whole" if whole else "broken off"
        detail = {"code": self.code, "rows": rows, "ended": ended}
        journal.add(self.desk.store, self.actor, "exported", self.subject, detail)
        if self.waited and not whole:
            takings.put_back(self.desk.store, self.code)

    def total(self) -> int:
        """Return about how many rows there are: who never had a status is counted here, and is no row."""
        kind, gate = PERSONS.get(self.table), self.desk.gate
        if kind is None:
            return len(self.desk.frames(self.who, self.here.view, ["compounds"])["compounds"])
        found = gate.read(self.desk.store, self.who, partial(number, kind=kind), self.here.view)
        return int(found["n"].iloc[0])

    def head(self) -> list[list[str]]:
        """Return the lines of the watermark that stand before the rows; an import passes over them."""
        view = self.here.view

        def w(key: str, **values: str) -> str:
            return say(key, self.here.lang, **values)

        role = w(f"rows.role_{self.who.role}") if self.who else ""
        clocks = w("rows.clocks_of", as_of=stamp_of(view.as_of), known_at=stamp_of(view.known_at))
        told = {
            "code": self.code,
            "secrecy": SECRECY["internal"].said(self.here.lang),
            "by": f"{self.actor} · {role}",
            "at": stamp_of(self.at),
            "reason": " ".join(self.reason.split()),
            **({"second": self.second} if self.second else {}),
            "area": district_titles(self.desk.store).get(view.area, view.area) or w("rows.whole_city"),
            "clocks": clocks,
        }
        drill = [[WATERMARK, w("rows.drill"), w("rows.invented")]] if self.desk.settings.is_drill else []
        return [*drill, *([WATERMARK, w(f"rows.told_{name}"), text] for name, text in told.items())]

    def foot(self, rows: int) -> list[str]:
        """Return the last line: a file without it was broken off."""
        return [
            WATERMARK,
            say("rows.end", self.here.lang),
            say("rows.end_of", self.here.lang, n=f"{rows:,}", code=self.code),
        ]


def _pages(taking: Taking) -> Iterator[pd.DataFrame]:
    desk, who, view, lang = taking.desk, taking.who, taking.here.view, taking.here.lang
    if taking.table == "compounds":
        return iter([_compounds(taking)])
    kind, names = PERSONS[taking.table], district_titles(desk.store)
    feed = feed_named(taking.table)

    def pages(theirs: Store, mine: View) -> Iterator[pd.DataFrame]:
        return paged(theirs, mine, kind)

    said = partial(_said, feed=feed, names=names, lang=lang, code=taking.code)
    return map(said, desk.gate.stream(desk.store, who, pages, view))


def _compounds(taking: Taking) -> pd.DataFrame:
    rows, _ = compound_rows(Asked(taking.here, taking.who, taking.desk))
    shown = (
        rows[list(COMPOUND_COLUMNS)].replace(math.inf, figure(math.inf)).assign(code_=taking.code)
    )  # no workbook knows it as a number
    lang = taking.here.lang
    return shown.set_axis(
        [*(say(key, lang) for key in COMPOUND_COLUMNS.values()), say("rows.code", lang)], axis="columns"
    )


def _said(rows: pd.DataFrame, feed: Feed, names: dict[str, str], lang: str, code: str) -> pd.DataFrame:
    """Rows with the heads of their feed and its words for codes, so that an import understands them."""
    theirs = {column.name: column for column in feed.columns}
    found: dict[str, object] = {}
    for name in (one for one in ORDER if one in rows):
        column = next((theirs[one] for one in _asked(name, feed) if one in theirs), None)
        if (column is None and name not in OURS) or (column is feed.columns[0] and name != "subject"):
            continue
        head = say(f"rows.{name}", lang) if column is None else column.zh if lang == "zh" else column.name
        found[head] = _values(rows[name], name, column, names, lang)
    return pd.DataFrame(found).assign(**{say("rows.code", lang): code})


def _asked(name: str, feed: Feed) -> list[str]:
    return [feed.columns[0].name] if name == "subject" else THEIRS.get(name, name).split()


def _values(values: pd.Series, name: str, column: Column | None, names: dict[str, str], lang: str) -> object:
    if name in DAYS:
        return [None if pd.isna(one) else f"{one:%Y-%m-%d}" for one in values]
    if name == "district":
        return [names.get(code, code) for code in values]
    if column is not None and column.codes and lang == "zh":
        first = {code: word for word, code in reversed(column.codes.items()) if word != code}
        return [first.get(code, code) for code in values]
    return values
