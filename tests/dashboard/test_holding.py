"""What a part of a page holds stands in its classes, and style sheets do not ask for it again."""

import re
from pathlib import Path

from dash import dcc, html

from dashboard import parts, shell
from dashboard.holding import holding

ASSETS = Path(__file__).parents[2] / "assets"
ASKED = {  # what only the browser knows, of parts that hold no chart but their own
    '.legend-group:has(.legend-title[aria-pressed="false"])',
    "#map:has(canvas:focus-visible)",
    '.map-group:has([data-tool="box"])',
    ".tile-foot:not(:has(.twin))",
    ".graph-box:not(:has(.main-svg))",
    ":not(:has(.main-svg))",
}


def test_a_class_is_found_at_any_depth_or_among_the_children_alone():
    inside = html.Div([None, "text", [html.P(html.B(className="deep one"))]], className="near")
    assert holding([inside], "near", "one", "deep", "none") == "has-near has-one has-deep"
    assert holding([inside], "near", "one", deep=False) == "has-near"
    assert holding(inside, "near", deep=False) == "has-near"
    assert holding(None, "near") == holding("near", "near") == ""


def test_an_attribute_is_found_and_what_a_tab_would_show_is_not():
    assert holding(html.Div(html.B(**{"data-scrub": "ill"})), "data-scrub", "scrub") == "has-data-scrub"
    tabs = dcc.Tabs([dcc.Tab(html.Table(className="plain-table"))], className="tabs")
    assert holding(html.Div(tabs), "tabs", "plain-table") == "has-tabs"


def test_panels_pages_and_the_bar_say_what_they_hold():
    panel = parts.panel("Beds", [parts.graph({}, name="beds"), html.Div(html.Table(className="plain-table"))])
    assert panel.className == "panel has-graph-box has-plain-table has-beds"
    assert panel.children[1].className == "panel-body has-graph-box"
    assert shell.footer([None, html.Div(className="timeline")]).className == "foot has-timeline"
    page = shell.desk(shell.header("Map"), [], [], [html.Section(className="drawer")])
    assert page.className == "shell desk has-drawer"
    sheet = shell.plain_page(shell.header("Map"), [html.Div(className="situation")])["main"]
    assert sheet.className == "sheet has-situation"


def test_style_sheets_ask_what_a_part_holds_only_where_no_server_can_say():
    asks = re.compile(r"[^\s,{}()]*:not\(:has\([^()]*\)\)|[^\s,{}()]*:has\((?:[^()]|\([^()]*\))*\)")
    found = {one for sheet in ASSETS.glob("*.css") for one in asks.findall(sheet.read_text(encoding="utf-8"))}
    assert found == ASKED
