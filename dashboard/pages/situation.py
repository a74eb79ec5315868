"""Situation: how the epidemic runs, whether it turns, and how far the forecast can be trusted."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import chart_situation as charts
from dashboard import parts, shell
from dashboard.pages import Asked, Page, _clusters
from dashboard.pages._frame import caveats, head, mark_of, missing, silence, take_menu, timeline, window_title
from dashboard.pages._grid import grid
from dashboard.pages._tiles import NAN, aged_tile, heard
from dashboard.text import UNKNOWN, both, day, figure, is_unknown, percent, say
from layers._times import day_start
from layers.decisions._evidence_words import evidence_words
from layers.decisions._proposal import Plan, Proposal
from layers.decisions._situation_districts import alike
from layers.decisions._situation_words import NAMES, VERDICT, WHY, sure

POINTS = ("peak_onset", "r_below_1", "peak_hospital")
HORIZONS = (1, 2, 3, 5, 7, 10, 14)
BOOKS = {"opening": "opening", "added": "added", "removed": "taken_off", "closing": "closing"}  # column -> its title
MORE: tuple[Callable[[Asked], Component | None], ...] = (_clusters.panel,)  # panels after the statements, in order


def layout(asked: Asked) -> Component:
    """Figures on top, trends and R, forecast with its score, districts, and every statement with its reasons."""
    plan = asked.desk.plan(asked.who, "situation", asked.here.view)
    more = [found for make in MORE if (found := make(asked))]
    body = [silence(asked, plan), tiles(asked, plan)]
    if plan.tables["report"]["observed"].sum() == 0:
        body.append(parts.panel(asked.say("situation.trend"), missing(asked, "cases"), name="wide"))
    else:
        body += [
            *trend(asked, plan),
            turning(asked, plan),
            ahead(asked, plan),
            scores(asked, plan),
            districts(asked, plan),
        ]
    body += [statements(asked, plan), *more, ledger(asked, plan), caveats(asked, plan)]
    clocks = html.Div(timeline(asked), className="situation-clocks")
    page = [html.Div(body, className="situation"), clocks, html.Div(id="detail", hidden=True)]
    return shell.plain_page(head(asked), page, asked.lang, window_title(asked))


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return the figures of now: R, its chance to be below 1, new cases by onset and by report, patients in hospital."""
    s, w = plan.summary, asked.say
    known = s["r"] == s["r"]
    at = day(day_start(int(s["r_day"])), asked.lang) if known else ""
    interval = f"{figure(s['r_low'], 2)}–{figure(s['r_high'], 2)}"
    r_note = w("situation.95_interval_up", interval=interval, at=at) if known else why_no_r(asked, plan)
    below = w("situation.onset_late_reports")
    untold = w("situation.insufficient", onset_not_told=figure(s["onset_not_told"]))
    persons = say("unit.persons", asked.lang)
    week, ever = (s[name] if "cases" in heard(asked) else NAN for name in ("report_week", "ever"))
    report = plan.tables["report"]["observed"].tail(60).tolist()
    used = plan.tables["hospital"]["used"].tail(60).tolist()
    found = [
        aged_tile(asked, "cases", w("situation.reproduction_number"), figure(s["r"], 2), "", r_note, "teal"),
        aged_tile(asked, "cases", w("situation.chance_r_1"), written(s["r_below_1"]), "", below, "teal"),
        aged_tile(
            asked,
            "cases",
            w("situation.onsets_in_7"),
            figure(s["onset_week"]),
            persons,
            untold,
            "blue",
        ),
        aged_tile(asked, "cases", w("situation.reported_in_7"), figure(week), persons, "", "red", report),
        aged_tile(
            asked,
            "beds",
            w("situation.in_hospital"),
            figure(s["in_hospital"]),
            persons,
            in_hospital_note(asked, s),
            "violet",
            used,
        ),
        aged_tile(asked, "cases", w("situation.cases_total"), figure(ever), persons, "", "red"),
    ]
    return html.Div(found, className="tiles situation-tiles wide")


