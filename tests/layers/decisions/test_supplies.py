"""Days of cover against the published bulletin of 15 February 2020, and what is unknown stays unknown."""

from math import inf

import pandas as pd
import pytest

from layers._times import parse_time
from layers._view import View
from layers.decisions.supplies import SupplyFacts, city_cover, days_of_cover, propose

DAY = 18_307  # 2020-02-15
VIEW = View(as_of=parse_time("2020-02-15"), known_at=parse_time("2020-02-16"))
COLUMNS = ["site", "name", "district", "item", "unit", "quantity", "daily_use", "day"]


def stock(*rows):
    return pd.DataFrame([(site, site, "420102", item, "", q, use, DAY) for site, item, q, use in rows], columns=COLUMNS)


@pytest.mark.parametrize(
    ("quantity", "use", "days", "gap"),
    [  # Wuhan 2020-02-15 (CCTV, The Paper 2020-02-16/17; DOMAIN V17)
        (72_219, 77_680, 0.930, -5_461),
        (136_455, 125_246, 1.089, 11_209),
        (562_700, 272_628, 2.064, 290_072),
        (16_758, 15_536, 1.079, 1_222),
    ],
)
def test_days_of_cover_are_those_of_the_bulletin(quantity, use, days, gap):
    half = quantity // 3  # two sites, one of them with no use of its own: the city is the sum
    city = city_cover(stock(("depot", "x", half, 0), ("ward", "x", quantity - half, use))).iloc[0]
    assert city["days_of_cover"] == pytest.approx(days, abs=1e-3)
    assert city["stock_minus_need"] == gap


def test_nothing_is_ever_divided_by_zero():
    cover = days_of_cover(pd.Series([5.0, 5.0, 0.0, None]), pd.Series([0.0, None, 2.0, 0.0]))
    assert cover[0] == inf
    assert cover.isna().tolist() == [False, True, False, True]
    assert cover[2] == 0


def test_stock_of_a_site_with_unknown_use_is_left_out_and_counted():
    city = city_cover(stock(("a", "suit", 100, 50), ("b", "suit", 900, None))).iloc[0]
    assert city["days_of_cover"] == 2  # not 20
    assert (city["sites"], city["sites_unknown"], city["quantity_unknown"]) == (2, 1, 900)


def test_units_of_the_same_item_are_never_added():
    rows = stock(("a", "mask", 10, 1), ("b", "mask", 10, 1))
    rows["unit"] = ["box", "piece"]
    assert city_cover(rows)["quantity"].tolist() == [10, 10]


def test_the_shortest_cover_comes_first_and_asks_for_what_reaches_the_target():
    plan = propose(SupplyFacts(stock(("a", "suit", 100, 50), ("b", "suit", 20, 50), ("c", "suit", 999, 1))), VIEW)
    assert [(p.subject, p.action, p.figures["wanted"]) for p in plan.proposals] == [
        ("b|suit", "replenish", 130),
        ("a|suit", "replenish", 50),
    ]


def test_a_site_without_daily_use_is_asked_for_it():
    (proposal,) = propose(SupplyFacts(stock(("a", "suit", 100, None))), VIEW).proposals
    assert (proposal.subject, proposal.action) == ("a", "ask_use")


def test_no_stock_no_proposals():
    plan = propose(SupplyFacts(), VIEW)
    assert plan.proposals == ()
    assert plan.caveats == ()
    assert '"shortest_city_days": null' in plan.to_json()
