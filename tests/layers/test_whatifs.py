"""Named assumptions: understood or refused, saved and removed as versions, seen by the two clocks."""

import pytest

from layers._errors import ViewError
from layers._times import parse_time
from layers._view import View
from layers.decisions.whatif import WhatIf, plain
from layers.intake import whatifs
from layers.intake.whatifs import WhatIfError
from layers.store import open_store
from layers.store.journal import entries

NOW = parse_time("2020-02-20")


def view(**filters):
    return View(NOW, NOW, filters={f"if_{name}": value for name, value in filters.items()})


@pytest.fixture
def store():
    return open_store("sqlite://", "production")


def test_assumptions_are_read_and_written_alike():
    what_if = WhatIf.of(view(cases="30", stay="-2", arrivals="500", refused="B;A"))
    assert (what_if.cases_pct, what_if.stay_days, what_if.arrivals, what_if.refused) == (30, -2, 500, frozenset("AB"))
    assert WhatIf.of(View(NOW, NOW, filters=what_if.filters())) == what_if
    assert plain(View(NOW, NOW, filters={**what_if.filters(), "clusters": "1"})).filters == {"clusters": "1"}


@pytest.mark.parametrize("filters", [{"cases": "many"}, {"cases": "301"}, {"stay": "-11"}, {"arrivals": "-1"}])
def test_an_assumption_that_makes_no_sense_is_refused_by_name(filters):
    with pytest.raises(ViewError, match=f"if_{next(iter(filters))}"):
        WhatIf.of(view(**filters))


def test_patients_follow_admissions_times_length_of_stay():
    assert WhatIf().patients(14) == 1.0
    assert WhatIf(cases_pct=30).patients(14) == pytest.approx(1.3)
    assert WhatIf(stay_days=7).patients(14) == pytest.approx(1.5)
    assert WhatIf(stay_days=-10).patients(8) == 0.0  # never fewer than none


def names(store, area="", **clocks):
    return store.read(whatifs.standing(store.view(area, **clocks)))["name"].tolist()


def test_a_saved_set_is_listed_with_its_owner_and_time(store):
    number = whatifs.save(store, " 最坏 ", {"if_cases": "50"}, "张三", kind="/beds")
    (row,) = store.read(whatifs.standing(store.view())).to_dict("records")
    assert (row["name"], row["decided_by"], row["district"]) == ("最坏", "张三", "")
    assert row["settings"] == {"if_cases": "50", "page": "/beds"}
    assert row["saved_at"] is not None
    assert entries(store)["subject"].tolist() == ["最坏"]
    assert entries(store)["detail"].iloc[0] == {"batch": number, "step": "save"}


def test_the_same_name_is_replaced_and_what_was_known_before_stays(store):
    whatifs.save(store, "甲", {"if_cases": "50"}, "a")
    before = store.latest()
    whatifs.save(store, "甲", {"if_cases": "80"}, "b")
    assert names(store) == ["甲"]
    then, now = (store.read(whatifs.standing(store.view(known_at=at))) for at in (before, store.latest()))
    assert [frame["settings"].iloc[0]["if_cases"] for frame in (then, now)] == ["50", "80"]


def test_a_removed_set_is_gone_from_the_list_and_kept_in_the_past(store):
    whatifs.save(store, "甲", {"if_cases": "50"}, "a")
    before = store.latest()
    whatifs.remove(store, "whatif::甲", "b")
    assert names(store) == []
    assert names(store, known_at=before) == ["甲"]
    with pytest.raises(WhatIfError, match="no saved set"):
        whatifs.remove(store, "whatif::甲", "b")


def test_a_district_keeps_its_own_and_may_not_remove_the_citys(store):
    whatifs.save(store, "市", {"if_cases": "50"}, "c")
    whatifs.save(store, "区", {"if_cases": "20"}, "d", area="420102")
    whatifs.save(store, "邻", {"if_cases": "20"}, "e", area="420103")
    assert names(store) == ["邻", "区", "市"]
    rows = store.read(whatifs.standing(View(store.latest(), store.latest(), "420102")))
    assert sorted(rows["name"]) == ["区", "市"]
    with pytest.raises(WhatIfError, match="belongs to the city"):
        whatifs.remove(store, "whatif::市", "d", area="420102")


@pytest.mark.parametrize(("name", "settings"), [("", {"if_cases": "1"}), ("x" * 41, {"if_cases": "1"}), ("x", {})])
def test_a_set_without_a_name_or_an_assumption_is_not_saved(store, name, settings):
    with pytest.raises(WhatIfError):
        whatifs.save(store, name, settings, "a")
    assert names(store) == []
