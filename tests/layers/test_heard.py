"""A delivery that only said again what was known: taken back, it takes its own word with it and nobody else's."""

import pytest

from layers._times import parse_time
from layers.intake.unbatch import undo
from layers.store import migrations
from layers.store.schema import metadata
from tests import city, databases
from tests.beginnings import begun


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path)
    yield store
    store.close()


def say(store, folder, day, reported, age):
    """Hand in on the evening of a day of February what a source wrote down on another; return the batch."""
    row = {"case_id": "1", "age": str(age), "reported_at": f"2020-02-{reported}"}
    return city.cases(store, folder, f"2020-02-{day}T18:00", row).batch


def age(store, **clocks):
    return int(city.believed(store, "person")["age"].iloc[0])


def back(store, number):
    return undo(store, number, "x", apply=True)


def test_a_report_dated_before_a_confirmation_that_was_taken_back_is_not_too_late(store, tmp_path):
    say(store, tmp_path, 10, "09", 50)
    again = say(store, tmp_path, 13, "13", 50)
    say(store, tmp_path, 14, "11", 60)
    assert age(store) == 50  # written between the two: too late
    back(store, again)
    say(store, tmp_path, 16, "12", 70)
    assert age(store) == 70


def test_the_word_of_another_delivery_stands(store, tmp_path):
    say(store, tmp_path, 10, "09", 50)
    first = say(store, tmp_path, 13, "13", 50)
    say(store, tmp_path, 14, "11", 50)  # older than the first, and says the same
    back(store, first)
    say(store, tmp_path, 15, "10", 60)
    assert age(store) == 50
    say(store, tmp_path, 16, "12", 70)
    assert age(store) == 70


def test_an_undo_that_is_undone_says_it_again(store, tmp_path):
    say(store, tmp_path, 10, "09", 50)
    again = say(store, tmp_path, 13, "13", 50)
    back(store, back(store, again).batch)
    say(store, tmp_path, 16, "12", 70)
    assert age(store) == 50


def test_what_was_replaced_meanwhile_is_believed_again_without_that_word(store, tmp_path):
    say(store, tmp_path, 10, "09", 50)
    again = say(store, tmp_path, 13, "13", 50)
    other = say(store, tmp_path, 14, "14", 60)
    back(store, again)
    back(store, other)
    assert age(store) == 50
    say(store, tmp_path, 16, "12", 70)
    assert age(store) == 70


def test_a_delivery_can_be_taken_back_once_whoever_confirmed_it_was(store, tmp_path):
    first = say(store, tmp_path, 10, "09", 50)
    again = say(store, tmp_path, 13, "13", 50)
    assert set(undo(store, first, "x").kept["why"]) == {"confirmed"}
    back(store, again)
    assert len(back(store, first).kept) == 0
    assert city.believed(store, "person").empty


def test_what_was_known_before_the_undo_stays_as_it_was(store, tmp_path):
    def told(known_at):
        view = store.view(known_at=parse_time(known_at))
        rows = store.read(cases(view))
        return rows.map(repr).to_dict("records")

    from layers.store.people import listed

    def cases(view):
        return listed(view, "case", 10)

    say(store, tmp_path, 10, "09", 50)
    again = say(store, tmp_path, 13, "13", 50)
    before = [told(at) for at in ("2020-02-11", "2020-02-13T20:00")]
    back(store, again)
    assert [told(at) for at in ("2020-02-11", "2020-02-13T20:00")] == before


def test_a_store_of_an_older_schema_keeps_what_it_had_heard(store, tmp_path, target):
    say(store, tmp_path, 10, "09", 50)
    say(store, tmp_path, 12, "11", 50)
    with store.writing() as connection:
        migrations.take_down(connection, "6")
    store.close()
    store = databases.opened(target, tmp_path, "drill")
    again = say(store, tmp_path, 15, "15", 50)
    back(store, again)
    say(store, tmp_path, 16, "10", 60)
    assert age(store) == 50  # heard on the 11th, nobody knows from whom
    say(store, tmp_path, 17, "12", 70)
    assert age(store) == 70
    assert "confirmation" in metadata.tables
    store.close()
