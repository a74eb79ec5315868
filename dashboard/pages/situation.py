"""Situation: how the epidemic runs, whether it turns, and how far the forecast can be trusted."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import chart_situation as charts
from dashboard import parts, shell
from dashboard.pages import Asked, Page, _clusters
from dashboard.pages._frame import caveats, head, mark_of, silence, take_menu, timeline, window_title
from dashboard.pages._tiles import aged_tile
from dashboard.text import UNKNOWN, counted, day, figure, is_unknown, percent, say
from layers._times import day_start
from layers.decisions._proposal import Plan, Proposal
from layers.decisions._situation_districts import alike
from layers.decisions._situation_words import NAMES, VERDICT, WHY, sure

POINTS = ("peak_onset", "r_below_1", "peak_hospital")
HORIZONS = (1, 2, 3, 5, 7, 10, 14)
LEDGER = 21  # newest days of the books
MORE: tuple[Callable[[Asked], Component | None], ...] = (_clusters.panel,)  # panels after the statements, in order


def layout(asked: Asked) -> Component:
    """Figures on top, trends and R, forecast with its score, districts, and every statement with its reasons."""
    plan = asked.desk.plan(asked.who, "situation", asked.here.view)
    more = [found for make in MORE if (found := make(asked))]
    body = [silence(asked, plan), tiles(asked, plan)]
    if plan.tables["report"]["observed"].sum() == 0:
        body.append(parts.panel(asked.words("趋势", "Trend"), parts.empty(say("state.empty", asked.lang)), name="wide"))
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
    s, w = plan.summary, asked.words
    known = s["r"] == s["r"]
    at = day(day_start(int(s["r_day"])), asked.lang) if known else ""
    interval = f"{figure(s['r_low'], 2)}–{figure(s['r_high'], 2)}"
    r_note = (
        w(f"95%区间 {interval}\n截至 {at}", f"95 % interval {interval}\nup to {at}") if known else why_no_r(asked, plan)
    )
    below = w("按发病日，含补估的不确定性", "by onset, late reports included")
    untold = w(
        f"最近 {figure(s['onset_not_told'])} 天资料不足",
        f"{counted(int(s['onset_not_told']), 'newest day')} insufficient",
    )
    persons = say("unit.persons", asked.lang)
    report = plan.tables["report"]["observed"].tail(60).tolist()
    used = plan.tables["hospital"]["used"].tail(60).tolist()
    found = [
        aged_tile(asked, "cases", w("再生数 Rt", "Reproduction number"), figure(s["r"], 2), "", r_note, "teal"),
        aged_tile(asked, "cases", w("Rt小于1的概率", "Chance that R < 1"), written(s["r_below_1"]), "", below, "teal"),
        aged_tile(
            asked,
            "cases",
            w("7天发病（补估后）", "Onsets in 7 days, completed"),
            figure(s["onset_week"]),
            persons,
            untold,
            "blue",
        ),
        aged_tile(
            asked, "cases", w("7天新报告", "Reported in 7 days"), figure(s["report_week"]), persons, "", "red", report
        ),
        aged_tile(
            asked,
            "beds",
            w("在院人数", "In hospital"),
            figure(s["in_hospital"]),
            persons,
            in_hospital_note(asked, s),
            "violet",
            used,
        ),
        aged_tile(asked, "cases", w("累计病例", "Cases, total"), figure(s["ever"]), persons, "", "red"),
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
    said = asked.words(f"{current}/{every} 家医院按时报告", f"{current} of {every} hospitals report in time")
    if is_unknown(s["in_hospital_day"]):
        return said
    at = day(day_start(int(s["in_hospital_day"])), asked.lang)
    return f"{said}\n" + asked.words(f"截至 {at}", f"up to {at}")


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
    w, lang, scale = asked.words, asked.lang, asked.scale
    onset, report = charts.weeks(plan.tables["onset"]), charts.weeks(plan.tables["report"])
    step = report.loc[report["step"], "day"].tolist()
    return [
        parts.panel(
            w("按发病日", "By day of onset"),
            parts.graph(charts.by_onset(onset, lang, scale), name="situation"),
            note=w(
                "斜纹为尚未报告的补估及95%区间；灰底为资料不足，不是0",
                "hatched: still to be reported, with its 95 % interval; grey: insufficient, not 0",
            ),
        ),
        parts.panel(
            w("按报告日", "By day of report"),
            parts.graph(charts.by_report(report, lang, scale), name="situation"),
            note=w("诊断标准变化日不与前后相连", "days of the new definition are not joined to the others"),
        ),
        parts.panel(
            w("再生数 Rt", "Reproduction number"),
            parts.graph(
                charts.reproduction(plan.tables["r_onset"], plan.tables["r_report"], step, lang, scale),
                name="situation",
            ),
            note=w(
                "不显示之处：病例太少、不确定或跨越定义变化", "gaps: too few cases, too uncertain, or across the step"
            ),
        ),
    ]


def turning(asked: Asked, plan: Plan) -> Component:
    """Return the three turning points as cards; each opens its reasons."""
    found = {p.subject: p for p in plan.proposals}
    cards = [card(asked, found[kind]) for kind in POINTS if kind in found]
    return parts.panel(
        asked.words("三个拐点，不可混为一谈", "Three turning points, not one"),
        html.Div(cards, className="turning"),
        note=asked.words("概率不足95%不作判断；7天内为候选", "no claim below 95 %; a candidate for 7 days"),
    )


def card(asked: Asked, p: Proposal) -> Component:
    """Return one turning point: what, when, how sure, and why."""
    mark, when = mark_of(p.action), p.figures.get("day")
    dated = day(pd.Timestamp(str(when)), asked.lang) if when else UNKNOWN
    probability = written(p.figures.get("probability", float("nan")))
    top = html.Summary(
        [
            html.Span(NAMES[p.subject].said(asked.lang), className="turning-name"),
            html.Span(dated, className="turning-day"),
            html.Span(f"P {probability}" if probability[0] in "<>" else f"P = {probability}", className="turning-sure"),
            parts.mark_badge(mark, asked.lang),
        ]
    )
    return html.Details([top, reasons(asked, p)], className=f"turning-card {p.action}")


def reasons(asked: Asked, p: Proposal) -> Component:
    """Return the reasons of a statement: sentence, rule, rows, and what would change it."""
    rows = []
    for reason in p.reasons:
        evidence = html.Span(" · ".join(reason.evidence), className="statement-rows") if reason.evidence else None
        rows.append(html.Li([reason.said(asked.lang), html.Span(reason.rule, className="statement-rule"), evidence]))
    flips = html.P([html.B(asked.words("何时改变：", "What would change it: ")), p.flips_if.said(asked.lang)])
    return html.Div([html.Ul(rows), flips], className="statement-why")


def ahead(asked: Asked, plan: Plan) -> Component:
    """Return the forecast fan."""
    title = asked.words("14天预测（按报告日）", "Forecast of 14 days, by report")
    quantiles, scored = plan.tables["forecast"], plan.tables["scores"]
    if quantiles.empty:
        return parts.panel(title, parts.empty(say("state.empty", asked.lang)), name="fan")
    skill = set(scored.loc[scored["verdict"] == "skill", "horizon"])
    good = [number + 1 in skill for number in range(len(quantiles))]
    graph = charts.fan(plan.tables["report"], quantiles, good, asked.lang, asked.scale)
    return parts.panel(
        title,
        parts.graph(graph, name="situation"),
        note=asked.words("灰色：回测无预测能力", "grey: the back-test shows no skill"),
        name="fan",
    )


def scores(asked: Asked, plan: Plan) -> Component:
    """Return how such forecasts did: WIS against the naive forecast, coverage, verdict by horizon."""
    w, scored = asked.words, plan.tables["scores"]
    head_ = (
        w("提前", "Ahead"),
        "WIS",
        w("明天同今天 WIS", "Naive WIS"),
        "50%",
        "90%",
        w("回测", "Past"),
        w("结论", "Verdict"),
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
        ahead_ = w(f"{row['horizon']} 天", f"{row['horizon']} d")
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
    title = w("预测评分（滚动回测）", "Score of the forecast (rolling back-test)")
    note = w("WIS越小越好；覆盖率应接近50%和90%", "smaller WIS is better; coverage should be near 50 and 90 %")
    return parts.panel(title, table if rows else parts.empty(say("state.empty", asked.lang)), note=note)


def failing(asked: Asked, row: dict[str, Any]) -> str:
    """Return which criterion of skill a horizon fails: the score, else the coverage; "" where it fails none or is not judged."""
    if row["verdict"] != "no skill":
        return ""
    if row["wis"] > row["wis_naive"]:
        return asked.words("（WIS）", " (WIS)")
    return asked.words("（90%覆盖率）", " (90 % coverage)")


def districts(asked: Asked, plan: Plan) -> Component:
    """Return a row a district; what is too small to be shown says why."""
    w, rows = asked.words, plan.tables["districts"]
    names = rows["name"] if asked.lang == "zh" else rows["name_en"]
    unplaced = w("未落实到区", "not known")
    head_ = (
        w("区", "District"),
        w("累计", "Total"),
        w("7天发病", "Onsets, 7 d"),
        w("7天报告", "Reported, 7 d"),
        w("每10万", "per 100k"),
        "Rt",
        w("本区Rt", "Own R"),
        w("95%区间", "95 % interval"),
        "P(Rt<1)",
    )
    lines = []
    for row, name in zip(rows.to_dict("records"), names, strict=True):
        shown = row["why"] == ""
        interval = f"{figure(row['q025'], 2)}–{figure(row['q975'], 2)}" if shown else WHY[row["why"]].said(asked.lang)
        cells = [
            figure(row["ever"]),
            figure(row["onset_week"]),
            figure(row["report_week"]),
            figure(row["per_100k"], 1),
            figure(row["r"], 2),
            figure(row["own_r"], 2),
        ]
        tail = [html.Td(interval, className="" if shown else "unknown"), html.Td(written(row["below"]))]
        lines.append(html.Tr([html.Th(name or unplaced), *(html.Td(cell) for cell in cells), *tail]))
    table = html.Table(
        [html.Thead(html.Tr([html.Th(each) for each in head_])), html.Tbody(lines)],
        className="plain-table compact by-district",
    )
    note = district_note(asked, rows)
    return parts.panel(w("分区", "By district"), table, note=note, name="districts-panel")


def district_note(asked: Asked, rows: pd.DataFrame) -> str:
    """Return how R of districts came about, and why no rate is shown where none can be."""
    w = asked.words
    if alike(rows):
        note = w(
            "各区未见差异，Rt均为全市值；本区Rt未收缩",
            "no difference between districts found: R is the city's; own R is not drawn towards it",
        )
    else:
        note = w(
            "Rt按经验贝叶斯向全市收缩；本区Rt未收缩；病例太少不显示",
            "R is drawn towards the city's (empirical Bayes), own R is not; too few cases: not shown",
        )
    placed = rows[(rows["district"] != "") & rows["report_week"].notna()]
    if len(placed) and placed["per_100k"].isna().all():
        note += w("；每10万：各区人口未报送", "; per 100k: no district's population was delivered")
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
    note = asked.words(f"输入摘要 {plan.inputs_hash[:12]}", f"inputs {plan.inputs_hash[:12]}")
    title = asked.words("可以说什么，为什么", "What may be said, and why")
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
    return html.Span(asked.words("（规则未核实）", "(rule not verified)"), className="statement-rule")


def ledger(asked: Asked, plan: Plan) -> Component:
    """Return the books: what each day's deliveries added and took away; opening + added - removed = closing."""
    w, rows = asked.words, plan.tables["ledger"].tail(LEDGER).iloc[::-1]
    head_ = (
        w("知悉日", "Known on"),
        w("期初", "Opening"),
        w("新增", "Added"),
        w("核销、订正", "Taken off"),
        w("期末", "Closing"),
    )
    lines = [
        html.Tr(
            [
                html.Th(day(day_start(int(row["day"])), asked.lang)),
                *(
                    html.Td(figure(row[name]), className="short" if name == "removed" and row[name] else "")
                    for name in ("opening", "added", "removed", "closing")
                ),
            ]
        )
        for row in rows.to_dict("records")
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(each) for each in head_])), html.Tbody(lines)], className="plain-table compact"
    )
    return parts.panel(
        w("账目", "Books"),
        table if lines else parts.empty(say("state.empty", asked.lang)),
        note=w("期初 + 新增 − 核销 = 期末", "opening + added − taken off = closing"),
        name="books",
    )


PAGE = Page("/situation", order=15, title=("态势", "Situation"), layout=layout)
