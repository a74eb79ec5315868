"""What every desk page has around it: header, navigation, area and clocks, legend, the panel of what is selected."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import doors, parts, shell
from dashboard import map as deck
from dashboard.downloads import BRIEFED
from dashboard.glossary import help_button
from dashboard.goods import in_words, said
from dashboard.pages import GROUPS, Asked, Scene, _saved, _since, all_pages, by_group
from dashboard.pages._bell import bell
from dashboard.pages._timeline import CLOCKS, timeline
from dashboard.text import UNKNOWN, age, moment, pick, say, updated
from layers._palette import ACTION, SURE, Mark
from layers.decisions._proposal import ACTIONS, Plan, Proposal, Words
from layers.decisions.rules import all_rules
from layers.decisions.whatif import WhatIf, plain

LAND = ("districts", "water", "roads", "borders")
NAMES = ("labels",)
SILENT = 2  # overdue feeds named above a page's figures; the caveats name all
BLUE: tuple[int, int, int, int] = (108, 182, 240, 230)


def desk_page(asked: Asked, left: Any, right: Any, scene: Scene, under: Component | None = None) -> Component:
    """Return a page around the map; `under` stands under it, above clocks and legend."""
    last = html.Div([legend(asked, scene), _since.link(asked)], className="foot-last")
    foot = [under, timeline(asked, scene), last]
    detail = html.Div(id="detail", className="detail", **{"aria-live": "polite"})
    return shell.desk(head(asked), [assumed(asked), *left], [detail, *right], foot, asked.lang, window_title(asked))


def window_title(asked: Asked) -> str:
    """Return the title of the browser's window: the page first, because tabs are narrow."""
    page = pick(all_pages()[asked.here.path].title, asked.lang)
    city = pick(asked.desk.settings.city, asked.lang)
    drill = f"{say('drill', asked.lang)} · " if asked.desk.settings.is_drill else ""
    return f"{page} · {city} · {drill}{say('app.name', asked.lang)}"


def assumed(asked: Asked) -> Component | None:
    """Return the sign that assumptions are in force, with the way back to the facts; None where there are none.

    The address carries them from page to page; they change the plans of beds, staff, supplies and the joint one.
    """
    what_if = WhatIf.of(asked.here.view)
    if not what_if.assumes:
        return None
    facts = asked.here.at(view=plain(asked.here.view), pick=None)
    return html.Div(
        [
            html.B(asked.say("frame.what_if")),
            html.Span(what_if.said().said(asked.lang)),
            dcc.Link(asked.say("frame.back_facts"), href=facts.path + facts.search, className="button"),
        ],
        className="assumed",
        role="status",
    )


def legend(asked: Asked, scene: Scene) -> Component:
    """Return what the colours on the map mean; those that the page paints replace the layer's own."""
    keys = [key for key in scene.layers if key not in (*LAND, *NAMES)]
    return parts.legend(deck.legend_rows(keys, asked.lang, painted_by(scene)), asked.lang)


def painted_by(scene: Scene) -> dict[str, Mapping[str, Mark]] | None:
    """Return layer -> the marks that it is painted by; compounds behind others are only dimmed."""
    told = [key for key in scene.paint if key != "compounds"] or list(scene.paint)
    return dict.fromkeys(told, scene.marks) if scene.marks else None


def feed_age(asked: Asked, feeds: Sequence[str]) -> dict[str, Any]:
    """Return who answers for some feeds and how old the oldest of them is, for a hover card; nothing for no feed."""
    if not feeds:
        return {}
    known = asked.desk.feeds(asked.who, asked.here).set_index("feed").loc[list(feeds)]
    oldest = known.iloc[known["age"].isna().to_numpy().argmax() if known["age"].isna().any() else known["age"].argmax()]
    last = None if pd.isna(oldest["last"]) else oldest["last"]
    steward = oldest["steward_zh"] if asked.lang == "zh" else oldest["steward_en"]
    written = updated(last, asked.desk.now(asked.here), asked.lang)
    return {"source": steward, "age": written, "late": bool(oldest["state"] != "fresh")}


def missing(asked: Asked, feed: str, text: str = "") -> Component:
    """Return an empty panel that says which feed it waits for, who sends it, when it last came, and where to look or hand it in."""
    row = asked.desk.feeds(asked.who, asked.here).set_index("feed").loc[feed]
    name, steward = (row[asked.lang], row[f"steward_{asked.lang}"])
    last = age(None if pd.isna(row["last"]) else row["last"], asked.desk.now(asked.here), asked.lang)
    search = asked.here.elsewhere.search
    more = [
        asked.say("frame.missing", feed=name, steward=steward, last=last),
        " ",
        dcc.Link(pick(all_pages()["/quality"].title, asked.lang), href="/quality" + search),
    ]
    if asked.who is not None and asked.who.sees_all:
        more += [" · ", dcc.Link(pick(all_pages()["/imports"].title, asked.lang), href="/imports" + search)]
    return parts.empty(text or say("state.empty", asked.lang), more)


