"""The order dialog: buttons beside proposals, and the fields in which a person turns one or several into orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.access import ORDERERS
from dashboard.goods import in_words, said
from dashboard.orders import SAYS, STATE, STEP, action_words, span
from dashboard.pages import Asked
from dashboard.pages._field import field
from dashboard.pages._frame import caveat_lines, district_names, mark_of, take_menu, titled
from dashboard.roles import Place
from dashboard.text import moment, pick, say
from layers._times import SHANGHAI, to_ms
from layers._view import View
from layers.decisions import orders
from layers.decisions._proposal import Plan, Proposal
from layers.store.order_states import GIVE, LONGEST, STEPS

TOGETHER = 10  # proposals that are ordered together unless somebody says another number
HOURS = (4, 24, 72)  # a deadline by one press
REASONS = 4  # sentences of a proposal that the dialog repeats
EACH = (
    "street",
    "district",
    "one",
)  # of several orders: the owner is each one's street, each one's district, or one unit


def holder() -> list[Component]:
    """Return what stands once in every browser: the place of the dialog, outside the page, so that new data do not empty it."""
    return [html.Div(id="order-dialog"), dcc.Store(id="order-state")]


def may_give(asked: Asked) -> bool:
    """Return whether this person may order what the page shows: by role, and only of the present."""
    role = asked.who.role if asked.who else ""
    return GIVE in ORDERERS.get(role, ()) and not {"as_of", "known_at"} & asked.here.fixed


def beside(asked: Asked, plan: Plan, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of proposals, each with the order that is open on it, or with the button that gives one."""
    taken = orders.open_by_subject(asked.desk.orders(asked.who, asked.here.view), plan.kind)
    return [row | {"tool": tool(asked, plan, row["id"], taken.get(row["id"]))} for row in rows]


def proposed(
    asked: Asked, plan: Plan, title: str, rows: Sequence[dict[str, Any]], total: int, *, kind: str = ""
) -> Component:
    """Return the panel of a plan's first proposals, each with its order or the button for one, and what can be taken along."""
    return parts.panel(
        title,
        parts.reason_list(beside(asked, plan, rows), asked.lang, kind=kind),
        note=parts.first_of(len(rows), total, asked.lang),
        tools=take_menu(asked, plan.kind),
        grow=True,
    )


def signed(asked: Asked, plan: Plan, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of proposals, each with the order that is open on it, where nobody stands at a keyboard."""
    taken = orders.open_by_subject(asked.desk.orders(asked.who, asked.here.view), plan.kind)
    return [row | {"tool": sign(asked, taken[row["id"]]) if row["id"] in taken else None} for row in rows]


def tool(asked: Asked, plan: Plan, subject: str, taken: Mapping[str, Any] | None) -> Component | None:
    """Return the button that orders one proposal, or the sign that it is ordered."""
    if taken:
        return sign(asked, taken)
    if not may_give(asked):
        return None
    return html.Button(asked.say("order.order"), className="quiet order-open", **opens(plan, subject))


def sign(asked: Asked, row: Mapping[str, Any]) -> Component:
    """Return the number and state of an order, leading to it."""
    zh, en, tone, symbol = STATE[row["state"]]
    label = [row["number"], html.Small(pick((zh, en), asked.lang))]
    mark = html.Span(symbol, className="badge-symbol", **{"aria-hidden": "true"})
    return dcc.Link(
        [mark, *label], href=link_to(asked, row["number"]), className=f"badge order-sign tone-{tone or 'none'}"
    )


def link_to(asked: Asked, number: str) -> str:
    """Return the address of one order's page."""
    return "/orders" + asked.here.at(pick=None, options={**(asked.here.options or {}), "order": number}).search


def several(asked: Asked, plan: Plan, proposals: Sequence[Proposal]) -> Component | None:
    """Return the button that orders the first proposals of a list together."""
    taken = orders.open_by_subject(asked.desk.orders(asked.who, asked.here.view), plan.kind)
    if not may_give(asked) or len(orders.ready(proposals, taken, 2)) < 2:
        return None
    text, actions = asked.say("order.order_several"), ",".join(dict.fromkeys(p.action for p in proposals))
    return html.Button(text, className="quiet order-open", **opens(plan, f"*{actions}"))


def opens(plan: Plan, subject: str) -> dict[str, Any]:
    """Return id and counter of a button that opens the dialog; the clocks of the page go along: the dialog shows what it showed."""
    clocks = f"{to_ms(plan.as_of)}-{to_ms(plan.known_at)}"
    index = quote(subject, safe=":")  # ids are ASCII, see `_review`
    return {"id": {"type": "order-open", "kind": plan.kind, "index": index, "at": clocks}, "n_clicks": 0}


# ---- units


@dataclass(frozen=True)
class Subject:
    """Where the subject of a proposal lies, as far as its layer knows."""

    place: Place
    community: str = ""


def subject_of(asked: Asked, plan: Plan, proposal: Proposal) -> Subject:
    """Return the place of a proposal's subject: of a compound its street too, of anything else its district."""
    if plan.kind != "lockdown":
        return Subject(Place(proposal.district))
    compounds = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["compounds"])["compounds"]
    row = compounds[compounds["id"] == proposal.subject]
    if row.empty:
        return Subject(Place(proposal.district, "", proposal.subject))
    street, community = row["street"].iloc[0] or "", row["community"].iloc[0] or ""
    return Subject(Place(proposal.district, street, proposal.subject), community)


