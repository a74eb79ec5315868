"""The clusters of a view as a panel: what was found, how sure it is, and the button that searches where nobody has yet."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.text import UNKNOWN, day, figure, percent
from dashboard.text import counted as counts
from layers._palette import Mark
from layers._times import day_start
from layers.decisions.cluster_map import STABLE
from layers.decisions.clusters import Clusters

SHOWN = 8
MARKS = {
    "yes": Mark((242, 96, 78, 255), "●", "三级均见", "at all levels"),
    "no": Mark((248, 197, 74, 255), "◐", "不稳定", "unstable"),
    "unknown": Mark((124, 143, 163, 255), "?", "未能判断", "cannot be told"),
}


def panel(asked: Asked, *, grow: bool = False, most: int = SHOWN) -> Component | None:
    """Return the panel; nothing for a single compound, which has no clusters."""
    if asked.here.view.level == "compound":
        return None
    found = asked.desk.clusters(asked.who, asked.here.view)
    title, page = asked.words("病例聚集", "Clusters of cases"), asked.here.path == "/clusters"
    if found is None:
        return parts.panel(title, unsearched(asked), grow=grow, name="clusters")
    link = dcc.Link(asked.words("在地图上看", "On the map"), href=f"/clusters{asked.here.search}", className="button")
    body = [rows_of(asked, found, most), html.P(counted(asked, found), className="more")]
    return parts.panel(title, body, note=how(asked, found), tools="" if page else link, grow=grow, name="clusters")


def unsearched(asked: Asked) -> Component:
    """Return the empty state: nobody has searched this view, which is not "no clusters", and the button that does."""
    text = asked.words(
        "本视图尚未扫描，不等于没有聚集。全市约需2分钟，可随时取消。",
        "This view has not been searched, which is not the same as no clusters. The whole city takes some two minutes.",
    )
    words = asked.words("开始扫描", "Search now")
    start = html.A(
        words,
        href=f"/search/clusters{asked.here.search}",
        className="button primary",
        **{"data-job": asked.words("病例聚集扫描", "Search for clusters")},
    )
    return html.Div([parts.empty(text), start], className="clusters-start")


def rows_of(asked: Asked, found: Clusters, most: int) -> Component:
    """Return the clusters, most likely first, each with its evidence."""
    if found.clusters.empty:
        text = asked.words("未发现超出随机的聚集（P≤0.05）。", "No cluster beyond chance (p at most 0.05).")
        return parts.empty(text)
    rows = [_row(asked, row) for row in found.clusters.head(most).to_dict("records")]
    return parts.reason_list(rows, asked.lang, kind="pick" if asked.here.path == "/clusters" else "")


def _row(asked: Asked, row: dict[str, Any]) -> dict[str, Any]:
    w = asked.words
    first, last = (day(day_start(int(row[name])), asked.lang) for name in ("first_day", "last_day"))
    expected, ratio = figure(row["expected"], 1), figure(row["ratio"], 1)
    reasons = [
        w(
            f"{figure(row['observed'])}例，随机应有{expected}例",
            f"{figure(row['observed'])} cases, {expected} by chance",
        ),
        f"LLR {figure(row['llr'], 1)}",
        f"{first}–{last}",
        w(f"{len(row['codes'])}个小区", counts(len(row["codes"]), "compound")),
        w(
            f"社区级 {_share(row['at_community'])}，街道级 {_share(row['at_street'])}",
            f"communities {_share(row['at_community'])}, streets {_share(row['at_street'])}",
        ),
    ]
    radius = figure(row["radius_m"] / 1000, 1)
    alone = len(row["codes"]) == 1
    return {
        "id": row["codes"][0],
        "name": row["names"][0] + ("" if alone else w("一带", " and around")),
        "where": w("单个小区", "one compound") if alone else w(f"半径{radius}公里", f"{radius} km around"),
        "mark": MARKS[row["stable"]],
        "figure": f"×{ratio} · p {figure(row['p'], 3)}",
        "reasons": reasons,
        "rule": STABLE[row["stable"]].said(asked.lang),
    }


def _share(value: float) -> str:
    return UNKNOWN if pd.isna(value) else percent(value)


def how(asked: Asked, found: Clusters) -> str:
    """Return by which model, over which days and how often chance was tried."""
    n, days = figure(found.figures["replicates"]), figure(found.figures["window_days"])
    measure = {"population": ("人口", "population"), "households": ("户数", "households")}.get(found.measure)
    if measure:
        return asked.words(
            f"{days}天 · 泊松扫描，以{measure[0]}为分母 · {n}次模拟",
            f"{days} days · Poisson scan over {measure[1]} · {n} replicates",
        )
    return asked.words(f"时空置换扫描，无分母 · {n}次模拟", f"space-time permutation, no denominators · {n} replicates")


def counted(asked: Asked, found: Clusters) -> str:
    """Return what stands behind the list: who was scanned, who was not, what is not shown."""
    f = found.figures
    return asked.words(
        f"扫描{figure(f['cases'])}例，另有{figure(f['unplaced'])}例未落到小区；{figure(f['small'])}处不足5例不显示；"
        f"{figure(f['chance'])}处可用随机解释。聚集性疫情由疾控中心判定。",
        f"{figure(f['cases'])} cases scanned, {figure(f['unplaced'])} more in no compound; {figure(f['small'])} of fewer than 5 "
        f"cases not shown; {figure(f['chance'])} explained by chance. A cluster is declared by the CDC.",
    )


def notes(asked: Asked, found: Clusters) -> Component:
    """Return what a reader must know."""
    items = [html.Li(words.said(asked.lang)) for words in found.caveats]
    return parts.panel(asked.words("须知", "Before you act"), html.Ul(items, className="caveats"), name="notes")