def sheet(asked: Asked, children: Any) -> Component:
    """Return a page without a map; in a store that holds nothing yet it has no time machine either."""
    clocks = timeline(asked) if asked.has_begun else None
    return shell.plain_page(
        head(asked),
        [assumed(asked), *children, clocks, html.Div(id="detail", hidden=True)],
        asked.lang,
        window_title(asked),
    )


def record(asked: Asked, children: Any) -> Component:
    """Return a page about the map's own keeping, which shows no area at no time: without map and clocks."""
    return shell.plain_page(head(asked), children, asked.lang, window_title(asked))


def navigation(asked: Asked) -> Component:
    """Return the pages that open for this person, in their groups; the view goes along with each link."""
    here, lang, opens = asked.here, asked.lang, asked.desk.gate.opens
    groups = [
        (pick(GROUPS[group], lang), [(p.path, pick(p.title, lang)) for p in pages if opens(asked.who, doors.of_page(p.path))])
        for group, pages in by_group().items()
    ]  # fmt: skip
    return shell.nav([one for one in groups if one[1]], here.path, here.elsewhere.search, lang)


def head(asked: Asked) -> Component:
    """Return the header of a desk page."""
    here, lang = asked.here, asked.lang
    tools = [language(asked), shell.theme_switch(lang), help_button(lang), *_account(asked)]
    right: list[Component] = [html.Div(tools, className="head-tools")]
    if doors.has_view(here.path):
        clocks = (_clock(asked, name) for name in CLOCKS)
        right = [_saved.menu(asked), area_choice(asked), *clocks, *right, bell(asked)]
    elif asked.who is not None and asked.desk.gate.opens(asked.who, doors.OFFICE & doors.of_page(here.path)):
        right.append(bell(asked))
    return shell.header(
        say("app.name", lang),
        subtitle=pick(asked.desk.settings.city, lang),
        middle=navigation(asked),
        right=right,
        drill=asked.desk.settings.is_drill,
        lang=lang,
        page=pick(all_pages()[here.path].title, lang),
    )


def _account(asked: Asked) -> list[Component]:
    """Return the menu of whoever is signed in, with the way out (assets/_guard.js); a drill has none."""
    if asked.desk.settings.is_drill or asked.who is None:
        return []
    role = " ".join((asked.say(f"access.role_{asked.who.role}"), asked.who.area)).strip()
    icon, title = html.I(className="icon person", **{"aria-hidden": "true"}), asked.say("sign_in.menu")
    told = [html.B(asked.who.name), html.Span(role)]
    own = html.A(asked.say("factor.mine"), href="/second-factor", className="button")
    leave = html.Button(asked.say("sign_in.out"), className="button", **{"data-sign-out": ""})
    summary = html.Summary(icon, title=f"{title}: {asked.who.name}", **{"aria-label": title})
    return [
        html.Details(
            [summary, html.Div([*told, own, leave], className="menu-body account-body")], className="menu account"
        )
    ]


def _clock(asked: Asked, name: str) -> Component:
    """One clock of the page; that of knowledge leads to what it added."""
    here, lang, knows = asked.here, asked.lang, name == "known_at"
    there = _since.there(asked)
    hint = [say(f"clock.{name}.long", lang), say("since.clock", lang) if knows else ""]
    return shell.clock(
        say(f"clock.{name}", lang),
        moment(getattr(here.view, name), lang) if asked.has_begun else UNKNOWN,
        hint=" · ".join(filter(None, hint)),
        name="changed" if name in here.fixed else "",
        href=there.path + there.search if knows else "",
    )


def language(asked: Asked) -> Component:
    """Return the link to the same page in the other language."""
    here, words = asked.here, say("language.other", asked.lang)
    other = here.at(lang="en" if asked.lang == "zh" else "zh", pick=None)
    tongue = {"lang": "en" if asked.lang == "zh" else "zh-CN"}
    return dcc.Link(
        html.Span(words, **tongue), href=here.path + other.search or here.path, className="language", title=words
    )


def area_choice(asked: Asked) -> Component:
    """Return the choice of district."""
    districts = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["districts"], asked.lang)["districts"]
    if asked.who is not None and asked.who.sees_all:
        options = [{"value": "", "label": asked.say("frame.whole_city")}]
        options += [
            {"value": code, "label": name} for code, name in zip(districts["id"], districts["name"], strict=True)
        ]
    else:  # one area is theirs, and there is nothing to choose
        view, names = asked.here.view, dict(zip(districts["id"], districts["name"], strict=True))
        street = view.area.partition("/")[2]
        label = " · ".join(filter(None, [names.get(view.district, view.district or view.code), street]))
        options = [{"value": view.district, "label": label}]
    return dcc.Dropdown(
        options, asked.here.view.district, id="area", clearable=False, searchable=True, className="area"
    )


