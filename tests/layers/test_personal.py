"""What feeds declare about persons, and what becomes of what they do not declare."""

import pytest
from sqlalchemy import select

from layers._errors import ProfileError, UndeclaredError
from layers.intake.checking import WANTED_OWN, lies_open
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.notes import wanted
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


TELLING = ["13800138000", "+86 138-0013-8000", "027-85550123", "110101900307001", "110101 19900307 0011", "110101-19900307-001X", "１３８００１３８０００", "13800138000-2", "张三13800138000"]  # fmt: skip
OWN = ["12345678", "1234567890", "202002100001", "4201020000123", "20200210000123", "12345678901234567890", "00000000123", "WH-2020-0001", "2020-02-10-0001", "W420102-20200210-0001"]  # fmt: skip


def everything(folder):
    """All that the store's files hold, as text."""
    return b"".join(path.read_bytes() for path in folder.glob("store.db*")).decode("utf-8", "replace")


@pytest.mark.parametrize("value", TELLING)
def test_an_id_that_is_a_telephone_or_identity_number_refuses_its_row_and_is_nowhere_repeated(store, tmp_path, value):
    told = city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": value}, {"case_id": "2"})
    assert [(one.row, one.column, one.found, one.wanted) for one in told.rejected] == [
        (2, "case_id", "***", WANTED_OWN)
    ]
    assert wanted(WANTED_OWN, "case_id", feed_named("cases"), "zh").startswith("记录自己的编号")
    assert store.read(select(person.c.subject))["subject"].tolist() == ["2"]
    assert value not in everything(tmp_path)
    assert value not in "\n".join(told.lines())


@pytest.mark.parametrize("value", OWN)
def test_an_id_that_is_merely_a_long_number_goes_in(store, tmp_path, value):
    assert not city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": value}).rejected
    assert store.read(select(person.c.subject))["subject"].tolist() == [value]


@pytest.mark.parametrize("feed", PERSONS, ids=lambda feed: feed.name)
def test_no_feed_of_persons_keeps_a_telephone_open(store, tmp_path, feed):
    """Every text column that lies open, with a number in it: an id that the record rests on refuses it, another column is emptied."""
    names = [column.name for column in feed.columns if lies_open(column)]
    assert names
    state, when = (c.name for c in feed.columns if c.required and c.name != feed.parts[0].key[0])
    sound = {feed.parts[0].key[0]: "7", state: next(iter(feed.column(state).codes)), when: "2020-02-03"}
    for at, name in enumerate(names):
        path = city.table(tmp_path / f"{feed.name}{at}.csv", [sound | {name: "张三13800000000", "age": str(at)}])
        told = city.deliver(store, feed.name, path, f"2020-02-10T{10 + at}:00")
        assert [(one.column, one.found) for one in told.rejected + told.warned] == [(name, "***")]
        assert len(told.rejected) == (name == feed.parts[0].key[0])
    assert not [one for one in ("张三", "13800000000") if one in everything(tmp_path)]


def test_an_identity_number_as_id_is_still_its_index_and_one_that_is_joined_too(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"case_id": "110101199003070011"})
    city.cases(store, tmp_path, "2020-02-10T19:00", {"case_id": "１１０１０１１９９００３０７００１１", "age": "5"})
    assert [len(one) for one in set(store.read(select(person.c.subject))["subject"])] == [25]
    path = city.table(
        tmp_path / "j.csv", [{k: v for k, v in city.CASE.items() if k != "case_id"} | {"phone": "13800138000"}]
    )
    told = city.deliver(store, "cases", path, profile=Profile(join={"case_id": ["phone"]}))
    assert not told.rejected
    assert "13800138000" not in everything(tmp_path)


def test_a_name_beside_a_number_is_not_repeated_where_a_code_is_wanted(store, tmp_path):
    told = city.cases(store, tmp_path, "2020-02-10T18:00", {"sex": "张三 13800138000"})
    assert [one.found for one in told.warned + told.rejected] == ["***"]
