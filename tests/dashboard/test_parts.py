"""Building blocks: unknown is a dash, stale is said in words, typed text stays text."""

import json
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest
from dash.development.base_component import Component

from dashboard import parts, shell, table_parts
from dashboard.pages import Page, all_pages, by_group
from dashboard.text import figure
from layers._palette import ACTION


def words(component: Component) -> str:
    return json.dumps(component.to_plotly_json(), default=lambda one: one.to_plotly_json(), ensure_ascii=False)


def of_class(component: Component, name: str) -> list[Component]:
    return [one for one in component._traverse() if name in str(getattr(one, "className", "")).split()]


def test_an_unknown_figure_is_a_dash_without_a_unit():
    tile = parts.tile("缺口", figure(None), "人")
    assert "unknown" in tile.className
    assert [one.children for one in of_class(tile, "tile-value")] == ["–"]
    assert [one.children for one in of_class(tile, "tile-unit")] == [""]


def test_a_stale_figure_is_hatched_and_says_its_age():
    tile = parts.tile("使用率", "97%", age="31小时前", stale=True)
    assert "stale" in tile.className.split()
    assert [one.children for one in of_class(tile, "tile-age")] == ["31小时前"]


def test_a_fresh_figure_keeps_its_age_for_the_pointer():
    tile = parts.tile("确诊", "45,027", age="2 h ago", source="Health commission", lang="en")
    assert of_class(tile, "tile-age") == []
    assert tile.title == "Source: Health commission · 2 h ago"


def picture(series) -> str:
    return b64decode(parts.spark(series).style["--curve"].split(",")[1].rstrip(")")).decode()


def test_an_unknown_day_is_a_gap_in_the_curve():
    assert picture([1, 2, 3]).count("M") == 1
    assert picture([1, np.nan, 3, 4]).count("M") == 2


@pytest.mark.parametrize("series", [[], [5], [np.nan, np.nan], [3, 3, 3]])
def test_a_curve_of_nothing_much_is_still_a_picture(series):
    assert "nan" not in picture(series)


def proposal(**more):
    return {
        "id": "C1",
        "name": "<b>甲</b>",
        "where": "武昌区",
        "mark": ACTION["seal"],
        "reasons": ["一", "二"],
        "rule": "r@2020-02-10",
    } | more


def test_a_typed_name_stays_text():
    found = parts.reason_list([proposal()], "zh")
    assert "<b>甲</b>" in [getattr(one, "children", None) for one in found._traverse()]
    assert "dangerously" not in words(found)


def test_a_proposal_shows_action_reasons_and_rule():
    found = words(parts.reason_list([proposal()], "zh"))
    assert all(part in found for part in ("封控", "一；二", "规则: r@2020-02-10", ACTION["seal"].symbol))


def test_a_row_can_be_pressed():
    (button,) = of_class(parts.reason_list([proposal()], "en", kind="reason"), "reason")
    assert button.id == {"type": "reason", "index": "C1"}


def test_rows_left_out_are_counted():
    found = words(parts.reason_list([proposal(id=str(i)) for i in range(5)], "en", limit=2))
    assert "First 2 of 5 shown" in found


def test_no_proposals_are_said_in_words():
    assert "暂无内容" in words(parts.reason_list([], "zh"))


def test_late_feeds_come_first_with_another_symbol():
    rows = [{"title": "Cases", "age": "2 h ago", "stale": False}, {"title": "Beds", "age": "31 h ago", "stale": True}]
    titles = [one.children for one in of_class(parts.ages(rows, "en"), "age-title")]
    symbols = [one.children for one in of_class(parts.ages(rows, "en"), "age-symbol")]
    assert (titles, symbols) == (
        ["Beds", "Cases"],
        ["▲", "●", "●"],
    )  # the one in the middle stands before the count of fresh ones


def test_feeds_on_time_are_counted_and_open_on_request():
    rows = [{"title": name, "age": "2 h ago", "stale": False} for name in ("Cases", "Beds")]
    (summary,) = [one for one in parts.ages(rows, "en")._traverse() if type(one).__name__ == "Summary"]
    assert "2 feeds on time" in words(summary)


