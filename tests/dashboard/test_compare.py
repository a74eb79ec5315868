"""Two sides of a comparison: figures with their difference, one scale, and what the house knows of the reasons."""

from datetime import datetime

import pandas as pd
import pytest

from dashboard import compare
from dashboard.compare import Line
from dashboard.pages import Asked
from dashboard.pages import compare as page
from layers._times import SHANGHAI
from layers._view import View
from layers.decisions._proposal import Words
from tests import office
from tests.office import CITY, DISTRICT, OTHER, Office, said

STEP = ("2020-02-12", "2020-02-13")


def view(as_of, known_at="2020-02-20", area=""):
    return View(*(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI) for text in (as_of, known_at)), area=area)


def line(a, b):
    return Line("ever", "累计", "Total", compare.PERSONS, a, b)


def test_a_difference_has_its_sign_and_its_share():
    assert (line(200, 150).difference, line(200, 150).ratio) == (-50, -0.25)


@pytest.mark.parametrize(("a", "b"), [(float("nan"), 3), (3, float("nan"))])
def test_what_is_not_known_makes_no_difference_of_0(a, b):
    assert pd.isna(line(a, b).difference)
    assert pd.isna(line(a, b).ratio)


def test_a_share_of_nothing_is_not_known():
    assert pd.isna(line(0, 5).ratio)


def test_a_figure_that_neither_side_knows_is_left_out():
    titles = {"x": ("甲", "X", compare.PERSONS), "y": ("乙", "Y", compare.PERSONS)}
    assert [one.key for one in compare.lines(titles, {"x": 1, "y": None}, {"x": None})] == ["x"]


def test_rates_make_areas_of_two_sizes_comparable():
    found = compare.rate(line(50, 100), 100_000, 400_000)
    assert (found.a, found.b) == (50, 25)
    assert pd.isna(compare.rate(line(50, 100), float("nan"), 1).a)


def test_curves_share_their_days_and_their_scale():
    a = pd.DataFrame({"status": ["confirmed", "confirmed", "contact"], "day": [10, 12, 11], "n": [4, 2, 99]})
    b = pd.DataFrame({"status": ["confirmed"], "day": [13], "n": [7]})
    (one, two), top = compare.curves(a, b, ("confirmed",))
    assert one.to_dict() == {10: 4, 11: 0, 12: 2, 13: 0}
    assert (two.index.tolist(), top) == ([10, 11, 12, 13], 7)
    assert compare.until(one, datetime(1970, 1, 13, tzinfo=SHANGHAI)).index.tolist() == [10, 11, 12]


def test_two_days_of_one_area_are_told_apart_into_what_happened_and_what_was_learned():
    told = compare.explained(
        view("2020-02-01", "2020-02-01"), view("2020-02-05", "2020-02-05"), line(100, 160), 110, STEP, {}
    )
    assert [words.en for words in told] == [
        "Cases, total, differ by +60: +50 happened between the days, +10 were added to or taken off the days up to A later."
    ]


def test_one_day_known_at_two_times_differs_by_late_reports_alone():
    told = compare.explained(
        view("2020-02-01", "2020-02-02"), view("2020-02-01", "2020-02-09"), line(100, 112), 112, STEP, {}
    )
    assert "+12 came to be known later" in told[0].en


@pytest.mark.parametrize(
    ("days", "said_so"),
    [
        (("2020-02-11", "2020-02-14"), True),
        (("2020-02-01", "2020-02-05"), False),
        (("2020-02-14", "2020-02-20"), False),
    ],
)
def test_a_change_of_definition_between_the_days_is_said(days, said_so):
    told = compare.explained(view(days[0]), view(days[1]), line(1, 2), None, STEP, {})
    assert any("definition" in words.en for words in told) is said_so


