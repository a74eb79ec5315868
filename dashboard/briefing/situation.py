"""The epidemic state in the briefing: districts by new cases, the curve with its breaks, and what may be claimed."""

from math import nan

import geopandas as gpd
import numpy as np
import pandas as pd

from dashboard.briefing import paper
from dashboard.briefing.atlas import NOTHING, Marks, Scene
from dashboard.briefing.blocks import (
    Block,
    ChartBlock,
    Figure,
    MapBlock,
    Series,
    TableBlock,
    TableColumn,
)
from dashboard.briefing.book import PERSONS, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.panels import LegendEntry
from dashboard.briefing.proposals import part_of
from dashboard.briefing.query import Query, of_plan
from dashboard.text import both, figure, pick, say
from layers.decisions._proposal import Plan
from layers.decisions._situation_words import NAMES

KIND = "situation"
LAYERS: tuple[str, ...] = ()
A_CASE = 1.1  # square points
MARK = "#b8392f"
CASES = both("brief.situation.cases")
SHOWN_DAYS = 60  # of the curve


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan = book.sources.plans[KIND]
    names = {subject: name_of(subject, book.lang) for subject in NAMES}
    drawn = (_figures(book), _map(book, plan), _chart(book, plan), _districts(book, plan))
    return part_of(book, plan, *drawn, columns=(), names=names)


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district."""
    where = (("district", (code,)),)
    return (
        book.figure(both("brief.situation.cases_ever"), Query(KIND, "districts", ("ever",), "sum", where), CASES),
        book.figure(
            both("brief.situation.reported_in_7"), Query(KIND, "districts", ("report_week",), "sum", where), CASES
        ),
        book.figure(both("brief.situation.cases_since_day"), change_of("ever_counted", code), CASES),
    )


def change_of(column: str, code: str = "") -> Query:
    """Return the question for the change of a count since the bulletin before, of the area or of a district."""
    if code:
        return Query("districts", "districts", (column,), "change", (("district", (code,)),))
    return Query("counts", columns=(column,), how="change")


def r_figures(book: Book) -> dict[str, Figure]:
    """Return R with both ends of its interval."""
    names = {
        "r": both("brief.situation.names_r"),
        "r_low": both("brief.situation.names_r_low"),
        "r_high": both("brief.situation.names_r_high"),
    }
    return {key: book.figure(name, of_plan(KIND, key), digits=2) for key, name in names.items()}


def _figures(book: Book) -> tuple[Figure, ...]:
    r = r_figures(book)
    onset = both("brief.situation.onset_late_reports")
    return (
        r["r"],
        book.figure(
            both("brief.situation.reported_in_7"),
            of_plan(KIND, "report_week"),
            CASES,
            note=both("brief.situation.report"),
        ),
        r["r_low"],
        r["r_high"],
        book.figure(both("brief.situation.onsets_in_7"), of_plan(KIND, "onset_week"), CASES, note=onset),
        book.figure(
            both("brief.situation.in_hospital"),
            of_plan(KIND, "in_hospital"),
            PERSONS,
            note=both("brief.situation.reports_beds"),
        ),
        book.figure(
            both("brief.situation.cases_ever"),
            of_plan(KIND, "ever"),
            CASES,
            note=both("brief.situation.confirmed_clinical"),
        ),
        book.figure(both("brief.situation.since_day_before"), change_of("ever_counted"), CASES),
    )


def _map(book: Book, plan: Plan) -> MapBlock:
    """A disc for each district: its area is the cases reported in seven days."""
    frames = book.sources.frames
    districts = frames.get("districts", NOTHING)
    table = plan.tables.get("districts", pd.DataFrame(columns=["district", "report_week"]))
    weeks = table.set_index(table["district"].astype(str))["report_week"].astype(float)
    mine = districts[districts["id"].astype(str).isin(weeks.index)]
    places = gpd.GeoSeries.from_xy(mine["lon"], mine["lat"], crs=districts.crs) if len(mine) else districts.geometry[:0]
    values = weeks.reindex(mine["id"].astype(str)).to_numpy(float)
    words = say("brief.situation.cases_reported_in", book.lang)
    marks = Marks(
        words, MARK, "o", places.set_axis(mine.index), np.maximum(np.nan_to_num(values) * A_CASE, 4.0), "districts"
    )
    at = next((n for n in (1000, 500, 200, 100, 50, 10) if n <= np.nanmax([0, *values])), 10)
    size = LegendEntry("o", MARK, f"{figure(at)} {pick(CASES, book.lang)}", "", size=float(np.sqrt(at * A_CASE)))
    area = book.sources.snapshot.area
    scene = Scene(frames, area, mine.geometry, 1.0, marks=(marks,))
    title, asked = (
        both("brief.situation.reported_in_7_days"),
        Query(KIND, "districts", ("report_week",), "rows"),
    )
    return MapBlock(book.pick(*title), scene, (size, *base_legend(book.lang)), _counted(book, table), both("brief.situation.districts"),
                    book.code(title, asked))  # fmt: skip


def _counted(book: Book, table: pd.DataFrame) -> tuple[str, ...]:
    lost = table.loc[table["district"].astype(str) == "", "report_week"].astype(float).sum()
    if not lost:
        return ()
    n = figure(lost)
    return (say("brief.situation.more_cases_without", book.lang, n=n),)


def _chart(book: Book, plan: Plan) -> ChartBlock:
    """Cases a day by report and by onset (completed for late reports); days of another definition are breaks."""
    report, onset = (
        plan.tables.get(name, pd.DataFrame(columns=["day", "observed", "estimate", "state"]))
        for name in ("report", "onset")
    )
    days = report["day"].tail(SHOWN_DAYS).astype(float)
    told = onset.assign(value=onset["estimate"].where(onset["estimate"].notna(), nan)).set_index("day")["value"]
    data = pd.DataFrame({
        "label": days.to_numpy(),
        "report": report["observed"].tail(SHOWN_DAYS).astype(float).to_numpy(),
        "onset": told.reindex(days).to_numpy(float),
    })  # fmt: skip
    stepped = report.loc[report["step"].astype(bool), "day"].tolist() if "step" in report else []
    word = say("brief.situation.definition_changed", book.lang)
    series = (
        Series("report", say("brief.situation.report", book.lang), paper.BAR["added"]),
        Series("onset", say("brief.situation.onset_completed", book.lang), paper.ALARM),
    )
    title = both("brief.situation.new_cases_day")
    asked = Query(KIND, "report", ("observed",), "rows")
    return ChartBlock(book.pick(*title), "line", data, series, pick(CASES, book.lang), book.code(title, asked),
                      tuple((float(day), word) for day in stepped), say("brief.situation.no_cases", book.lang))  # fmt: skip


def _districts(book: Book, plan: Plan) -> TableBlock:
    empty = pd.DataFrame(
        columns=["district", "name", "name_en", "ever", "report_week", "onset_week", "per_100k", "r", "q025", "q975"]
    )
    table = plan.tables.get("districts", empty)
    names = table["name_en"].where(table["name_en"].notna() & (table["name_en"] != ""), table["name"])
    table = table.assign(title=names if book.lang == "en" else table["name"]).sort_values(
        ["report_week", "district"], ascending=[False, True]
    )
    title = both("brief.situation.cases_r_district")
    code = book.code(title, Query(KIND, "districts", ("ever", "report_week", "onset_week", "per_100k", "r"), "rows"))
    heads = (
        ("ever", both("brief.situation.ever"), 0),
        ("report_week", both("brief.situation.reported_7_d"), 0),
        ("onset_week", both("brief.situation.onsets_7_d"), 0),
        ("per_100k", both("brief.situation.per_100_000"), 1),
        ("r", ("Rt", "R"), 2),
        ("q025", both("brief.situation.r_low"), 2),
        ("q975", both("brief.situation.r_high"), 2),
    )
    columns = (TableColumn("title", say("brief.situation.district", book.lang)),
               *(TableColumn(key, book.pick(*words), "", digits, code) for key, words, digits in heads))  # fmt: skip
    frame = table[["title", *(key for key, _, _ in heads)]].reset_index(drop=True)
    return TableBlock(book.pick(*title), columns, frame, len(frame))


def name_of(subject: str, lang: str) -> str:
    """Return what a statement is about."""
    return NAMES[subject].said(lang)