def proposal_rows(asked: Asked, plan: Plan, proposals: Sequence[Proposal], *, most: int = 2) -> list[dict[str, Any]]:
    """Return proposals as `parts.reason_list` wants them; at most `most` short sentences each, the rest is in the panel."""
    names = district_names(asked)
    return [
        {
            "id": p.subject,
            "name": titled(p, asked.lang),
            "where": names.get(p.district, p.district or ""),
            "mark": mark_of(p.action),
            "reasons": [brief(said(r.said(asked.lang), asked.lang)) for r in p.reasons[:most]],
            "rule": p.rule_id,
        }
        for p in proposals
    ]


def titled(proposal: Proposal, lang: str) -> str:
    """Return what a proposal is about: of supplies the item first, then the site."""
    name, item = in_words(proposal.name or proposal.subject, lang), proposal.figures.get("item")
    return f"{in_words(item, lang)} · {name}" if isinstance(item, str) and item else name


def brief(sentence: str) -> str:
    """Return a reason without what stands in brackets (days, shares), as a list can show it."""
    return re.sub(r" ?（[^（）]*）| \([^()]*\)", "", sentence).rstrip("。.")


def mark_of(action: str) -> Mark:
    """Return how an action looks; actions without a colour of their own are blue."""
    words = ACTIONS[action]
    return ACTION.get(action) or SURE.get(action) or Mark(BLUE, "▸", words.zh, words.en)


def district_names(asked: Asked) -> dict[str, str]:
    """Return district code -> name in the page's language."""
    districts = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["districts"], asked.lang)["districts"]
    return dict(zip(districts["id"], districts["name"], strict=True))


def caveats(asked: Asked, plan: Plan) -> Component | None:
    """Return what a reader must know before signing."""
    if not plan.caveats:
        return None
    lines = caveat_lines(asked, plan.caveats, html.Li)
    return parts.panel(
        asked.say("frame.before_you_sign"),
        html.Ul(lines, className="caveats"),
        note=asked.say("frame.measure", n=len(plan.caveats)),
        name="notes",
    )


def caveat_lines(asked: Asked, told: Sequence[Words], tag: Any = html.P) -> list[Component]:
    """Return caveats as lines; the rules that nobody verified stand together in one, by title, their ids on hover and when opened."""
    doubts = {rule.caveat(): rule for rule in all_rules() if not rule.verified}
    rules = [doubts[words] for words in told if words in doubts]
    more = {"className": "caveat"} if tag is html.P else {}
    lines = [tag(words.said(asked.lang), **more) for words in told if words not in doubts]
    if not rules:
        return lines
    title = asked.say("frame.rules_not_verified", n=len(rules))
    items = [
        html.Li(
            [rule.title.said(asked.lang), html.Small(rule.id, className="rule")], title=f"{rule.id} · {rule.source}"
        )
        for rule in rules
    ]
    grouped = html.Details(
        [html.Summary(title, title=" · ".join(rule.id for rule in rules)), html.Ul(items)], className="caveat-rules"
    )
    return [*lines, tag(grouped, **more) if tag is not html.P else html.Div(grouped, **more)]


def silence(asked: Asked, plan: Plan) -> Component | None:
    """Return the weightiest overdue feeds of the plan, to stand before anything that rests on them, and how many more there are."""
    if not plan.silence:
        return None
    told, more = plan.silence[:SILENT], len(plan.silence) - SILENT
    rows = [html.Li([html.Span("▲", **{"aria-hidden": "true"}), words.said(asked.lang)]) for words in told]
    if more > 0:
        text = asked.say("frame.more_feeds_overdue", more=more)
        rows.append(html.Li(text, className="more"))
    return html.Div(html.Ul(rows), className="silence", role="status")


def take_menu(asked: Asked, kind: str) -> Component:
    """Return the menu that leads to the briefing of the page, where there is one, and exports its plan."""
    search, w = asked.here.at(pick=None).search, asked.say
    exports = [
        ("xlsx", w("frame.excel_workbook")),
        ("csv", w("frame.csv_list")),
        ("json", w("frame.json_reasons_rules")),
    ]
    chosen = asked.here.at(path="/briefing", pick=None, options={**(asked.here.options or {}), "parts": kind})
    printed = [dcc.Link(w("frame.choose_and_print"), href=chosen.path + chosen.search)] if kind in BRIEFED else []
    exported = [html.A(words, href=f"/plan/{kind}.{form}{search}", download=True) for form, words in exports]
    groups = [(w("frame.print_briefing"), printed), (w("frame.export_plan"), exported)]
    body = [part for title, links in groups if links for part in (html.Span(title, className="menu-title"), *links)]
    return html.Details(
        [
            html.Summary([html.I(className="icon print"), say("take", asked.lang)]),
            html.Div(body, className="menu-body"),
        ],
        className="menu",
    )


def unknown_if_empty(value: Any) -> str:
    """Return the text, or the mark of what is not known."""
    return str(value) if value not in (None, "") and value == value else UNKNOWN
