"""Rules of alert on their page: the list of those in force, and the fields in which a person writes one."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.desk import Desk
from dashboard.goods import in_words
from dashboard.pages import Asked
from dashboard.pages._alerts import EACH, KIND, MEASURE, STATUS, ago, span
from dashboard.pages._field import field
from dashboard.pages._frame import district_names
from dashboard.roles import refusal
from dashboard.text import both, figure, pick, say
from layers._promises import PROMISES
from layers.decisions import alerting
from layers.store import alerts
from layers.store.alerts import AlertError, Rule

BOUND = {
    "count": both("alert_rules.bound_count"),
    "age": both("alert_rules.bound_age"),
    "shortage": both("alert_rules.bound_shortage"),
}
FIRST = {"count": "10", "age": "24", "shortage": "3"}  # a bound to begin with


def listing(asked: Asked, may_end: bool) -> Component:
    """Return the rules in force, each in words, with the button that ends it."""
    rows = asked.desk.gate.alerts(asked.desk.store, asked.who, alerts.in_force(), asked.here.view.area)
    w, names = asked.say, district_names(asked)
    title = w("alert_rules.rules_in_force")
    if rows.empty:
        return parts.panel(
            title,
            parts.empty(w("alert_rules.there_no_rule"), w("alert_rules.write_one") if may_end else ""),
            name="alert-rules",
        )
    items = [_rule(asked, row, names, may_end) for row in rows.to_dict("records")]
    return parts.panel(title, html.Ul(items, className="alert-list"), note=figure(len(rows)), name="alert-rules")


def _rule(asked: Asked, row: Mapping[Any, Any], names: Mapping[str, str], may_end: bool) -> Component:
    w, rule = asked.say, alerts.rule_of(row)
    told = w("manner.listing").join(rule.told)
    sound = w("alert_rules.sound") if rule.sound else ""
    made = w("alert_rules.made_by_ago", made_by=rule.made_by, ago=ago(asked, row["made_at"]))
    about = [
        html.B(rule.name),
        html.Span(in_words_of(asked, rule, names)),
        html.Small(w("alert_rules.told", told=told, sound=sound, made=made)),
    ]
    end = html.Button(w("alert_rules.end"), id={"type": "alert-do", "do": "end", "index": str(rule.id)}, className="quiet", n_clicks=0)  # fmt: skip
    return html.Li([html.Div(about, className="alert-about"), end if may_end else None])


def in_words_of(asked: Asked, rule: Rule, names: Mapping[str, str]) -> str:
    """Return what a rule says, as a sentence."""
    w, s, lang = asked.say, rule.subject, asked.lang
    area = names.get(rule.area, rule.area) or w("alert_rules.whole_city")
    if rule.kind == "count":
        each, status, measure = (pick(table[s[name]], lang) for table, name in ((EACH, "each"), (STATUS, "status"), (MEASURE, "measure")))  # fmt: skip
        bound = figure(rule.bound)
        return w("alert_rules.more", area=area, each=each, measure=measure, status=status, bound=bound)
    if rule.kind == "age":
        promise = PROMISES[s["feed"]]
        feed, hours = pick((promise.zh, promise.en), lang), span(asked, rule.bound)
        return w("alert_rules.no_delivery_for", feed=feed, hours=hours)
    if s["what"] == "beds":
        kind = w("alert_rules.any_kind") if s["name"] == alerting.ALL else say(f"bed.{s['name']}", lang)
        return w("alert_rules.beds_run_out", area=area, kind=kind, bound=figure(rule.bound))
    item = w("alert_rules.any_goods") if s["name"] == alerting.ALL else in_words(s["name"], lang)
    return w("alert_rules.cover_below_days", area=area, item=item, bound=figure(rule.bound, 1))


# ---- writing one


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
    w = asked.say
    kinds = [{"value": kind, "label": pick(words, asked.lang)} for kind, words in KIND.items()]
    return html.Div(
        [
            dcc.RadioItems(kinds, "count", id={"type": "alert-field", "index": "kind"}, inline=True, className="order-radio alert-kind"),
            html.Div(fields(asked, "count"), id="alert-kind-fields", className="alert-fields"),
            html.Div(
                [
                    field(w("alert_rules.name"), entry("name", "")),
                    field(w("alert_rules.who_told"), entry("told", w("alert_rules.duty_officer")), w("alert_rules.posts_separated_commas")),
                    field(
                        w("alert_rules.sound_field"),
                        choice("sound", [("no", w("alert_rules.silent")), ("yes", w("alert_rules.once_on_walls"))], "no"),
                    ),
                ],
                className="alert-fields",
            ),
            html.Div(id="alert-said", **{"aria-live": "polite"}),
            html.Div(
                html.Button(w("alert_rules.put_in_force"), id={"type": "alert-do", "do": "make", "index": "0"}, className="button primary", n_clicks=0),
                className="order-buttons",
            ),
        ]
    )  # fmt: skip


def fields(asked: Asked, kind: str) -> list[Component]:
    """Return the fields that a kind of rule asks for."""
    w, lang = asked.say, asked.lang
    bound = field(pick(BOUND[kind], lang), entry("bound", FIRST[kind]))
    if kind == "age":
        feeds = [(key, pick((one.zh, one.en), lang)) for key, one in PROMISES.items()]
        return [field(w("alert_rules.feed"), choice("feed", feeds, "cases")), bound]
    area = field(w("alert_rules.area"), choice("area", areas(asked), asked.here.view.district or own(asked)))
    if kind == "shortage":
        return [area, field(w("alert_rules.what_runs_short"), choice("short", shorts(asked), "item:*")), bound]
    statuses, measures, eaches = (
        [(key, pick(words, lang)) for key, words in table.items()] for table in (STATUS, MEASURE, EACH)
    )
    return [
        area,
        field(w("alert_rules.what"), choice("each", eaches, "")),
        field(w("alert_rules.status"), choice("status", statuses, "confirmed")),
        field(w("alert_rules.measure"), choice("measure", measures, "new1")),
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
    return [("", asked.say("alert_rules.choose_whole_city")), *names.items()]


def shorts(asked: Asked) -> list[tuple[str, str]]:
    """Return what can run short: goods of the city and kinds of beds."""
    w, lang = asked.say, asked.lang
    items = sorted(
        set(
            asked.desk.frames(asked.who, asked.here.view.narrowed(own(asked)), ["supplies"])["supplies"].get("item", ())
        )
    )
    goods = [("item:*", w("alert_rules.any_goods")), *((f"item:{one}", in_words(one, lang)) for one in items)]
    beds = [(f"beds:{kind}", say(f"bed.{kind}", lang) + w("alert_rules.beds")) for kind in alerting.BED_KINDS]
    return [*goods, ("beds:*", w("alert_rules.any_kind_beds")), *beds]


def rule_from(entered: Mapping[str, str]) -> Rule:
    """Return the rule that the fields say; raises AlertError where one cannot be read."""
    kind, text = entered.get("kind", ""), entered.get("bound", "").strip().replace(",", "")
    try:
        bound = float(text)
    except ValueError:
        names = alerting.BOUND_NAMES.get(kind, alerting.BOUND_NAMES["count"])
        said = [
            say("alert_rules.wanted_number", lang, what=name, text=text[:20])
            for name, lang in zip(names, ("en", "zh"), strict=True)
        ]
        raise AlertError(*said) from None
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
            raise refusal("no_city_rule", who)
    alerts.make(asked.desk.store, rule, who.name)
    return html.P(asked.say("alert_rules.in_force", name=rule.name), className="alert-done", role="status")


def ended(asked: Asked, number: int) -> Component:
    """End a rule that the person may see, and say so."""
    who = asked.desk.gate.warner(asked.who)
    mine = asked.desk.gate.alerts(asked.desk.store, who, alerts.in_force())
    if number not in set(mine["id"]):
        raise AlertError(*both("alert_rules.there_no_rule_yours", number=number)[::-1])
    alerts.end(asked.desk.store, number, who.name)
    return html.P(asked.say("alert_rules.rule_has_ended"), className="alert-done", role="status")


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