def test_a_bar_of_unknown_length_is_not_an_empty_one():
    unknown, none = parts.bars(
        [
            {"title": "a", "share": None, "text": "–", "colour": ACTION["seal"].colour},
            {"title": "b", "share": 0, "text": "0", "colour": ACTION["seal"].colour},
        ]
    ).children
    assert "unknown" in unknown.className.split()
    assert "unknown" not in none.className.split()


def test_a_table_writes_unknown_as_none_and_endless_as_a_sign():
    frame = pd.DataFrame({"id": ["A", "B", "C"], "days": [1.5, np.nan, np.inf]})
    grid = table_parts.table(frame, {"days": "Days"}, "t", lang="en")
    assert [row["days"] for row in grid.rowData] == [1.5, None, "∞"]
    assert grid.columnDefs[0]["headerName"] == "Days"
    assert grid.columnDefs[0]["type"] == "rightAligned"


def test_the_theme_of_tables_is_our_own():
    grid = table_parts.table(pd.DataFrame({"a": [1]}), {"a": "A"}, "t")
    assert grid.dashGridOptions["theme"]["function"].startswith("themeQuartz.withParams({")
    assert "http" not in words(grid)


def test_a_legend_switch_names_its_layer():
    rows = [
        {
            "layer": "water",
            "title": "水域",
            "about": "",
            "ramp": 0,
            "rows": [{"colour": "#123", "shape": "square", "text": "水域"}],
        }
    ]
    (switch,) = of_class(parts.legend(rows, "zh"), "legend-title")
    assert getattr(switch, "data-layer") == "water"


def test_a_feed_that_never_came_is_stale():
    now = pd.Timestamp("2020-02-12 18:00")
    promise = pd.Timedelta(hours=24)
    assert parts.is_stale(None, promise, now)
    assert parts.is_stale(now - pd.Timedelta(hours=25), promise, now)
    assert not parts.is_stale(now - pd.Timedelta(hours=24), promise, now)


@pytest.mark.parametrize(("lang", "tongue"), [("zh", "zh-CN"), ("en", "en")])
def test_a_page_says_its_language(lang, tongue):
    head = shell.header("x", drill=True, lang=lang)
    assert shell.desk(head, [], [], [], lang).lang == tongue
    assert len(of_class(head, "drill-mark")) == 1


def navigation(here: str) -> Component:
    groups = [("决策", [("/beds", "床位"), ("/staff", "人员")]), ("数据", [("/quality", "质量")])]
    return shell.nav(groups, here, "?lang=zh")


def test_the_group_of_the_present_page_lies_open_and_others_are_menus():
    (tabs,) = of_class(navigation("/beds"), "nav-open")
    assert [link.className for link in tabs.children[1:]] == ["here", ""]
    assert len(of_class(navigation("/quality"), "nav-group")) == 1


def test_each_link_of_the_navigation_carries_the_view():
    links = [one.href for one in navigation("/beds")._traverse() if getattr(one, "href", None)]
    assert links
    assert all(link.endswith("?lang=zh") for link in links)


def test_a_page_of_an_unknown_group_is_refused():
    with pytest.raises(ValueError, match="nowhere"):
        Page("/x", 1, ("x", "x"), lambda asked: None, group="nowhere")


def test_every_listed_page_stands_in_one_group():
    grouped = [page.path for pages in by_group().values() for page in pages]
    assert sorted(grouped) == sorted(page.path for page in all_pages().values() if page.listed)


def test_the_widths_of_a_table_grow_with_its_letters():
    columns = {"at": {"headerName": "At", "minWidth": 100, "maxWidth": 120}, "n": "Number"}
    told = table_parts.table(pd.DataFrame({"at": ["x"], "n": [1]}), columns, "t", scale=2).columnDefs
    assert [(one["minWidth"], one.get("maxWidth")) for one in told] == [(200, 240), (72, None)]
