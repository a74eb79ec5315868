"""Alerts in words: the sentence of one, the strip on the wall that stays until somebody has acknowledged, the lines on a desk."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard.goods import in_words
from dashboard.pages import Asked
from dashboard.pages._frame import district_names
from dashboard.text import age, both, figure, is_unknown, moment, pick, say
from layers._promises import PROMISES
from layers._view import level_of
from layers.store import alerts

FEW = 3  # alerts written out on a wall; the rest is counted
STATUS = {
    "counted": both("alerts.status_counted"),
    "confirmed": both("alerts.status_confirmed"),
    "clinical": both("alerts.status_clinical"),
    "suspected": both("alerts.status_suspected"),
    "asymptomatic": both("alerts.status_asymptomatic"),
    "excluded": both("alerts.status_excluded"),
    "cured": both("alerts.status_cured"),
    "dead": both("alerts.status_dead"),
    "contact": both("alerts.status_contact"),
    "contact_released": both("alerts.status_contact_released"),
    "fever": both("alerts.status_fever"),
    "fever_excluded": both("alerts.status_fever_excluded"),
}
MEASURE = {
    "new1": both("alerts.measure_new1"),
    "now": both("alerts.measure_now"),
    "new14": both("alerts.measure_new14"),
}
EACH = {
    "": both("alerts.area_whole"),
    "district": both("alerts.each_district"),
    "street": both("alerts.each_street"),
    "compound": both("alerts.each_compound"),
}
KIND = {
    "count": both("alerts.kind_count"),
    "age": both("alerts.kind_age"),
    "shortage": both("alerts.kind_shortage"),
}


def places(asked: Asked, rows: pd.DataFrame) -> dict[str, str]:
    """Return area -> name of what the alerts are about, in the page's language."""
    areas = {alerts.area_of(row) for row in rows.to_dict("records")}
    names = {"": asked.say("alerts.whole_city")} | district_names(asked)
    names |= {area: area.partition("/")[2] for area in areas if level_of(area) == "street"}
    homes = {area.removeprefix("compound:") for area in areas if level_of(area) == "compound"}
    if homes:
        frame = asked.desk.frames(asked.who, asked.here.view, ["compounds"], asked.lang)["compounds"]
        found = frame[frame["id"].isin(homes)]
        names |= {f"compound:{code}": name for code, name in zip(found["id"], found["name"], strict=True)}
    return names


def sentence(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    """Return what is true, with the value that made it true and the bound of its rule."""
    return {"count": _count, "age": _age, "shortage": _shortage}[row["kind"]](asked, row, names)


def _count(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    area, about = alerts.area_of(row), row["watched"]
    status, measure = pick(STATUS[about["status"]], asked.lang), pick(MEASURE[about["measure"]], asked.lang)
    place, n, bound = names.get(area, area), figure(row["value"]), figure(row["bound"])
    return asked.say("alerts.bound", place=place, measure=measure, status=status, n=n, bound=bound)


def _age(asked: Asked, row: Mapping[Any, Any], _names: Mapping[str, str]) -> str:
    promise = PROMISES[row["watched"]["feed"]]
    feed, bound = pick((promise.zh, promise.en), asked.lang), span(asked, row["bound"])
    if is_unknown(row["value"]):
        return asked.say("alerts.never_delivered_bound", feed=feed, bound=bound)
    passed = span(asked, row["value"])
    return asked.say("alerts.no_delivery_for", feed=feed, passed=passed, bound=bound)


def span(asked: Asked, hours: float) -> str:
    """Return hours as people say them: days from two days on."""
    if hours < 48:
        return asked.say("alerts.h", hours=figure(hours))
    return asked.say("alerts.days", hours=figure(hours // 24))


def _shortage(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    about, w = row["watched"], asked.say
    place = names.get(row["area"], row["area"]) + " " if row["area"] else ""
    if about["what"] == "item":
        item, days, bound = in_words(row["subject"], asked.lang), figure(row["value"], 1), figure(row["bound"], 1)
        return w("alerts.days_cover_below", place=place, item=item, days=days, bound=bound)
    kind, days = say(f"bed.{row['subject']}", asked.lang), figure(row["value"])
    if row["value"] < 1:
        return w("alerts.beds_not_enough", place=place, kind=kind)
    return w("alerts.beds_run_out", place=place, kind=kind, days=days)


# ---- the wall


def strip(asked: Asked) -> Component | None:
    """Return the alerts that nobody has acknowledged, the loudest and newest first; None where there are none.

    `assets/alerts.js` lets a new one call once. Sentences name places and goods, never a person.
    """
    rows = asked.desk.alerts(asked.who, asked.here.view)
    waiting = rows[rows["acknowledged_at"].isna()].sort_values(["sound", "raised_at"], ascending=False, kind="stable")
    if waiting.empty:
        return None
    names, w, left = places(asked, waiting), asked.say, len(waiting) - FEW
    lines = [_line(asked, row, names) for row in waiting.head(FEW).to_dict("records")]
    more = html.P(w("alerts.more_acknowledge", left=left), className="alert-more") if left > 0 else None
    head = html.P(
        [html.B(figure(len(waiting))), w("alerts.alerts_acknowledge_desk")],
        className="alert-head",
    )
    return html.Div([head, html.Ul(lines), more], className="alert-strip", role="alert")


def _line(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str]) -> Component:
    over = not is_unknown(row["cleared_at"])
    since = asked.say("alerts.since", at=moment(row["raised_at"], asked.lang))
    gone = html.Span(asked.say("alerts.over_acknowledge"), className="alert-gone") if over else None
    return html.Li(
        [
            html.Span("○" if over else "▲", className="alert-mark", **{"aria-hidden": "true"}),
            html.B(sentence(asked, row, names)),
            html.Span(since, className="alert-since"),
            gone,
        ],
        className="alert-line over" if over else "alert-line",
        **{"data-alert": str(row["id"]), "data-sound": "1" if row["sound"] else "0"},
    )


# ---- the desk


def ago(asked: Asked, at: datetime) -> str:
    """Return how long ago something was, by the clock of the page."""
    return age(at, asked.desk.now(asked.here), asked.lang)
