"""The frame around a page: header with navigation and clocks, columns beside the map, the bar beneath it, desk or wall.

The map itself (`map.canvas`) stands once in the layout of the app, behind every page. Whatever covers a part of it carries
`data-inset`, so that the camera keeps the city in the part that is left free.
"""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.holding import holding
from dashboard.parts import drill_mark
from dashboard.text import say

Children = Component | str | Sequence[Any] | None
LIVE = "live"  # `clock` shows the running time of the browser


Group = tuple[str, Sequence[tuple[str, str]]]  # its title, its pages as (path, title)


def nav(groups: Sequence[Group], here: str, search: str = "", lang: str = "zh") -> html.Nav:
    """Return the navigation: the pages of the present group as tabs, every other group as a menu.

    search  the view, which goes along with each link
    Where the screen is too narrow for that, one menu holds all pages (assets/nav.css shows the one or the other).
    """
    wide = html.Div([_open_group(group, here, search) for group in groups], className="nav-wide")
    titles = dict(page for _, pages in groups for page in pages)
    small = html.Details(
        [
            html.Summary([html.I(className="icon menu-lines"), html.Span(titles.get(here, say("nav.pages", lang)))]),
            html.Div([_closed_group(group, here, search) for group in groups], className="menu-body nav-all"),
        ],
        className="menu nav-small",
    )
    return html.Nav([wide, small], className="nav", **{"aria-label": say("nav.pages", lang)})


def _open_group(group: Group, here: str, search: str) -> Component:
    """The group that holds the present page lies open where there is room; one of a single page is a plain link."""
    title, pages = group
    links = [_page_link(page, here, search) for page in pages]
    if len(links) == 1:
        return links[0]
    if here not in dict(pages):
        return _menu(title, links)
    tabs = html.Div([html.Span(title, className="nav-title"), *links], className="nav-open")
    named = [title, html.B(dict(pages)[here])]
    again = _menu(named, [_page_link(page, here, search) for page in pages], "nav-present")
    return html.Div([tabs, again], className="nav-both")


def _menu(title: Children, links: Sequence[Component], name: str = "") -> html.Details:
    body = html.Div(list(links), className="menu-body")
    return html.Details([html.Summary(title), body], className=f"menu nav-group {name}".strip())


def _closed_group(group: Group, here: str, search: str) -> Component:
    title, pages = group
    links = [_page_link(page, here, search) for page in pages]
    return html.Div([html.Span(title, className="menu-title"), *links], className="nav-list")


def _page_link(page: tuple[str, str], here: str, search: str) -> Component:
    path, title = page
    more = {"title": title} if path == here else {}
    return dcc.Link(title, href=path + search, className="here" if path == here else "", **more)


def clock(label: str, written: str, *, hint: str = "", name: str = "", href: str = "") -> Component:
    """Return one labelled time; pass `LIVE` as `written` for the running clock of the browser.

    name   "changed" when a person has set it away from now
    href   where a click on it leads
    """
    hands = (
        html.Span(className="clock-time", **{"data-clock": "time"})
        if written is LIVE
        else html.Span(written, className="clock-time")
    )
    said = [html.Span(label, className="clock-label"), hands]
    more = {"className": f"clock {name}".strip(), "title": hint or None}
    return dcc.Link(said, href=href, **more) if href else html.Div(said, **more)


def header(
    title: str,
    *,
    middle: Children = "",
    right: Children = "",
    drill: bool = False,
    lang: str = "zh",
    subtitle: str = "",
    page: str = "",
) -> html.Header:
    """Return the head of a desk page or of the wall: brand, navigation in the middle, clocks at the right.

    page  its name, which the first heading reads out after the title
    """
    heading = [title, html.Span(f" · {page}", className="unseen")] if page else title
    brand = html.Div(
        [
            html.Img(src="/assets/favicon.svg", alt="", className="brand-mark"),
            html.Div([html.H1(heading), html.P(subtitle) if subtitle else None]),
            drill_mark(lang) if drill else None,
        ],
        className="brand",
    )
    return html.Header(
        [brand, html.Div(middle, className="head-middle"), html.Div(right, className="head-right")], className="head"
    )