def test_silent_feeds_of_either_side_are_named():
    told = compare.explained(
        view("2020-02-01"),
        view("2020-02-01"),
        line(1, 1),
        1,
        STEP,
        {"A": [], "B": [Words("“病例”超期", "cases overdue")]},
    )
    assert [words.zh for words in told] == ["B：“病例”超期"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    office.found(folder).close()
    return Office.copy(folder, folder / "store.db")


def asked(place, person, search):
    return Asked.at(place.app.server.extensions["desk"], person, "/compare", search)


def test_two_districts_stand_side_by_side(place):
    found = {
        row.key: row
        for row in page.figures(asked(place, CITY, ""), *page.sides(asked(place, CITY, "?area=420102&b_area=420103")))
    }
    assert (found["ever_counted"].a, found["ever_counted"].b) == (1, 1)
    assert (found["now_suspected"].a, found["now_suspected"].b) == (1, 1)


def test_a_link_carries_both_sides_and_only_what_differs(place):
    here = asked(place, CITY, "?area=420102").here
    same = {"area": "420102", "as_of": page._local(here.view.as_of), "known_at": page._local(here.view.known_at)}
    assert page.chosen(here, same, same) == "?area=420102"
    other = same | {"area": "city", "as_of": "2020-02-05T10:00"}
    found = page.chosen(here, same, other)
    assert found == "?area=420102&b_area=city&b_as_of=2020-02-05T10:00"
    a, b = page.sides(asked(place, CITY, found))
    assert (a.area, b.area, f"{b.as_of:%m-%d %H}") == ("420102", "", "02-05 10")


def test_a_district_compares_days_but_not_with_its_neighbour(place):
    assert place.page(DISTRICT, "/compare", "?b_as_of=2020-02-05").status_code == 200
    answer = place.page(DISTRICT, "/compare", "?b_area=420103")
    assert "无权查看" in said(answer)
    assert "长江花园" not in said(answer)
    assert page.sides(asked(place, OTHER, ""))[1].area == "420103"


@pytest.mark.parametrize("search", ["?b_as_of=never", "?b_as_of=9999-01-01", "?b_area=nowhere"])
def test_a_side_that_makes_no_sense_is_said_on_the_page(place, search):
    answer = place.page(CITY, "/compare", search)
    assert answer.status_code == 200
    assert "无法比较" in said(answer)


def test_two_sides_that_are_one_say_so_and_offer_a_day_and_a_week_before(place):
    same = place.page(CITY, "/compare", "?as_of=2020-02-05T10:00&b_area=city")
    assert "b_as_of=2020-02-04T10:00" in said(same)
    assert "b_as_of=2020-01-29T10:00" in said(same)
    assert "没有差异" in str([one.to_plotly_json() for one in page.plans(asked(place, CITY, ""))])
    assert "b_as_of=2020-01-29T10:00" not in said(place.page(CITY, "/compare", "?as_of=2020-02-05T10:00&b_area=420102"))


def test_plans_and_reasons_follow_the_page(place):
    found = page.plans(asked(place, CITY, "?b_as_of=2020-02-05"))
    text = str([one.to_plotly_json() for one in found])
    assert "差异从何而来" in text
    assert "建议封控" in text


def test_a_moment_that_nobody_set_is_not_fixed_when_news_came_since(place):
    now = page.stated(asked(place, CITY, "").here.view)
    older = now | {"as_of": "2020-02-08T10:00", "known_at": "2020-02-08T10:00"}  # what the page still shows
    output = next(
        name for name, entry in place.app.callback_map.items() if entry["inputs"][0]["id"] == "compare-a-area"
    )

    def address(a, b, changed, search=""):
        fields = {f"compare-{side}-{name.replace('_', '-')}.value": value for side, side_ in (("a", a), ("b", b)) for name, value in side_.items()}  # fmt: skip
        told = fields | {"compare-swap.n_clicks": 1, "url.pathname": "/compare", "url.search": search}
        answer = place.call(place.browser(CITY), output, told, changed)
        return next(iter(answer.get_json()["response"].values()))["search"] if answer.status_code == 200 else None

    assert address(older, older | {"area": "420103"}, "compare-b-area.value") == "?b_area=420103"
    other = older | {"as_of": "2020-02-05T10:00"}
    assert address(older, other, "compare-b-as-of.value") == "?b_as_of=2020-02-05T10:00"
    fixed = address(older, other, "compare-b-as-of.value", "?as_of=2020-02-08T10:00")
    assert fixed == "?as_of=2020-02-08T10:00:00.000&b_as_of=2020-02-05T10:00"  # what the address states stays
    moved = older | {"as_of": "2020-02-04T10:00"}
    assert address(moved, older, "compare-a-as-of.value").startswith("?as_of=2020-02-04T10:00")
    assert address(moved, older, "compare-a-as-of.value").endswith(
        "&b_as_of=2020-02-08T10:00"
    )  # B stays where it was shown
