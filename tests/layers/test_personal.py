"""What feeds declare about persons, and what becomes of what they do not declare."""

import pytest
from sqlalchemy import select

from layers._errors import ProfileError, UndeclaredError
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.profile import Profile, load
from layers.intake.suggest_values import Look, looks_personal
from layers.store import open_store
from layers.store.schema import FACTS, batch, person, rejection
from layers.store.sealing import sealed_columns
from tests import city

PERSONS = [feed for feed in all_feeds().values() if feed.placed]
ABOUT_THE_RECORD = {"reported_at", "withdrawn"}  # of a feed of persons: when it was written, and that it is taken back


@pytest.fixture
def store(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    yield store
    store.close()


def declared():
    return [(feed, column) for feed in all_feeds().values() for column in feed.columns if column.personal]


@pytest.mark.parametrize("feed", PERSONS, ids=lambda feed: feed.name)
def test_every_column_about_a_person_is_declared(feed):
    assert {column.name for column in feed.columns if not column.personal} == ABOUT_THE_RECORD
    assert feed.retention is not None


@pytest.mark.parametrize(("feed", "column"), declared(), ids=lambda one: one.name)
def test_a_declaration_says_what_for_on_what_ground_by_whom_and_how_long(feed, column):
    told = column.personal
    assert all((*told.purpose, *told.basis, *feed.steward_of(column)))
    assert feed.retention_of(column) is not None


@pytest.mark.parametrize("feed", PERSONS, ids=lambda feed: feed.name)
def test_what_is_declared_is_what_the_store_does(feed):
    stored = {ours: (part.table, theirs) for part in feed.parts for theirs, ours in part.columns.items()}
    stored |= {part.event: (part.table, "happened_at") for part in feed.parts if part.event}
    for column in feed.columns:
        told, at = column.personal, stored.get(column.name)
        sealed = bool(at and at[1] in sealed_columns(FACTS[at[0]]))
        assert sealed == (told is not None and told.kept == "sealed"), column.name
        assert (told is not None and told.kept == "dropped") == (at is None and column.name not in ABOUT_THE_RECORD)
        assert (told is not None and told.kept == "indexed") == (at == ("person", "person"))


@pytest.mark.parametrize("feed", [f for f in all_feeds().values() if not f.placed], ids=lambda feed: feed.name)
def test_no_other_feed_asks_for_what_tells_who_somebody_is(feed):
    empty = Look.at(())
    assert not [c.name for c in feed.columns if looks_personal(c.name, empty) or looks_personal(c.zh, empty)]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("联系人手机", "13800138000", "telephone numbers"),
        ("kin", "110101199003070011", "identity numbers"),
        ("患者姓名", "甲", "names"),
    ],
)
def test_a_file_with_undeclared_personal_data_is_refused_whole(store, tmp_path, name, value, told):
    before = len(store.read(select(batch.c.id)))
    with pytest.raises(UndeclaredError, match=f"cases_.*csv: column '{name}' looks personal \\({told}\\)") as refused:
        city.cases(store, tmp_path, "2020-02-10T18:00", {name: value})
    assert "未写入任何内容" in refused.value.said("zh")
    assert value not in str(refused.value)
    assert store.read(select(person.c.id)).empty
    assert len(store.read(select(batch.c.id))) == before


def test_what_begins_late_in_a_column_is_seen_too(store, tmp_path):
    rows = [{"case_id": str(n), "备用": "13800138000" if n > 2_500 else ""} for n in range(2_600)]
    with pytest.raises(UndeclaredError, match="备用"):
        city.cases(store, tmp_path, "2020-02-10T18:00", *rows)


def test_a_column_that_is_left_behind_on_purpose_lets_the_rest_in(store, tmp_path):
    told = city.cases(
        store,
        tmp_path,
        "2020-02-10T18:00",
        {"联系人手机": "13800138000"},
        profile=Profile(drop={"联系人手机": "not needed"}),
    )
    assert told.count("new") == 2
    assert told.ignored_columns == ["联系人手机"]


def test_a_profile_says_what_is_left_behind_and_why(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('[drop]\n"联系人手机" = "not needed for matching"\n', "utf-8")
    profile = load(path, feed_named("cases"))
    assert profile.drop == {"联系人手机": "not needed for matching"}
    assert profile.digest == Profile().digest  # the same file is the same delivery
    path.write_text('[drop]\n"联系人手机" = 1\n', "utf-8")
    with pytest.raises(ProfileError, match="drop"):
        load(path, feed_named("cases"))


def test_a_column_without_anything_personal_is_still_only_noted(store, tmp_path):
    assert city.cases(store, tmp_path, "2020-02-10T18:00", {"批次": "A"}).ignored_columns == ["批次"]


def test_an_id_that_is_joined_of_an_address_does_not_say_it(store, tmp_path):
    path = city.table(tmp_path / "joined.csv", [{k: v for k, v in city.CASE.items() if k != "case_id"}])
    city.deliver(
        store, "cases", path, "2020-02-10T18:00", profile=Profile(join={"case_id": ["status_at", "address", "#"]})
    )
    subject = store.read(select(person.c.subject))["subject"][0]
    assert subject.startswith("P")
    assert len(subject) == 25
    assert b"\xe6\x98\xa5\xe9\xa3\x8e\xe9\x87\x8c3" not in (tmp_path / "store.db-wal").read_bytes()


def test_a_position_that_is_refused_is_not_repeated(store, tmp_path):
    told = city.cases(store, tmp_path, "2020-02-10T18:00", {"lon": "30.505", "lat": "114.205"}, datum="wgs84")
    notes = [note for note in told.warned if note.column == "lon,lat"]
    assert [note.found for note in notes] == ["***"]
    assert not store.read(select(rejection.c.found)).astype(str).apply(lambda c: c.str.contains("30.505")).any().any()


def test_a_number_that_slipped_into_another_column_is_not_repeated(store, tmp_path):
    number, phone = "110101199003070011", "138 0013 8000"
    told = city.cases(store, tmp_path, "2020-02-10T18:00", {"sex": number, "age": phone, "case_id": "2"}, {})
    assert [(one.column, one.found) for one in told.rejected + told.warned] == [("sex", "***"), ("age", "***")]
    rows = store.read(select(rejection.c.found))["found"].tolist()
    assert not {number, phone} & set(rows)
