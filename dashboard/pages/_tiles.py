"""The big figures, each with its change, its age, its source and its small curve."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.pages._moving import moving
from dashboard.text import UNKNOWN, age, figure, percent, say, updated
from layers._times import day_number
from layers.decisions._proposal import Plan

CURVE_DAYS = 30
NAN = float("nan")


def case_tiles(asked: Asked) -> Component:
    """Return the six figures of the overview."""
    counts = asked.desk.counts(asked.who, asked.here.view)
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    told = [
        (("confirmed", "clinical"), "ever_counted", "new1_counted", "tiles.cases_total_clinical", "red", "cases"),
        ("clinical", "now_clinical", "new1_clinical", "tiles.clinically_diagnosed_now", "amber", "cases"),
        ("suspected", "now_suspected", "new1_suspected", "tiles.suspected_now", "amber", "cases"),
        ("contact", "now_contact", "new1_contact", "tiles.contacts_observed", "blue", "contacts"),
    ]  # fmt: skip
    figures = [
        moving(person_tile(asked, status, counts[now], counts[new], asked.say(title), tone, feed), now, new)
        for status, now, new, title, tone, feed in told
    ]  # fmt: skip
    figures += [sealed_tile(asked, plan), moving(bed_tile(asked), "occupancy")]
    return html.Div(figures, className="tiles")


def person_tile(
    asked: Asked, status: str | tuple[str, ...], value: float, new: float, title: str, tone: str, feed: str
) -> Component:
    """Return a count of persons with those new on the day of as_of."""
    note = say("change.new", asked.lang, n=figure(new))
    return aged_tile(
        asked, feed, title, figure(value), say("unit.persons", asked.lang), note, tone, curve(asked, status, feed)
    )


def sealed_tile(asked: Asked, plan: Plan) -> Component:
    """Return how many compounds should be sealed, whole or by building."""
    known = "cases" in heard(asked)
    sealed, buildings = (plan.summary.get(name, 0) if known else NAN for name in ("seal", "seal_building"))
    note = asked.say("tiles.buildings_in", buildings=figure(buildings))
    return aged_tile(
        asked,
        "cases",
        asked.say("tiles.compounds_seal"),
        figure(sealed),
        say("unit.compounds", asked.lang),
        note,
        "red",
    )


def bed_tile(asked: Asked) -> Component:
    """Return open beds in use, and how many are free."""
    hospitals = asked.desk.frames(asked.who, asked.here.view, ["hospitals"])["hospitals"]
    opened, used = hospitals["beds_open"].sum(min_count=1), hospitals["beds_used"].sum(min_count=1)
    free = asked.say("tiles.free", opened=figure(opened - used))
    share = percent(used / opened, 1) if opened and opened == opened else UNKNOWN
    return aged_tile(
        asked,
        "beds",
        say("count.occupancy", asked.lang),
        share.removesuffix("%") if share != UNKNOWN else share,
        "%",
        free,
        "teal",
    )


def aged_tile(
    asked: Asked,
    feed: str,
    title: str,
    value: str,
    unit: str,
    note: str,
    tone: str,
    series: Sequence[float] | None = None,
) -> Component:
    """Return a tile that knows how old its feed is, and says so when it is late."""
    feeds = asked.desk.feeds(asked.who, asked.here).set_index("feed")
    row = feeds.loc[feed]
    last = None if pd.isna(row["last"]) else row["last"]
    written = updated(last, asked.desk.now(asked.here), asked.lang)
    source = row["steward_zh"] if asked.lang == "zh" else row["steward_en"]
    return parts.tile(
        title,
        value,
        unit,
        note,
        written,
        stale=row["state"] != "fresh",
        series=series,
        tone=tone,
        source=source,
        lang=asked.lang,
    )


def heard(asked: Asked) -> set[str]:
    """Return the feeds that ever delivered, as known at the view; what the others would tell is unknown, not 0."""
    feeds = asked.desk.feeds(asked.who, asked.here)
    return set(feeds.loc[feeds["last"].notna(), "feed"])


def curve(asked: Asked, status: str | tuple[str, ...], feed: str = "cases") -> list[float]:
    """Return new persons a day over the last month, of one status or several together, for a small curve; NaN where the feed never came."""
    if feed not in heard(asked):
        return [NAN] * (CURVE_DAYS + 1)
    daily = asked.desk.daily(asked.who, asked.here.view)
    last = day_number(asked.here.view.as_of)
    wanted = (status,) if isinstance(status, str) else status
    days = daily[daily["status"].isin(wanted)].groupby("day")["n"].sum()
    return days.reindex(range(last - CURVE_DAYS, last + 1)).fillna(0).tolist()


def feed_ages(asked: Asked) -> Component:
    """Return the health of the feeds that ever delivered or promised to."""
    feeds = asked.desk.feeds(asked.who, asked.here)
    now = asked.desk.now(asked.here)
    rows: list[dict[str, Any]] = [
        {
            "title": row["zh"] if asked.lang == "zh" else row["en"],
            "age": age(None if pd.isna(row["last"]) else row["last"], now, asked.lang),
            "stale": row["state"] != "fresh",
        }
        for _, row in feeds.iterrows()
    ]
    return parts.ages(rows, asked.lang)
