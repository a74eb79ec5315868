"""Match a file of cases against a file of compounds, without a store."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo import datum as frames_of_reference
from geo.match import MATCH_COLUMNS, CompoundMatcher
from layers._errors import FeedError
from layers.intake import readers
from layers.intake._feed import Column, Feed
from layers.intake._personal import PLACE
from layers.intake.checking import AS_GIVEN, Checker
from layers.intake.datum_pair import Settled, Side, settle
from layers.intake.datum_parts import AUTO, source_column, sources_of
from layers.intake.feeds import feed_named
from layers.intake.profile import Profile, Renamer
from layers.intake.receipt import RowNote

CASES = Feed(
    name="match-cases",
    title=("待匹配病例", "Cases to match"),
    columns=(
        Column("case_id", "病例编号", "text", "case number, echoed exactly", "病例编号，原样返回", identifies=True),
        Column("address", "现住址", "text", "address as written down", "登记的现住址", personal=PLACE),
        Column("district", "区", "text", "district by name", "所在区"),
        Column("lon", "经度", "lon", "longitude", "经度"),
        Column("lat", "纬度", "lat", "latitude", "纬度"),
        Column("precision_m", "坐标精度", "number", "how far off the point may be", "坐标误差范围", unit="m", lowest=0),
    ),
    parts=(),
    steward=("", ""),
    promise=timedelta(0),
    retention=None,
)


@dataclass
class MatchReport:
    """What a match run saw: counts by outcome, and everything about the files that a person should know."""

    cases: int = 0
    compounds: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    notices: list[dict[str, str]] = field(default_factory=list)
    cases_rejected: list[RowNote] = field(default_factory=list)
    cases_warned: list[RowNote] = field(default_factory=list)
    compounds_rejected: list[RowNote] = field(default_factory=list)
    compounds_warned: list[RowNote] = field(default_factory=list)
    cases_datum: str | None = None  # as stated, or as found out
    compounds_datum: str | None = None
    datum_evidence: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def learn(self, settled: Settled) -> None:
        """Take what was found out about the frames of the two files."""
        self.cases_datum, self.compounds_datum = settled.cases_datum, settled.compounds_datum
        self.datum_evidence = settled.evidence
        self.notices += settled.notices
        self.cases_warned += settled.cases_warned
        self.compounds_warned += settled.compounds_warned

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        lists = ("cases_rejected", "cases_warned", "compounds_rejected", "compounds_warned")
        return {
            **vars(self),
            "outcomes": dict(sorted(self.outcomes.items())),
            **{name: [asdict(n) for n in getattr(self, name)[:200]] for name in lists},
        }


def match_files(
    cases: Path,
    compounds: Path,
    *,
    cases_datum: str | None = None,
    compounds_datum: str | None = None,
    cases_profile: Profile | None = None,
    compounds_profile: Profile | None = None,
    within_m: float = 100.0,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, MatchReport]:
    """Return MATCH_COLUMNS, one row a case in the order of the file, ids as they stand in the files, and a report.

    Rows of compounds without a code or name are left out and reported; rows of cases stay whatever is wrong with them: one that
    cannot be read is unmatched, and its reason says what was found and wanted. A datum may be "auto": it is found out from the
    cases whose address alone names a compound. Where these refute what was stated, no point is used. FeedError: coordinates
    without a stated datum, a datum that cannot be found out, cases without the columns to match by, no compound at all, a code
    that two compounds bear.
    """
    report = MatchReport()
    started = time.monotonic()
    listed = _compounds(compounds, compounds_datum, compounds_profile or Profile(), report)
    matcher = CompoundMatcher.build(listed.rows, cache=cache)
    report.seconds["gazetteer"] = round(time.monotonic() - started, 2)
    delivered = _cases(cases, cases_datum, cases_profile or Profile(), report)
    started = time.monotonic()
    read = matcher.read(delivered.rows, progress)
    named = [answer.position if answer.status == "accepted" else -1 for answer in read]
    settled = settle(delivered.side(cases, "--cases-datum"), listed.side(compounds, "--compounds-datum"), named)
    report.learn(settled)
    if settled.compounds is not listed.rows:
        matcher = matcher.placed_at(settled.compounds)
    answers = delivered.answered(matcher.match(settled.cases, within_m, answers=read, frame_sure=settled.frame_sure))
    report.seconds["match"] = round(time.monotonic() - started, 2)
    report.cases, report.compounds = len(answers), len(listed.rows)
    report.outcomes.update(f"{s}/{m}" for s, m in zip(answers["status"], answers["method"], strict=True))
    return answers, report


@dataclass
class _Delivered:
    """A whole file, read and checked.

    rows        what can be worked with, with `_row`
    stated      the frame stated for its coordinates, AUTO where it is to be found out: then `rows` are as given
    column      the column that tells the file's sources apart; `rows` then have `_source`
    ids         row number -> the id as it stands in the file, of every row
    unreadable  row number -> the reason in both languages, of the rows that cannot be worked with
    """

    rows: pd.DataFrame
    stated: str | None = None
    column: str | None = None
    ids: dict[int, str] = field(default_factory=dict)
    unreadable: dict[int, tuple[str, str]] = field(default_factory=dict)
    rejected: list[RowNote] = field(default_factory=list)
    warned: list[RowNote] = field(default_factory=list)

    def side(self, path: Path, option: str) -> Side:
        """Return the rows as one of the two that are to be brought into one frame."""
        return Side(path.name, self.rows, self.stated, self.column, option)

    def answered(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Return the answers given for `rows` with a row for each unreadable one, in the order of the file."""
        nothing: list[tuple[Any, ...]] = [
            ("", "unmatched", "", "none", 0.0, float("nan"), [], *why) for why in self.unreadable.values()
        ]
        rest = pd.DataFrame(nothing, columns=MATCH_COLUMNS, index=list(self.unreadable), dtype=object)
        given = answers[MATCH_COLUMNS].set_axis(self.rows["_row"].tolist()).astype(object)
        whole = pd.concat([frame for frame in (given, rest) if len(frame)] or [given]).sort_index()
        whole["case_id"] = [self.ids[number] for number in whole.index]
        return whole.reset_index(drop=True).astype({"probability": float, "distance_m": float})