def written(probability: Any) -> str:
    """Return a probability, or the mark of what is not known."""
    return UNKNOWN if is_unknown(probability) else sure(float(probability))


def in_hospital_note(asked: Asked, s: dict[str, float]) -> str:
    """Return of which day the figure is, and how many hospitals report in time, where some do not."""
    if not s["sites_reporting"] or s["sites_current"] == s["sites_reporting"]:
        return ""
    current, every = figure(s["sites_current"]), figure(s["sites_reporting"])
    said = asked.say("situation.hospitals_report_in", current=current, every=every)
    if is_unknown(s["in_hospital_day"]):
        return said
    at = day(day_start(int(s["in_hospital_day"])), asked.lang)
    return f"{said}\n" + asked.say("situation.up", at=at)


def why_no_r(asked: Asked, plan: Plan) -> str:
    """Return why R is not shown."""
    rows = plan.tables["r_onset"]
    return (
        WHY[str(rows["why"].iloc[-1]) or "undefined"].said(asked.lang)
        if len(rows)
        else WHY["undefined"].said(asked.lang)
    )


def trend(asked: Asked, plan: Plan) -> list[Component]:
    """Return cases by onset, cases by report, and R."""
    w, lang, scale = asked.say, asked.lang, asked.scale
    onset, report = charts.weeks(plan.tables["onset"]), charts.weeks(plan.tables["report"])
    step = report.loc[report["step"], "day"].tolist()
    return [
        parts.panel(
            w("situation.day_onset"),
            parts.graph(charts.by_onset(onset, lang, scale), name="situation"),
            note=w("situation.hatched_still_reported"),
        ),
        parts.panel(
            w("situation.day_report"),
            parts.graph(charts.by_report(report, lang, scale), name="situation"),
            note=w("situation.days_new_definition"),
        ),
        parts.panel(
            w("situation.reproduction_number"),
            parts.graph(
                charts.reproduction(plan.tables["r_onset"], plan.tables["r_report"], step, lang, scale),
                name="situation",
            ),
            note=w("situation.gaps_too_few"),
        ),
    ]


def turning(asked: Asked, plan: Plan) -> Component:
    """Return the three turning points as cards; each opens its reasons."""
    found = {p.subject: p for p in plan.proposals}
    cards = [card(asked, plan, found[kind]) for kind in POINTS if kind in found]
    return parts.panel(
        asked.say("situation.three_turning_points"),
        html.Div(cards, className="turning"),
        note=asked.say("situation.no_claim_below"),
    )


def card(asked: Asked, plan: Plan, p: Proposal) -> Component:
    """Return one turning point: what, when, how sure, and why."""
    mark, dated = mark_of(p.action), when(asked, p)
    probability = written(p.figures.get("probability", float("nan")))
    top = html.Summary(
        [
            html.Span(NAMES[p.subject].said(asked.lang), className="turning-name"),
            html.Span(dated, className="turning-day"),
            html.Span(f"P {probability}" if probability[0] in "<>" else f"P = {probability}", className="turning-sure"),
            parts.mark_badge(mark, asked.lang),
            unverified(asked, plan, p),
        ]
    )
    return html.Details([top, reasons(asked, p)], className=f"turning-card {p.action}")


def when(asked: Asked, p: Proposal) -> str:
    """Return the day of a turning point, or the mark of what is not known."""
    found = p.figures.get("day")
    return day(pd.Timestamp(str(found)), asked.lang) if found else UNKNOWN


