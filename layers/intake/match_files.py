"""Match a file of cases against a file of compounds, without a store."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from geo import datum as frames_of_reference
from geo.match import MATCH_COLUMNS, CompoundMatcher
from layers._errors import FeedError
from layers.intake import datum_evidence, readers
from layers.intake._feed import Column, Feed
from layers.intake.checking import Checker
from layers.intake.feeds import feed_named
from layers.intake.profile import Profile, Renamer
from layers.intake.receipt import Receipt, RowNote

CASES = Feed(
    name="match-cases",
    title=("待匹配病例", "Cases to match"),
    columns=(
        Column("case_id", "病例编号", "text", "echoed exactly", "原样返回"),
        Column("address", "现住址", "text", "address as written down", "登记的现住址", personal=True),
        Column("district", "区", "text", "district by name", "所在区"),
        Column("lon", "经度", "lon", "longitude", "经度"),
        Column("lat", "纬度", "lat", "latitude", "纬度"),
    ),
    parts=(),
    steward=("", ""),
    promise=timedelta(0),
    retention=None,
)
ANCHORS = 400


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
    datum_evidence: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

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
    """Return MATCH_COLUMNS, one row a case in the order of the file, and a report.

    Coordinates without a stated datum raise FeedError. Rows of compounds without a code or name are left out and reported;
    rows of cases stay whatever is wrong with them, unmatched if need be.
    """
    report = MatchReport()
    started = time.monotonic()
    known = _compounds(compounds, compounds_datum, compounds_profile or Profile(), report)
    matcher = CompoundMatcher.build(known, cache=cache)
    report.seconds["gazetteer"] = round(time.monotonic() - started, 2)
    asked, raw_ids = _cases(cases, cases_datum, cases_profile or Profile(), report)
    started = time.monotonic()
    answers = matcher.match(asked, within_m, progress)
    answers["case_id"] = raw_ids
    _evidence(matcher, asked, known, cases_datum, report)
    report.seconds["match"] = round(time.monotonic() - started, 2)
    report.cases, report.compounds = len(answers), len(known)
    report.outcomes.update(f"{s}/{m}" for s, m in zip(answers["status"], answers["method"], strict=True))
    return answers[MATCH_COLUMNS], report


def _compounds(path: Path, stated: str | None, profile: Profile, report: MatchReport) -> pd.DataFrame:
    feed = feed_named("compounds")
    rows, rejected, warned, _ = _read(path, feed, stated or profile.options.get("datum"), profile)
    report.compounds_rejected, report.compounds_warned = rejected, warned
    twice = rows["compound_id"].duplicated()
    if twice.any():
        names = sorted(set(rows.loc[twice, "compound_id"]))[:5]
        report.notices.append(
            {
                "zh": f"{path.name}：{int(twice.sum())} 个小区编码重复，保留首行：{names}",
                "en": f"{path.name}: {int(twice.sum())} compound codes stand twice, the first is kept: {names}",
            }
        )
    return rows[~twice].reset_index(drop=True)


def _cases(path: Path, stated: str | None, profile: Profile, report: MatchReport) -> tuple[pd.DataFrame, list[str]]:
    rows, rejected, warned, raw = _read(path, CASES, stated or profile.options.get("datum"), profile)
    report.cases_rejected, report.cases_warned = rejected, warned
    ids = ["" if value is None else str(value) for value in raw["case_id"]]
    return rows.assign(case_id=ids), ids


def _read(
    path: Path, feed: Feed, stated: str | None, profile: Profile
) -> tuple[pd.DataFrame, list[RowNote], list[RowNote], pd.DataFrame]:
    """Read a whole file through the same reader, profile and checks as an import."""
    stated = frames_of_reference.require_datum(stated) if stated else None
    rename = Renamer(feed, profile, path.name)
    check = Checker(feed, stated, None, int(time.time() * 1000))
    parts, raws, rejected, warned = [], [], [], []
    for chunk in readers.read(path, sheet=profile.options.get("sheet")):
        rejected += [
            RowNote(m.row, "", m.found, m.wanted, "列数与表头不符", "the row does not have the file's columns")
            for m in chunk.misshapen
        ]
        ours = rename(chunk.rows)
        if not stated and _has_position(ours):
            raise FeedError(
                f"{path.name}: has coordinates but no datum was stated. A wrong one moves every place by 0.5-1.2 km: state it with "
                f"--{'cases' if feed is CASES else 'compounds'}-datum {'|'.join(frames_of_reference.DATUMS)}"
            )
        checked = check(ours)
        rejected += checked.rejected
        warned += checked.warned
        parts.append(checked.rows)
        raws.append(ours)
    return pd.concat(parts, ignore_index=True), rejected, warned, pd.concat(raws, ignore_index=True)


def _has_position(rows: pd.DataFrame) -> bool:
    return any(name in rows and rows[name].notna().any() for name in ("lon", "geometry"))


def _evidence(
    matcher: CompoundMatcher, cases: pd.DataFrame, compounds: pd.DataFrame, stated: str | None, report: MatchReport
) -> None:
    """Ask of some rows with both whether their points lie where their addresses say, in this frame or another."""
    some = cases[cases["lon"].notna() & cases["address"].notna()].head(ANCHORS)
    if some.empty or not stated or compounds["lon"].isna().all():
        return
    at = compounds.set_index("compound_id")[["lon", "lat"]].astype(float)
    named = at.reindex(matcher.match(some.drop(columns=["lon", "lat"]))["compound_id"].to_numpy(object))
    stated = frames_of_reference.require_datum(stated)
    receipt = Receipt("match", "", "", "", datum=stated)
    lon, lat = some["lon"].to_numpy(float), some["lat"].to_numpy(float)
    datum_evidence.by_anchors(
        receipt, frames_of_reference.require_datum(stated), lon, lat, named["lon"].to_numpy(), named["lat"].to_numpy()
    )
    datum_evidence.conclude(receipt)
    report.datum_evidence = receipt.datum_evidence
    report.notices += receipt.notices