def theme_switch(lang: str) -> html.Button:
    """Return the button between the light and the dark theme; assets/theme.js answers it."""
    words = say("theme.switch", lang)
    icon = html.I(className="icon theme", **{"aria-hidden": "true"})
    return html.Button(icon, className="theme-switch", title=words, **{"data-theme-switch": "", "aria-label": words})


def column(side: str, children: Children, lang: str = "zh", id: str | None = None) -> html.Section:
    """Return the "left" or "right" column of a page; the camera keeps clear of it."""
    more = {"id": id} if id else {}
    named = {"data-inset": side, "aria-label": say(f"column.{side}", lang)}
    return html.Section(children, className=f"column {side}", **named, **more)


def footer(children: Children, id: str | None = None) -> html.Div:
    """Return the bar under the map: legend, time slider."""
    more = {"id": id} if id else {}
    return html.Div(
        children,
        className=f"foot {holding(children, 'drawer', 'timeline', deep=False)}".strip(),
        **{"data-inset": "bottom"},
        **more,
    )


def desk(
    head: Component, left: Children, right: Children, foot: Children, lang: str = "zh", title: str = ""
) -> html.Div:
    """Return a desk page around the map: `map.canvas` stands beside it once, in the layout of the app."""
    columns = [column("left", left, lang), column("right", right, lang), footer(foot)]
    return _body([head, _main(columns)], f"desk {holding(foot, 'drawer')}".strip(), lang, title)


def wall(
    head: Component,
    figures: Children,
    left: Children,
    right: Children,
    foot: Children,
    lang: str = "zh",
    title: str = "",
) -> html.Div:
    """Return the wall: six figures across the top, the map in the middle, a column on each side."""
    top = html.Div(figures, className="figures", **{"data-inset": "top"})
    columns = [top, column("left", left, lang), column("right", right, lang), footer(foot)]
    return _body([head, _main(columns)], "wall", lang, title)


def plain_page(head: Component, children: Children, lang: str = "zh", title: str = "") -> html.Div:
    """Return a page without a map (data quality, an error): one readable column."""
    inside = f"{holding(children, 'timeline', deep=False)} {holding(children, 'situation', 'imports-page', 'import-body')}".strip()
    main = html.Main(children, className=f"sheet {inside}".strip(), id="main", tabIndex="-1")
    return _body([head, main], "plain", lang, title)


def notice(title: str, text: str, lang: str, *, drill: bool, home: Children = None) -> html.Div:
    """Return a page that says why there is nothing to show, and what leads on."""
    top = header(say("app.name", lang), drill=drill, lang=lang)
    return plain_page(
        top, [html.Div([html.H2(title), html.P(text), home], className="notice-page", role="alert")], lang, title
    )


def waiting() -> html.Div:
    """Return what stands on the screen until the first answer comes; it has no language yet, so it says nothing."""
    boxes = [html.Div(className="ghost") for _ in range(6)]
    sides = [html.Div(boxes, className="ghosts"), html.Div(className="ghost tall")]
    return html.Div([html.Header(className="head"), *sides], className="shell waiting")


def _main(children: Sequence[Any]) -> html.Main:
    return html.Main(list(children), className="main", id="main", tabIndex="-1")


def _body(children: Sequence[Any], kind: str, lang: str, title: str) -> html.Div:
    """`data-title` becomes the title of the browser's window (assets/live.js)."""
    skip = html.A(say("nav.skip", lang), href="#main", className="skip", **{"data-skip": ""})  # assets/theme.js
    return html.Div([skip, *children], className=f"shell {kind}", lang=_tongue(lang), **{"data-title": title})


def _tongue(lang: str) -> str:
    return "zh-CN" if lang == "zh" else "en"