def units(asked: Asked, subject: Subject) -> dict[str, str]:
    """Return the units that come to mind, nearest first, each with the area whose pass acknowledges for it.

    Its residents' committee, its street, its district, and the hospitals of the district; other units may be written too, and
    belong to the subject's district.
    """
    w, place = asked.say, subject.place
    found: dict[str, str] = {}
    if place.street:
        found[w("order.street_office", street=place.street)] = f"{place.district}/{place.street}"
    if place.district:
        name = district_names(asked).get(place.district, place.district)
        found[w("order.district_headquarters", name=name)] = place.district
    if subject.community and place.compound:
        found[w("order.residents_committee", community=subject.community)] = f"compound:{place.compound}"
    found[w("order.city_headquarters")] = ""
    hospitals = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["hospitals"], asked.lang)["hospitals"]
    near = hospitals[hospitals["district"] == place.district] if place.district else hospitals
    found |= {name: place.district for name in near["name"] if name}
    return found


# ---- the dialog


def dialog(asked: Asked, title: str, body: Sequence[Any], buttons: Sequence[Component], problem: str = "") -> Component:
    """Return the box over the page; assets/orders.js puts the focus into it, keeps it there, and lets Escape close it."""
    alert = html.P(problem, className="order-problem", role="alert") if problem else None
    box = html.Div(
        [html.H2(title, id="order-title"), *body, alert, html.Div(list(buttons), className="order-buttons")],
        className="dialog order-dialog",
        role="dialog",
        lang="zh-CN" if asked.lang == "zh" else "en",
        **{"aria-modal": "true", "aria-labelledby": "order-title"},
    )
    return html.Div(box, className="scrim")


def give_one(
    asked: Asked, plan: Plan, proposal: Proposal, entered: Mapping[str, Any], view: View, problem: str = ""
) -> Component:
    """Return the dialog that orders one proposal."""
    w, known = asked.say, list(units(asked, subject_of(asked, plan, proposal)))
    choices = [{"label": action_words(a, asked.lang), "value": a} for a in orders.alternatives(plan, proposal.action)]
    told = sentence(asked, plan, proposal)
    least = orders.rule(asked.desk.now(asked.here)).params["least"]
    fields = [
        field(w("order.what_ordered"), _radio("action", choices, entered.get("action", proposal.action)),
               w("order.another_action_than", override=least['override'])),
        _owner(asked, known, entered.get("owner", known[0])),
        *_when(asked, entered, "urgent" if proposal.action in ("seal", "seal_building") else "today"),
        field(w("order.reason"), _text("reason", entered.get("reason", told))),
    ]  # fmt: skip
    name = titled(proposal, asked.lang)
    body = [evidence(asked, proposal, view), html.Div(fields, className="order-fields")]
    return dialog(asked, w("order.give_order", name=name), body, _buttons(asked), problem)


