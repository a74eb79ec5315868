"""Daily editions: who sets and stops them, what is printed when, and what is told of what went wrong."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from dashboard import calls
from dashboard.briefing import press
from dashboard.briefing.press import Press
from dashboard.jobs import FINISHED
from dashboard.pages import Asked, _schedule
from dashboard.roles import AccessError
from layers.store import schedules
from layers.store.schedules import ScheduleError
from tests.office import CITY, DISTRICT, Office, said

GIVEN = {"parts": ["lockdown"], "districts": [], "lang": "zh", "form": "png", "size": "a4", "secrecy": "internal"}
NOW = datetime(2030, 5, 4, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai


@pytest.fixture
def place(built, tmp_path):
    """An office with a folder of editions of its own."""
    there = Office.copy(tmp_path, built)
    object.__setattr__(there.app.server.extensions["desk"].settings, "editions", tmp_path / "editions")
    return there


def asked(place, who=CITY):
    return Asked.at(place.app.server.extensions["desk"], who, "/briefing", "?lang=en")


def made(place, at="07:30", **more):
    told = _schedule.acted(asked(place), "make", 0, at, GIVEN | more)
    return told["undo"]["id"]


def ended(place, jobs):
    desk = asked(place).desk
    for _ in range(1200):
        jobs = [desk.jobs.now(job) for job in jobs]
        if all(job.state in FINISHED for job in jobs):
            return [job.state for job in jobs]
        time.sleep(0.05)
    raise AssertionError([job.told() for job in jobs])


def since(place, number, moment):
    """As if the schedule had been made at a moment."""
    with place.store.writing() as connection:
        connection.execute(schedules.schedule.update().where(schedules.schedule.c.id == number).values(made_at=moment))


def test_an_edition_is_printed_once_a_day_signed_and_listed(place):
    since(place, made(place), NOW - timedelta(days=3))
    machine = Press(asked(place).desk)
    assert machine.look(NOW - timedelta(minutes=31)) == []  # yesterday's is too late to be printed
    jobs = machine.look(NOW)
    assert ended(place, jobs) == ["done"]
    assert machine.look(NOW + timedelta(hours=5)) == []
    newest, missed = schedules.newest(place.store)
    assert (newest["state"], missed["state"]) == ("done", "missed")
    path = press.file_of(asked(place).desk, newest)
    assert path.stat().st_size == newest["bytes"]
    assert press.sidecar_of(path).exists()
    shown = said(place.page(CITY, "/briefing", "?lang=en"))
    assert newest["code"] in shown
    assert "signature valid" in shown
    assert "no server was running then" in shown
    with place.browser(CITY).get(f"/briefing/edition/{newest['id']}") as answer:
        assert answer.data == path.read_bytes()
    assert place.browser(DISTRICT).get(f"/briefing/edition/{newest['id']}").status_code == 403
    path.write_bytes(path.read_bytes() + b"more")
    assert press.verdict_of(asked(place).desk, newest) in ("altered", "unknown")
    path.unlink()
    assert press.verdict_of(asked(place).desk, newest) == "gone"


def test_what_fails_is_told_and_tried_again(place):
    number = made(place)
    since(place, number, NOW - timedelta(days=3))
    folder = asked(place).desk.settings.editions
    folder.write_text("in the way")
    machine, at = Press(asked(place).desk), NOW
    for _ in range(schedules.TRIES):
        assert ended(place, machine.look(at)) == ["failed"]
        with place.store.writing() as connection:  # tries follow the clock on the wall
            change = schedules.edition.update().values(ended_at=at)
            connection.execute(change)
        assert machine.look(at + timedelta(minutes=1)) == []
        at += schedules.AGAIN
    assert machine.look(at) == []
    row = schedules.newest(place.store)[0]
    assert row["state"] == "failed"
    assert "folder of editions" in row["why_en"]
    assert "简报目录" in row["why_zh"]
    assert "3 of 3 tries" in said(place.page(CITY, "/briefing", "?lang=en"))


def test_a_print_that_its_server_left_is_taken_over_and_two_servers_print_once(place):
    number = made(place)
    first = schedules.claim(place.store, number, NOW, NOW)
    assert first is not None
    assert schedules.claim(place.store, number, NOW, NOW + timedelta(minutes=1)) is None
    assert schedules.claim(place.store, number, NOW, NOW + schedules.STUCK) == first


def test_a_schedule_is_stopped_and_the_stop_taken_back(place):
    number = made(place)
    told = _schedule.acted(asked(place), "stop", number, "", GIVEN)
    assert schedules.in_force(place.store) == []
    _schedule.undone(asked(place), told["undo"])
    assert [one.id for one in schedules.in_force(place.store)] == [number]
    assert calls.VALUES["undo.data"](told["undo"])
    with pytest.raises(ScheduleError, match="not stopped"):
        schedules.resume(place.store, number, "x")


@pytest.mark.parametrize(
    ("at", "more", "why"),
    [("25:00", {}, "wanted HH:MM"), ("soon", {}, "wanted HH:MM"), ("07:30", {"parts": []}, "at least one"), ("07:30", {}, "already")],
)  # fmt: skip
def test_what_makes_no_schedule_is_told(place, at, more, why):
    made(place)
    with pytest.raises(ScheduleError, match=why):
        made(place, at, **more)
    assert len(schedules.in_force(place.store)) == 1


def test_the_city_alone_schedules(place):
    with pytest.raises(AccessError):
        _schedule.acted(asked(place, DISTRICT), "make", 0, "07:30", GIVEN)
    assert "schedule-at" not in said(place.page(DISTRICT, "/briefing"))


def test_whole_width_colons_are_read(place):
    made(place, "7：05")
    assert [one.at for one in schedules.in_force(place.store)] == ["07:05"]
