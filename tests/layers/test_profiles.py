"""How a source's files are read is kept: the next one is matched by itself, can be changed and deleted, and reads the same."""

from datetime import UTC, datetime

import pytest

from layers._errors import ProfileError
from layers.intake.feeds import feed_named
from layers.intake.profile import Profile
from layers.intake.profiles import Reading, fitting, kept
from layers.store import open_store, profiles
from tests import city

NOW = datetime(2020, 2, 10, tzinfo=UTC)
READING = Reading(
    {"医院名": "hospital", "开放": "open"}, {"kind": {"大床": "ordinary"}}, {"kind": "all"}, {}, "gcj02", ""
)


@pytest.fixture
def store(tmp_path):
    return city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)


def keep(store, source="医政处", reading=READING, feed="beds"):
    return profiles.keep(store, feed, source, reading.columns, reading.settings(), "王", NOW)


def all_kept(store):
    return kept(store.read(profiles.all_profiles()))


def test_a_profile_comes_back_as_it_was_kept(store):
    number = keep(store)
    (one,) = all_kept(store)
    assert (one.number, one.feed, one.source, one.mapping, one.made_by) == (number, "beds", "医政处", READING, "王")


def test_a_source_has_one_profile_a_feed(store):
    assert keep(store) == keep(store, reading=Reading({"院": "hospital"}))
    assert keep(store, "别处") != keep(store)
    assert len(all_kept(store)) == 2


def test_the_profile_that_takes_most_of_a_file_fits_it(store):
    keep(store, "少", Reading({"医院名": "hospital"}))
    keep(store, "多")
    assert fitting(all_kept(store), ["医院名", "开放", "备注"]).source == "多"
    assert fitting(all_kept(store), ["医院名", "备注"]).source == "少"
    assert fitting(all_kept(store), ["别的"]) is None


def test_a_profile_is_changed_and_deleted(store):
    number = keep(store)
    profiles.change(store, number, "新名", {"院": "hospital"}, READING.settings(), "李", NOW)
    assert (all_kept(store)[0].source, dict(all_kept(store)[0].mapping.columns)) == ("新名", {"院": "hospital"})
    other = keep(store)
    with pytest.raises(ProfileError, match="has a profile"):
        profiles.change(store, other, "新名", {}, {}, "李", NOW)
    profiles.drop(store, number, "李")
    with pytest.raises(ProfileError, match="deleted"):
        profiles.drop(store, number, "李")


def test_a_profile_reads_what_it_says_and_nothing_by_the_way(store, tmp_path):
    rows = [{"病例号": "7", "状态": "确诊", "日期": "2020-02-03", "age": "300"}]
    reading = Reading(
        {"病例号": "case_id", "状态": "status", "日期": "status_at"}
    )  # `age` is not used, whatever its name
    profile = reading.profile(feed_named("cases"), "某处", ["病例号", "状态", "日期", "age"])
    found = city.deliver(store, "cases", city.table(tmp_path / "c.csv", rows), "2020-02-10", profile=profile)
    assert (found.count("new"), found.warned, found.ignored_columns) == (2, [], ["age"])
    assert city.believed(store, "person")["age"].isna().all()


def test_two_columns_for_one_are_refused():
    with pytest.raises(ProfileError, match="open"):
        Reading({"a": "open", "b": "open"}).profile(feed_named("beds"), "x")
    with pytest.raises(ProfileError, match="nonsense"):
        Reading({"a": "nonsense"}).profile(feed_named("beds"), "x")


def test_what_is_not_used_does_not_change_the_digest_of_other_profiles():
    assert Profile().digest == Profile(unused=()).digest != Profile(unused=("age",)).digest