def reasons(asked: Asked, p: Proposal) -> Component:
    """Return the reasons of a statement: sentence, rule, rows, and what would change it."""
    rows = []
    for reason in p.reasons:
        evidence = (
            html.Span(
                " · ".join(evidence_words(text).said(asked.lang) for text in reason.evidence),
                className="statement-rows",
            )
            if reason.evidence
            else None
        )
        rule = html.Span(reason.rule, className="statement-rule") if reason.rule else None
        rows.append(html.Li([reason.said(asked.lang), rule, evidence]))
    flips = html.P([html.B(asked.say("situation.what_would_change")), p.flips_if.said(asked.lang)])
    return html.Div([html.Ul(rows), flips], className="statement-why")


def ahead(asked: Asked, plan: Plan) -> Component:
    """Return the forecast fan."""
    title = asked.say("situation.forecast_14_days")
    quantiles, scored = plan.tables["forecast"], plan.tables["scores"]
    if quantiles.empty:
        return parts.panel(title, missing(asked, "cases"), name="fan")
    skill = set(scored.loc[scored["verdict"] == "skill", "horizon"])
    good = [number + 1 in skill for number in range(len(quantiles))]
    graph = charts.fan(plan.tables["report"], quantiles, good, asked.lang, asked.scale)
    return parts.panel(
        title,
        parts.graph(graph, name="situation"),
        note=asked.say("situation.grey_back_test"),
        name="fan",
    )


def scores(asked: Asked, plan: Plan) -> Component:
    """Return how such forecasts did: WIS against the naive forecast, coverage, verdict by horizon."""
    w, scored = asked.say, plan.tables["scores"]
    head_ = (
        w("situation.ahead"),
        "WIS",
        w("situation.naive_wis"),
        "50%",
        "90%",
        w("situation.past"),
        w("situation.verdict"),
    )
    rows = []
    for row in scored.to_dict("records"):
        if row["horizon"] not in HORIZONS:
            continue
        good = row["verdict"] == "skill"
        verdict = html.Span(
            [
                html.Span("● " if good else "○ ", **{"aria-hidden": "true"}),
                VERDICT[row["verdict"]].said(asked.lang) + failing(asked, row),
            ]
        )
        cells = [
            figure(row["wis"], 1),
            figure(row["wis_naive"], 1),
            percent(row["cover50"]),
            percent(row["cover90"]),
            figure(row["origins"]),
        ]
        ahead_ = w("situation.d", horizon=row["horizon"])
        rows.append(
            html.Tr(
                [html.Th(ahead_), *(html.Td(c) for c in cells), html.Td(verdict)],
                className="skill" if good else "no-skill",
            )
        )
    table = html.Table(
        [html.Thead(html.Tr([html.Th(each) for each in head_])), html.Tbody(rows)],
        className="plain-table compact scores",
    )
    title = w("situation.score_forecast_rolling")
    note = w("situation.smaller_wis_better")
    return parts.panel(title, table if rows else parts.empty(say("state.empty", asked.lang)), note=note)


def failing(asked: Asked, row: dict[str, Any]) -> str:
    """Return which criterion of skill a horizon fails: the score, else the coverage; "" where it fails none or is not judged."""
    if row["verdict"] != "no skill":
        return ""
    if row["wis"] > row["wis_naive"]:
        return asked.say("situation.wis")
    return asked.say("situation.90_coverage")


def districts(asked: Asked, plan: Plan) -> Component:
    """Return a row a district; what is too small to be shown says why."""
    w, rows = asked.say, plan.tables["districts"]
    columns: dict[str, Any] = {
        "name": {"headerName": w("situation.district"), "minWidth": 110, "pinned": "left"},
        "ever": {"headerName": w("situation.total"), "minWidth": 84},
        "onset_week": {"headerName": w("situation.onsets_7_d"), "minWidth": 92},
        "report_week": {"headerName": w("situation.reported_7_d"), "minWidth": 92},
        "per_100k": {"headerName": w("situation.per_100k"), "minWidth": 92},
        "r": {"headerName": "Rt", "minWidth": 70},
        "own_r": {"headerName": w("situation.own_r"), "minWidth": 84},
        "interval": {"headerName": w("situation.95_interval"), "minWidth": 130},
        "below": {"headerName": "P(Rt<1)", "minWidth": 90},
    }
    return parts.panel(
        w("situation.by_district"),
        grid(asked, district_rows(asked, rows), columns, "situation-districts"),
        note=district_note(asked, rows),
        name="districts-panel",
    )