def sentence(asked: Asked, plan: Plan, proposal: Proposal) -> str:
    """Return the reason that a dialog begins with: a sentence of the order, which says on which day's state of things it rests."""
    why = said(proposal.reasons[0].said(asked.lang), asked.lang).rstrip("。. ") if proposal.reasons else ""
    as_of = moment(plan.as_of.astimezone(SHANGHAI), asked.lang)
    name, what = titled(proposal, asked.lang), action_words(proposal.action, asked.lang)
    told = asked.say("order.state_things", as_of=as_of, why=why, name=name, what=what)
    return told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"


def evidence(asked: Asked, proposal: Proposal, view: View) -> Component:
    """Return what the order will keep: the proposal with its reasons, rule, caveats, hash, and what was assumed."""
    w = asked.say
    reasons = [html.Li(said(r.said(asked.lang), asked.lang)) for r in proposal.reasons[:REASONS]]
    flips = [html.B(say("flips_if", asked.lang) + w("manner.colon")), proposal.flips_if.said(asked.lang)]
    mark = w("order.rule") + f" {proposal.rule_id} · " + w("order.inputs") + f" {proposal.inputs_hash[:12]}"
    head = [html.Span(w("order.plan_proposes")), parts.mark_badge(mark_of(proposal.action), asked.lang)]
    return html.Section(
        [
            html.Div(head, className="order-proposed"),
            html.Ol(reasons, className="why"),
            html.P(flips, className="flips"),
            *caveat_lines(asked, proposal.caveats),
            assumption(asked, orders.assumed(view)),
            html.P(mark, className="hash"),
        ],
        className="order-evidence",
    )


def assumption(asked: Asked, filters: Mapping[str, str]) -> Component | None:
    """Return the warning that a proposal rests on assumptions; nothing where it rests on facts alone."""
    if not filters:
        return None
    told = orders.assumption_words(filters).said(asked.lang)
    return html.P([html.B(asked.say("order.rests_on_assumption")), told], className="caveat order-assumed")


def give_many(
    asked: Asked, plan: Plan, proposals: Sequence[Proposal], entered: Mapping[str, Any], problem: str = ""
) -> Component:
    """Return the dialog that orders the first proposals of a list, each as an order of its own."""
    w, wanted = asked.say, number_of(entered.get("many", TOGETHER))
    shown = proposals[: wanted or 0]
    names = w("manner.listing").join(titled(p, asked.lang) for p in shown)
    by_street = [("street", w("order.each_one_s"))] if plan.kind == "lockdown" else []
    each = [
        *by_street,
        ("district", w("order.each_one_s_district")),
        ("one", w("order.one_unit")),
    ]
    options = [{"label": text, "value": value} for value, text in each]
    count = dcc.Input(id=_id("many"), value=str(wanted or ""), type="text", inputMode="numeric", className="order-many")
    fields = [
        field(w("order.how_many_first", n=len(proposals)), count),
        field(w("order.who_answers_for"), _radio("each", options, entered.get("each", each[0][0]))),
        _owner(asked, list(units(asked, Subject(Place()))), entered.get("owner", ""), w("order.one_unit_field")),
        *_when(asked, entered, "today"),
        field(w("order.reason"), _text("reason", entered.get("reason", w("order.in_order_plan")))),
    ]  # fmt: skip
    body = [
        html.P(names, className="order-names"),
        assumption(asked, orders.assumed(asked.here.view)),
        html.P(
            w("order.each_becomes_order"),
            className="hash",
        ),
        html.Div(fields, className="order-fields"),
    ]
    return dialog(asked, w("order.give_several_orders"), body, _buttons(asked), problem)


def take_step(
    asked: Asked, order: Mapping[str, Any], step: str, entered: Mapping[str, Any], problem: str = ""
) -> Component:
    """Return the dialog of one step of an order."""
    w, name = asked.say, in_words(order["name"] or order["subject"], asked.lang)
    zh, en, *_ = STATE[order["state"]]
    least = orders.rule(asked.desk.now(asked.here)).params["least"].get(STEPS[step].says, 0)
    note = w("order.least_characters_no", least=least) if least else ""
    about = f"{action_words(order['action'], asked.lang)} · {name} · {order['owner']} · {asked.words(zh, en)}"
    feedback = html.Blockquote(order["feedback"]) if step in ("close", "reopen") and order["feedback"] else None
    body = [html.P(about), feedback, html.Div(field(pick(SAYS[step], asked.lang), _text("text", entered.get("text", "")), note), className="order-fields")]  # fmt: skip
    return dialog(asked, f"{pick(STEP[step], asked.lang)} · {order['number']}", body, _buttons(asked, step), problem)


