"""The clusters of a view as a panel: what was found, how sure it is, and the button that searches where nobody has yet."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.text import UNKNOWN, both, day, figure, percent
from layers._palette import Mark
from layers._times import day_start
from layers.decisions.cluster_map import STABLE
from layers.decisions.clusters import Clusters

SHOWN = 8
MARKS = {
    "yes": Mark((242, 96, 78, 255), "●", *both("clusters.all_levels")),
    "no": Mark((248, 197, 74, 255), "◐", *both("clusters.unstable")),
    "unknown": Mark((124, 143, 163, 255), "?", *both("clusters.cannot_told")),
}


def panel(asked: Asked, *, grow: bool = False, most: int = SHOWN) -> Component | None:
    """Return the panel; nothing for a single compound, which has no clusters."""
    if asked.here.view.level == "compound":
        return None
    found = asked.desk.clusters(asked.who, asked.here.view)
    title, page = asked.say("clusters.clusters_cases"), asked.here.path == "/clusters"
    if found is None:
        return parts.panel(title, unsearched(asked), grow=grow, name="clusters")
    link = dcc.Link(asked.say("clusters.on_map"), href=f"/clusters{asked.here.search}", className="button")
    body = [rows_of(asked, found, most), html.P(counted(asked, found), className="more")]
    return parts.panel(title, body, note=how(asked, found), tools="" if page else link, grow=grow, name="clusters")


def unsearched(asked: Asked) -> Component:
    """Return the empty state: nobody has searched this view, which is not "no clusters", and the button that does."""
    text = asked.say("clusters.view_has_not")
    words = asked.say("clusters.search_now")
    start = html.A(
        words,
        href=f"/search/clusters{asked.here.search}",
        className="button primary",
        **{"data-job": asked.say("clusters.search_for_clusters")},
    )
    return html.Div([parts.empty(text), start], className="clusters-start")


def rows_of(asked: Asked, found: Clusters, most: int) -> Component:
    """Return the clusters, most likely first, each with its evidence."""
    if found.clusters.empty:
        text = asked.say("clusters.no_cluster_beyond")
        return parts.empty(text)
    rows = [_row(asked, row) for row in found.clusters.head(most).to_dict("records")]
    return parts.reason_list(rows, asked.lang, kind="pick" if asked.here.path == "/clusters" else "")


def _row(asked: Asked, row: dict[str, Any]) -> dict[str, Any]:
    w = asked.say
    first, last = (day(day_start(int(row[name])), asked.lang) for name in ("first_day", "last_day"))
    expected, ratio = figure(row["expected"], 1), figure(row["ratio"], 1)
    reasons = [
        w("clusters.cases_chance", observed=figure(row["observed"]), expected=expected),
        f"LLR {figure(row['llr'], 1)}",
        f"{first}–{last}",
        w("clusters.measure", n=len(row["codes"])),
        w("clusters.communities_streets", share=_share(row["at_community"]), share2=_share(row["at_street"])),
    ]
    radius = figure(row["radius_m"] / 1000, 1)
    alone = len(row["codes"]) == 1
    return {
        "id": row["codes"][0],
        "name": row["names"][0] + ("" if alone else w("clusters.around")),
        "where": w("clusters.one_compound") if alone else w("clusters.km_around", radius=radius),
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
    measure = {"population": both("clusters.population"), "households": both("clusters.households")}.get(found.measure)
    if measure:
        return asked.say("clusters.days_poisson_scan", days=days, measure=measure, n=n)
    return asked.say("clusters.space_time_permutation", n=n)


def counted(asked: Asked, found: Clusters) -> str:
    """Return what stands behind the list: who was scanned, who was not, what is not shown."""
    f = found.figures
    return asked.say(
        "clusters.cases_scanned_more",
        cases=figure(f["cases"]),
        unplaced=figure(f["unplaced"]),
        small=figure(f["small"]),
        chance=figure(f["chance"]),
    )


def notes(asked: Asked, found: Clusters) -> Component:
    """Return what a reader must know."""
    items = [html.Li(words.said(asked.lang)) for words in found.caveats]
    return parts.panel(asked.say("clusters.before_you_act"), html.Ul(items, className="caveats"), name="notes")