def district_rows(asked: Asked, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the districts as the table shows them; a row that is not placed has no area to lead to."""
    names = rows["name"] if asked.lang == "zh" else rows["name_en"]
    interval = [
        f"{figure(row['q025'], 2)}–{figure(row['q975'], 2)}" if row["why"] == "" else WHY[row["why"]].said(asked.lang)
        for row in rows.to_dict("records")
    ]
    return rows.assign(
        id=[code or "*" for code in rows["district"]],
        name=[name or asked.say("situation.not_known") for name in names],
        interval=interval,
        below=[written(one) for one in rows["below"]],
        **{name: rows[name].astype(float).round(2) for name in ("r", "own_r")},
        per_100k=rows["per_100k"].astype(float).round(1),
    )


def district_note(asked: Asked, rows: pd.DataFrame) -> str:
    """Return how R of districts came about, and why no rate is shown where none can be."""
    w = asked.say
    note = w("situation.no_difference_between") if alike(rows) else w("situation.r_drawn_towards")
    placed = rows[(rows["district"] != "") & rows["report_week"].notna()]
    if len(placed) and placed["per_100k"].isna().all():
        note += w("situation.per_100k_no")
    return note


def statements(asked: Asked, plan: Plan) -> Component:
    """Return every statement that may be made, or not, with its reasons to be opened."""
    rows = [
        html.Details(
            [
                html.Summary(
                    [
                        html.Span(NAMES[p.subject].said(asked.lang), className="turning-name"),
                        html.Span(p.reasons[0].said(asked.lang), className="statement-first"),
                        parts.mark_badge(mark_of(p.action), asked.lang),
                        unverified(asked, plan, p),
                    ]
                ),
                reasons(asked, p),
            ],
            className="statement",
        )
        for p in plan.proposals
    ]
    note = asked.say("situation.inputs", inputs_hash=plan.inputs_hash[:12])
    title = asked.say("situation.what_may_said")
    body: Sequence[Component] = rows or [parts.empty(say("state.empty", asked.lang))]
    return parts.panel(
        title,
        html.Div(body, className="statements"),
        note=note,
        tools=take_menu(asked, "situation"),
        name="statements-panel",
    )


def unverified(asked: Asked, plan: Plan, p: Proposal) -> Component | None:
    """Return the mark of a claim whose rule nobody verified; what is withheld claims nothing."""
    doubted = any(p.rule_id in words.zh for words in plan.caveats)
    if p.action == "withhold" or not doubted:
        return None
    return html.Span(asked.say("situation.rule_not_verified"), className="statement-unverified")


def ledger(asked: Asked, plan: Plan) -> Component:
    """Return the books: what each day's deliveries added and took away; opening + added - removed = closing."""
    w, rows = asked.say, plan.tables["ledger"].iloc[::-1]
    if rows.empty:
        return parts.panel(w("situation.books"), parts.empty(say("state.empty", asked.lang)), name="books")
    said = rows.assign(
        known=[f"{day_start(int(one)):%Y-%m-%d}" for one in rows["day"]], id=[str(int(one)) for one in rows["day"]]
    )
    columns: dict[str, Any] = {
        "known": {"headerName": w("situation.known_on"), "minWidth": 110, "pinned": "left"},
        **{name: {"headerName": w(f"situation.{key}"), "minWidth": 84} for name, key in BOOKS.items()},
    }
    body = grid(asked, said.reset_index(drop=True), columns, "situation-books", sums=("added", "removed"))
    return parts.panel(w("situation.books"), body, note=w("situation.opening_added_taken"), name="books")


PAGE = Page("/situation", order=15, title=both("page.situation"), layout=layout)
