"""Rules of alert on their page: the list of those in force, and the fields in which a person writes one."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.access import AccessError
from dashboard.desk import Desk
from dashboard.goods import in_words
from dashboard.pages import Asked
from dashboard.pages._alerts import EACH, KIND, MEASURE, STATUS, ago, span
from dashboard.pages._frame import district_names
from dashboard.text import figure, pick, say
from layers._promises import PROMISES
from layers.decisions import alerting
from layers.store import alerts
from layers.store.alerts import AlertError, Rule

BOUND = {
    "count": ("人数（至少）", "Persons (at least)"),
    "age": ("小时（超过）", "Hours (more than)"),
    "shortage": ("天数", "Days"),
}
FIRST = {"count": "10", "age": "24", "shortage": "3"}  # a bound to begin with


def listing(asked: Asked, may_end: bool) -> Component:
    """Return the rules in force, each in words, with the button that ends it."""
    rows = asked.desk.gate.alerts(asked.desk.store, asked.who, alerts.in_force(), asked.here.view.area)
    w, names = asked.words, district_names(asked)
    title = w("生效的规则", "Rules in force")
    if rows.empty:
        return parts.panel(title, parts.empty(w("还没有规则", "there is no rule yet")), name="alert-rules")
    items = [_rule(asked, row, names, may_end) for row in rows.to_dict("records")]
    return parts.panel(title, html.Ul(items, className="alert-list"), note=figure(len(rows)), name="alert-rules")


def _rule(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str], may_end: bool) -> Component:
    w, rule = asked.words, alerts.rule_of(row)
    told = w("、", ", ").join(rule.told)
    sound = w(" · 有声", " · with sound") if rule.sound else ""
    made = w(f"{rule.made_by} {ago(asked, row['made_at'])}", f"{rule.made_by}, {ago(asked, row['made_at'])}")
    about = [
        html.B(rule.name),
        html.Span(in_words_of(asked, rule, names)),
        html.Small(w(f"告知 {told}{sound} · {made}", f"told: {told}{sound} · {made}")),
    ]
    end = html.Button(w("停用", "End"), id={"type": "alert-do", "do": "end", "index": str(rule.id)}, className="quiet", n_clicks=0)  # fmt: skip
    return html.Li([html.Div(about, className="alert-about"), end if may_end else None])


def in_words_of(asked: Asked, rule: Rule, names: Mapping[str, str]) -> str:
    """Return what a rule says, as a sentence."""
    w, s, lang = asked.words, rule.subject, asked.lang
    area = names.get(rule.area, rule.area) or w("全市", "whole city")
    if rule.kind == "count":
        each, status, measure = (pick(table[s[name]], lang) for table, name in ((EACH, "each"), (STATUS, "status"), (MEASURE, "measure")))  # fmt: skip
        bound = figure(rule.bound)
        return w(
            f"{area}{each}：{measure}{status}达到 {bound} 人", f"{area}, {each}: {bound} {status} or more, {measure}"
        )
    if rule.kind == "age":
        promise = PROMISES[s["feed"]]
        feed, hours = pick((promise.zh, promise.en), lang), span(asked, rule.bound)
        return w(f"{feed}超过 {hours}未更新", f"{feed}: no delivery for more than {hours}")
    if s["what"] == "beds":
        kind = w("任一种", "any kind of") if s["name"] == alerting.ALL else say(f"bed.{s['name']}", lang)
        return w(
            f"{area}：{kind}床位 {figure(rule.bound)} 天内用尽",
            f"{area}: {kind} beds run out within {figure(rule.bound)} days",
        )
    item = w("任一种物资", "any goods") if s["name"] == alerting.ALL else in_words(s["name"], lang)
    return w(
        f"{area}：{item}可用少于 {figure(rule.bound, 1)} 天",
        f"{area}: {item}, cover below {figure(rule.bound, 1)} days",
    )


# ---- writing one


def field(label: str, entry_: Any, note: str = "") -> Component:
    """Return one labelled field."""
    return html.Label(
        [html.Span(label, className="order-label"), entry_, html.Small(note) if note else None], className="order-field"
    )


def entry(name: str, value: str, kind: str = "alert-field", **more: Any) -> Component:
    """Return a field for a line of text."""
    return dcc.Input(
        id={"type": kind, "index": name}, value=value, type="text", autoComplete="off", maxLength=200, **more
    )


def choice(name: str, options: Sequence[tuple[str, str]], value: str) -> Component:
    """Return a field in which one of several is chosen."""
    shown = [{"value": value_, "label": label} for value_, label in options]
    return dcc.Dropdown(shown, value, id={"type": "alert-field", "index": name}, clearable=False)


def form(asked: Asked) -> Component:
    """Return the form of a new rule: its kind first, then what that kind asks for."""
    w = asked.words
    kinds = [{"value": kind, "label": pick(words, asked.lang)} for kind, words in KIND.items()]
    return html.Div(
        [
            dcc.RadioItems(kinds, "count", id={"type": "alert-field", "index": "kind"}, inline=True, className="order-radio alert-kind"),
            html.Div(fields(asked, "count"), id="alert-kind-fields", className="alert-fields"),
            html.Div(
                [
                    field(w("名称", "Name"), entry("name", "")),
                    field(w("告知", "Who is told"), entry("told", w("总值班", "Duty officer")), w("岗位，用逗号分开", "posts, separated by commas")),
                    field(
                        w("声音", "Sound"),
                        choice("sound", [("no", w("无声", "silent")), ("yes", w("在开了声音的大屏上响一次", "once, on walls with sound on"))], "no"),
                    ),
                ],
                className="alert-fields",
            ),
            html.Div(id="alert-said", **{"aria-live": "polite"}),
            html.Div(
                html.Button(w("生效", "Put in force"), id={"type": "alert-do", "do": "make", "index": "0"}, className="button primary", n_clicks=0),
                className="order-buttons",
            ),
        ]
    )  # fmt: skip


def fields(asked: Asked, kind: str) -> list[Component]:
    """Return the fields that a kind of rule asks for."""
    w, lang = asked.words, asked.lang
    bound = field(pick(BOUND[kind], lang), entry("bound", FIRST[kind]))
    if kind == "age":
        feeds = [(key, pick((one.zh, one.en), lang)) for key, one in PROMISES.items()]
        return [field(w("数据源", "Feed"), choice("feed", feeds, "cases")), bound]
    area = field(w("区域", "Area"), choice("area", areas(asked), asked.here.view.district or own(asked)))
    if kind == "shortage":
        return [area, field(w("短缺什么", "What runs short"), choice("short", shorts(asked), "item:*")), bound]
    statuses, measures, eaches = (
        [(key, pick(words, lang)) for key, words in table.items()] for table in (STATUS, MEASURE, EACH)
    )
    return [
        area,
        field(w("逐一", "Of what"), choice("each", eaches, "")),
        field(w("状态", "Status"), choice("status", statuses, "confirmed")),
        field(w("口径", "Measure"), choice("measure", measures, "new1")),
        bound,
    ]


def own(asked: Asked) -> str:
    """Return the area that a person answers for."""
    return asked.who.area if asked.who else ""


def areas(asked: Asked) -> list[tuple[str, str]]:
    """Return the areas that a person writes rules for."""
    names = district_names(asked)
    if asked.who is None or not asked.who.sees_all:
        return [(own(asked), names.get(own(asked), own(asked)))]
    return [("", asked.words("全市", "Whole city")), *names.items()]


def shorts(asked: Asked) -> list[tuple[str, str]]:
    """Return what can run short: goods of the city and kinds of beds."""
    w, lang = asked.words, asked.lang
    items = sorted(
        set(
            asked.desk.frames(asked.who, asked.here.view.narrowed(own(asked)), ["supplies"])["supplies"].get("item", ())
        )
    )
    goods = [("item:*", w("任一种物资", "any goods")), *((f"item:{one}", in_words(one, lang)) for one in items)]
    beds = [(f"beds:{kind}", say(f"bed.{kind}", lang) + w("床位", " beds")) for kind in alerting.BED_KINDS]
    return [*goods, ("beds:*", w("任一种床位", "any kind of beds")), *beds]


def rule_from(entered: Mapping[str, str]) -> Rule:
    """Return the rule that the fields say; raises AlertError where one cannot be read."""
    kind, text = entered.get("kind", ""), entered.get("bound", "").strip().replace(",", "")
    try:
        bound = float(text)
    except ValueError:
        raise AlertError(f"bound is {text[:20]!r}; wanted a number", f"界限为“{text[:20]}”；应为数字") from None
    what, _, name = entered.get("short", "").partition(":")
    subject = {
        "count": {name_: entered.get(name_, "") for name_ in ("status", "measure", "each")},
        "age": {"feed": entered.get("feed", "")},
        "shortage": {"what": what, "name": name},
    }.get(kind, {})
    told = tuple(
        one.strip() for one in entered.get("told", "").replace("，", ",").replace("、", ",").split(",") if one.strip()
    )
    area = "" if kind == "age" else entered.get("area", "")
    return alerting.checked(
        Rule(entered.get("name", ""), kind, subject, bound, told, area, entered.get("sound") == "yes")
    )


def made(asked: Asked, entered: Mapping[str, str]) -> Component:
    """Put a rule in force and say so; raises AlertError where it makes no sense, AccessError where the area is another's."""
    who, rule = asked.desk.gate.warner(asked.who), rule_from(entered)
    if rule.kind != "age":
        asked.desk.gate.allowed(asked.desk.store, who, asked.here.view.narrowed(rule.area))
        if not rule.area and not who.sees_all:
            raise AccessError(f"{who.role} {who.area} may not write a rule for the whole city")
    alerts.make(asked.desk.store, rule, who.name)
    return html.P(
        asked.words(f"“{rule.name}”已生效", f"“{rule.name}” is in force"), className="alert-done", role="status"
    )


def ended(asked: Asked, number: int) -> Component:
    """End a rule that the person may see, and say so."""
    who = asked.desk.gate.warner(asked.who)
    mine = asked.desk.gate.alerts(asked.desk.store, who, alerts.in_force())
    if number not in set(mine["id"]):
        raise AlertError(f"there is no rule {number} of yours in force", f"没有由您管理的规则 {number}")
    alerts.end(asked.desk.store, number, who.name)
    return html.P(asked.words("规则已停用", "the rule has ended"), className="alert-done", role="status")


def connect(app: Dash, desk: Desk) -> None:
    """Let the kind of a rule decide what is asked."""

    @app.callback(
        Output("alert-kind-fields", "children"),
        Input({"type": "alert-field", "index": "kind"}, "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def kind_chosen(kind: str, path: str, search: str) -> Any:
        return fields(Asked.at(desk, desk.gate.who(request), path, search), kind if kind in KIND else "count")