def told(asked: Asked, numbers: Sequence[str], more: Sequence[str]) -> Component:
    """Return what was done: the numbers, each leading to its order, and what was left out."""
    w = asked.say
    links = [html.Li(dcc.Link(number, href=link_to(asked, number))) for number in numbers]
    body = [
        html.P(w("order.given", n=len(numbers))),
        html.Ul(links, className="order-numbers", id="order-given"),
        *[html.P(text, className="caveat") for text in more],
    ]
    close = html.Button(say("close", asked.lang), id=_does("drop"), className="button primary", n_clicks=0)
    return dialog(asked, w("order.given_by"), body, [close])


def number_of(text: Any) -> int | None:
    """Return the number that somebody wrote, None for what is none."""
    return int(str(text)) if str(text).strip().isdecimal() and len(str(text)) < 5 else None


def _id(name: str) -> dict[str, str]:
    return {"type": "order-field", "index": name}


def _does(what: str) -> dict[str, str]:
    return {"type": "order-do", "do": what}


def _radio(name: str, options: list[dict[str, Any]], value: Any) -> Component:
    return dcc.RadioItems(options, value, id=_id(name), inline=True, className="order-radio")


def _text(name: str, value: str) -> Component:
    return dcc.Textarea(id=_id(name), value=value, maxLength=LONGEST, className="order-text")


def _owner(asked: Asked, known: Sequence[str], value: str, title: str = "") -> Component:
    w = asked.say
    note = w("order.one_unit_answers")
    entry = dcc.Input(id=_id("owner"), value=value, type="text", list="order-units", autoComplete="off", maxLength=80)
    units = html.Datalist([html.Option(value=one) for one in known], id="order-units")
    return field(title or w("order.owner"), html.Div([entry, units]), note)


def _when(asked: Asked, entered: Mapping[str, Any], level: str) -> list[Component]:
    """Return how soon: a level with its time, or a time that is written."""
    now = asked.desk.store.now()
    hours = orders.rule(now).params["hours"]
    options = []
    for name, words in orders.LEVELS.items():
        until = moment(orders.deadline("", name, now, hours), asked.lang)
        options.append(
            {"label": f"{words.said(asked.lang)} · {span(f'{hours[name]}h', asked.lang)} ({until})", "value": name}
        )
    note = asked.say("order.left_empty_level")
    return [
        field(asked.say("order.level_deadline"), _radio("level", options, entered.get("level", level))),
        field(asked.say("order.another_deadline"), _deadline(asked, entered, now), note),
    ]


def _deadline(asked: Asked, entered: Mapping[str, Any], now: datetime) -> Component:
    """The field of a deadline and the buttons that fill it: by the store's clock, so that a drill's order fits its own day."""
    buttons = []
    for hours in HOURS:
        at = (now + timedelta(hours=hours)).astimezone(SHANGHAI)
        words = f"+{hours} {asked.say('order.h')}"
        buttons.append(
            html.Button(
                words,
                className="button quiet",
                title=moment(at, asked.lang),
                **{"data-deadline": f"{at:%Y-%m-%dT%H:%M}"},
            )
        )
    written = dcc.Input(  # first, so that the label is its own
        id=_id("deadline"),
        value=entered.get("deadline", ""),
        type="datetime-local",  # type: ignore[arg-type]
        min=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
    )
    return html.Div([written, *buttons], className="order-deadline")


def _buttons(asked: Asked, step: str = GIVE) -> list[Component]:
    words = asked.say("order.give_this") if step == GIVE else pick(STEP[step], asked.lang)
    return [
        html.Button(asked.say("order.cancel"), id=_does("drop"), className="button", n_clicks=0),
        html.Button(words, id=_does("confirm"), className="button primary", n_clicks=0),
    ]
