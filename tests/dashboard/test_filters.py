"""Filters of tables: the address, the grid and the chips say the same; and columns stand as their person arranged them."""

import pandas as pd
import pytest

from dashboard import filters, table_parts
from dashboard.filters import QUICK, Filter

FRAGMENT = "#compounds.district=has~武昌&compounds.now=ge~3&compounds.days=in~2~9&compounds=春风&cases.sex=is~男"
KINDS = {"district": False, "now": True, "days": True}


def test_an_address_is_read_and_written_back_the_same():
    read = filters.read(FRAGMENT)
    assert read[:3] == (
        Filter("compounds", "district", "has", "武昌"),
        Filter("compounds", "now", "ge", "3"),
        Filter("compounds", "days", "in", "2", "9"),
    )
    assert read[3] == Filter("compounds", QUICK, "has", "春风")
    assert filters.read(filters.written(read)) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "#",
        "#compound-case",
        "#compounds.now=ge~",
        "#compounds.now=near~3",
        "#compounds.days=in~2",
        "#.now=ge~3",
        "#compounds=  ",
        "#compounds.name=has~" + "x" * 81,
    ],
)
def test_what_is_no_filter_is_left_out(text):
    assert filters.read(text) == ()


def test_the_grid_gets_numbers_for_columns_of_numbers():
    model = filters.for_grid(filters.of_table(filters.read(FRAGMENT), "compounds"), KINDS)
    assert model == {
        "district": {"filterType": "text", "type": "contains", "filter": "武昌"},
        "now": {"filterType": "number", "type": "greaterThanOrEqual", "filter": 3.0},
        "days": {"filterType": "number", "type": "inRange", "filter": 2.0, "filterTo": 9.0},
    }


def test_what_the_grid_says_becomes_the_address_and_leaves_other_tables_alone():
    told = {
        "now": {"filterType": "number", "type": "lessThan", "filter": 5},
        "name": {"type": "blank"},
        "odd": {"type": "sometimes"},
    }
    mine = filters.of_grid("compounds", told, " 里 ")
    every = filters.put(filters.read(FRAGMENT), "compounds", mine)
    assert filters.read(filters.written(every)) == (
        Filter("cases", "sex", "is", "男"),
        Filter("compounds", QUICK, "has", "里"),
        Filter("compounds", "now", "lt", "5"),
        Filter("compounds", "name", "none"),
    )


def test_a_filter_of_a_column_that_is_not_there_is_neither_applied_nor_shown():
    every = (
        Filter("t", "gone", "has", "x"),
        Filter("t", "now", "has", "x"),
        Filter("t", "now", "ge", "viele"),
        Filter("t", "now", "ge", "3"),
    )
    assert filters.applied(every, KINDS) == every[3:]


def test_chips_say_what_is_wanted_in_both_languages():
    now, district = Filter("t", "now", "ge", "3.0"), Filter("t", "district", "has", "武昌")
    assert filters.words(now, "现有病例", "zh") == "现有病例 ≥ 3"
    assert filters.words(district, "District", "en") == "District contains “武昌”"
    assert filters.words(Filter("t", QUICK, "has", "里"), "", "zh") == "含“里”"
    assert filters.words(Filter("t", "n", "ge", "12345678.50"), "人口", "zh") == "人口 ≥ 12345678.5"
    assert filters.written(filters.without((now, district), now)) == filters.written((district,))


def test_columns_stand_as_they_were_arranged_and_new_ones_beside_their_neighbour():
    columns = {"name": "Name", "now": "Now", "new": "New", "days": "Days"}
    frame = pd.DataFrame({"name": ["a"], "now": [1], "new": [2], "days": [3]})
    state = [
        {"colId": "days", "width": 90},
        {"colId": "gone"},
        {"colId": "now", "hide": True},
        {"colId": "name", "sort": "desc", "sortIndex": 0, "flex": 2},
    ]
    made = table_parts.table(frame, columns, "t", filters=True, arranged=state).columnDefs
    assert [one["field"] for one in made] == ["days", "now", "new", "name"]
    assert (made[0]["width"], made[0]["flex"], made[1]["initialHide"], made[3]["sort"]) == (90, None, True, "desc")
    assert [one["filter"] for one in made] == [filters.NUMBERS] * 3 + ["agTextColumnFilter"]