def _compounds(path: Path, stated: str | None, profile: Profile, report: MatchReport) -> _Delivered:
    read = _read(path, feed_named("compounds"), stated, profile, report)
    report.compounds_rejected, report.compounds_warned = read.rejected, read.warned
    if read.rows.empty:
        first = next((f"; row {n.row}, column {n.column}: {n.en}" for n in read.rejected), "")
        raise FeedError(f"{path.name}: holds no compound; wanted rows with compound_id and name{first}")
    rows = read.rows.assign(compound_id=[read.ids[number] for number in read.rows["_row"]])
    twice = rows[rows["compound_id"].duplicated(keep=False)]
    if len(twice):
        code = twice["compound_id"].iloc[0]
        at = " and ".join(str(row) for row in twice.loc[twice["compound_id"] == code, "_row"][:5])
        more = twice["compound_id"].nunique() - 1
        raise FeedError(
            f"{path.name}: compound_id {code!r} stands in rows {at}{f', and {more} more stand twice' if more else ''}; "
            "wanted one row a compound"
        )
    read.rows = rows
    return read


def _cases(path: Path, stated: str | None, profile: Profile, report: MatchReport) -> _Delivered:
    read = _read(path, CASES, stated, profile, report)
    report.cases_rejected, report.cases_warned = read.rejected, read.warned
    report.cases_warned += [
        RowNote(row, "case_id", "", "a case number", "没有病例编号", "the case has no number")
        for row in read.rows["_row"]
        if not read.ids[row].strip()
    ]
    read.rows = read.rows.assign(case_id=[read.ids[number] for number in read.rows["_row"]])
    blank = np.array([not case.strip() for case in read.rows["case_id"]], dtype=bool)
    again = read.rows[read.rows["case_id"].duplicated() & ~blank]
    report.cases_warned += [
        RowNote(
            row, "case_id", case, "one row a case", "病例编号与前面的一行相同", "an earlier row has this case number"
        )
        for row, case in zip(again["_row"], again["case_id"], strict=True)
    ]
    return read


