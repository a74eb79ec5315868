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
    Figures,
    MapBlock,
    Note,
    Series,
    TableBlock,
    TableColumn,
)
from dashboard.briefing.book import PERSONS, Book
from dashboard.briefing.ground import base_legend
from dashboard.briefing.panels import LegendEntry
from dashboard.briefing.proposals import list_of
from dashboard.briefing.query import Query, of_plan
from dashboard.text import figure, pick
from layers.decisions._proposal import Plan
from layers.decisions._situation_words import NAMES

KIND = "situation"
LAYERS: tuple[str, ...] = ()
A_CASE = 1.1  # square points
MARK = "#b8392f"
CASES = ("例", "cases")
SHOWN_DAYS = 60  # of the curve


def blocks(book: Book) -> tuple[Block, ...]:
    """Return what the part shows of the whole area."""
    plan = book.sources.plans[KIND]
    silence = tuple(Note(words.said(book.lang), alarm=True) for words in plan.silence)
    figures, drawn = Figures(_figures(book)), _map(book, plan)
    return (*silence, figures, drawn, _chart(book, plan), _districts(book, plan), list_of(book, plan, (), {}))


def of_district(book: Book, code: str) -> tuple[Figure, ...]:
    """Return the key figures of a district."""
    where = (("district", (code,)),)
    return (
        book.figure(("累计病例", "Cases ever"), Query(KIND, "districts", ("ever",), "sum", where), CASES),
        book.figure(
            ("近7天报告", "Reported in 7 days"), Query(KIND, "districts", ("report_week",), "sum", where), CASES
        ),
        book.figure(("较前一日累计", "Cases since the day before"), change_of("ever_counted", code), CASES),
    )


def change_of(column: str, code: str = "") -> Query:
    """Return the question for the change of a count since the bulletin before, of the area or of a district."""
    if code:
        return Query("districts", "districts", (column,), "change", (("district", (code,)),))
    return Query("counts", columns=(column,), how="change")


def r_figures(book: Book) -> dict[str, Figure]:
    """Return R with both ends of its interval."""
    names = {
        "r": ("再生数Rt", "Reproduction number R"),
        "r_low": ("Rt下限", "R, lower end"),
        "r_high": ("Rt上限", "R, upper end"),
    }
    return {key: book.figure(name, of_plan(KIND, key), digits=2) for key, name in names.items()}


def _figures(book: Book) -> tuple[Figure, ...]:
    r = r_figures(book)
    onset = ("按发病日，已补估迟报", "by onset, late reports completed")
    return (
        r["r"],
        book.figure(
            ("近7天报告", "Reported in 7 days"), of_plan(KIND, "report_week"), CASES, note=("按报告日", "by report")
        ),
        r["r_low"],
        r["r_high"],
        book.figure(("近7天发病", "Onsets in 7 days"), of_plan(KIND, "onset_week"), CASES, note=onset),
        book.figure(
            ("在院人数", "In hospital"),
            of_plan(KIND, "in_hospital"),
            PERSONS,
            note=("按床位报送", "by reports of beds"),
        ),
        book.figure(
            ("累计病例", "Cases ever"), of_plan(KIND, "ever"), CASES, note=("确诊与临床诊断", "confirmed and clinical")
        ),
        book.figure(("较前一日累计", "Since the day before"), change_of("ever_counted"), CASES),
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
    words = book.pick("近7天报告例数", "Cases reported in 7 days")
    marks = Marks(words, MARK, "o", places.set_axis(mine.index), np.maximum(np.nan_to_num(values) * A_CASE, 4.0))
    at = next((n for n in (1000, 500, 200, 100, 50, 10) if n <= np.nanmax([0, *values])), 10)
    size = LegendEntry("o", MARK, f"{figure(at)} {pick(CASES, book.lang)}", "", size=float(np.sqrt(at * A_CASE)))
    area = book.sources.snapshot.area
    scene = Scene(frames, area, mine.geometry, 1.0, marks=(marks,))
    title, asked = (
        ("各区近7天报告", "Reported in 7 days, by district"),
        Query(KIND, "districts", ("report_week",), "rows"),
    )
    return MapBlock(book.pick(*title), scene, (size, *base_legend(book.lang)), _counted(book, table), ("个区", "districts"),
                    book.code(title, asked))  # fmt: skip


def _counted(book: Book, table: pd.DataFrame) -> tuple[str, ...]:
    lost = table.loc[table["district"].astype(str) == "", "report_week"].astype(float).sum()
    if not lost:
        return ()
    n = figure(lost)
    return (
        book.pick(f"另有{n}例未落实到区，不在图上。", f"{n} more cases without a known district are not on the map."),
    )


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
    word = book.pick("诊断标准改变", "definition changed")
    series = (
        Series("report", book.pick("按报告日", "by report"), paper.BAR["added"]),
        Series("onset", book.pick("按发病日（补估）", "by onset, completed"), paper.ALARM),
    )
    title = ("每日新增病例", "New cases a day")
    asked = Query(KIND, "report", ("observed",), "rows")
    return ChartBlock(book.pick(*title), "line", data, series, pick(CASES, book.lang), book.code(title, asked),
                      tuple((float(day), word) for day in stepped), book.pick("没有病例", "no cases"))  # fmt: skip


def _districts(book: Book, plan: Plan) -> TableBlock:
    empty = pd.DataFrame(
        columns=["district", "name", "name_en", "ever", "report_week", "onset_week", "per_100k", "r", "q025", "q975"]
    )
    table = plan.tables.get("districts", empty)
    names = table["name_en"].where(table["name_en"].notna() & (table["name_en"] != ""), table["name"])
    table = table.assign(title=names if book.lang == "en" else table["name"]).sort_values(
        ["report_week", "district"], ascending=[False, True]
    )
    title = ("各区病例与再生数", "Cases and R by district")
    code = book.code(title, Query(KIND, "districts", ("ever", "report_week", "onset_week", "per_100k", "r"), "rows"))
    heads = (
        ("ever", ("累计", "Ever"), 0),
        ("report_week", ("近7天报告", "Reported, 7 d"), 0),
        ("onset_week", ("近7天发病", "Onsets, 7 d"), 0),
        ("per_100k", ("每10万人", "Per 100,000"), 1),
        ("r", ("Rt", "R"), 2),
        ("q025", ("Rt下限", "R low"), 2),
        ("q975", ("Rt上限", "R high"), 2),
    )
    columns = (TableColumn("title", book.pick("区", "District")),
               *(TableColumn(key, book.pick(*words), "", digits, code) for key, words, digits in heads))  # fmt: skip
    frame = table[["title", *(key for key, _, _ in heads)]].reset_index(drop=True)
    return TableBlock(book.pick(*title), columns, frame, len(frame))


def name_of(subject: str, lang: str) -> str:
    """Return what a statement is about."""
    return NAMES[subject].said(lang)