def _read(path: Path, feed: Feed, stated: str | None, profile: Profile, report: MatchReport) -> _Delivered:
    """Read a whole file through the same reader, profile and checks as an import."""
    stated = stated or profile.options.get("datum")
    if stated:
        stated = AUTO if stated.strip().lower() == AUTO else frames_of_reference.require_datum(stated)
    rename = Renamer(feed, profile, path.name)
    frame, kept_by_nobody = AS_GIVEN if stated == AUTO else stated, [column.name for column in feed.columns]
    check = Checker(feed, frame, None, int(time.time() * 1000), veiled=kept_by_nobody)
    read, parts = _Delivered(pd.DataFrame(), stated), []
    for chunk in readers.read(path, sheet=profile.options.get("sheet"), exact=_names_of_id(feed, profile)):
        _unreadable(read, chunk)
        if feed is CASES:
            _require_something_to_match_by(rename, profile, chunk.rows, path)
        ours = rename(chunk.rows)
        _require_datum(ours, feed, stated, path)
        ids = chunk.verbatim or ["" if value is None else str(value) for value in ours[feed.columns[0].name]]
        read.ids.update(zip(ours["_row"].tolist(), ids, strict=True))
        checked = check(ours)
        if stated == AUTO:
            read.column = source_column(chunk.rows.columns, profile, path.name)
            sources = dict(zip(chunk.rows["_row"].astype(int), sources_of(chunk.rows, read.column), strict=True))
            checked.rows["_source"] = [sources[row] for row in checked.rows["_row"]]
        _refused(read, checked.rejected)
        read.warned += checked.warned
        parts.append(checked.rows)
    read.rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    aside = readers.unread(path, profile.options.get("sheet"))
    if aside:
        zh, en = "、".join(aside), ", ".join(aside)
        report.notices.append(
            {"zh": f"{path.name}：未读取的工作表或图层：{zh}", "en": f"{path.name}: sheets or tables not read: {en}"}
        )
    return read


def _names_of_id(feed: Feed, profile: Profile) -> tuple[str, ...]:
    """The columns that may hold the id as it is to be echoed; none where the profile makes it."""
    column = feed.columns[0]
    if any(column.name in made for made in (profile.codes, profile.constants, profile.join)):
        return ()
    return (profile.columns[column.name],) if column.name in profile.columns else (column.name, column.zh)


def _unreadable(read: _Delivered, chunk: readers.Chunk) -> None:
    for m in chunk.misshapen:
        read.ids[m.row] = m.verbatim
        read.unreadable[m.row] = (
            f"第{m.row}行无法读取：{m.zh}",
            f"row {m.row} cannot be read: found {m.found}, wanted {m.wanted}",
        )
        read.rejected.append(RowNote(m.row, "", m.found, m.wanted, m.zh, "the row cannot be read"))


def _refused(read: _Delivered, rejected: list[RowNote]) -> None:
    for n in rejected:
        read.unreadable[n.row] = (
            f"第{n.row}行，列 {n.column}：{n.zh}",
            f"row {n.row}, column {n.column}: found {n.found!r}, wanted {n.wanted}",
        )
    read.rejected += rejected


def _require_something_to_match_by(rename: Renamer, profile: Profile, rows: pd.DataFrame, path: Path) -> None:
    """Raise FeedError unless the cases have an id, and an address or a point."""
    made = {*profile.constants, *profile.join, *profile.codes}
    has = {name for name, source in rename.sources(rows).items() if source or name in made}
    if "case_id" in has and ("address" in has or {"lon", "lat"} <= has):
        return
    names = [str(name) for name in rows.columns if name != "_row"]
    lack = "'case_id' (病例编号)" if "case_id" not in has else "'address' (现住址) or 'lon', 'lat' (经度、纬度)"
    raise FeedError(
        f"{path.name}: column {lack} is missing; found {names}; wanted case_id and address and/or lon, lat. "
        "Rename columns with a profile (--map-cases)"
    )


def _require_datum(rows: pd.DataFrame, feed: Feed, stated: str | None, path: Path) -> None:
    if not stated and _has_position(rows):
        raise FeedError(
            f"{path.name}: has coordinates but no datum was stated. A wrong one moves every place by 0.5-1.2 km: state it with "
            f"--{'cases' if feed is CASES else 'compounds'}-datum {'|'.join(frames_of_reference.DATUMS)}, or have it found out: auto"
        )


def _has_position(rows: pd.DataFrame) -> bool:
    return any(name in rows and rows[name].notna().any() for name in ("lon", "geometry"))
