"""Sums that stand closed and the courses of cases: whatever is read through them is what all increments and all versions say."""

import random
import re
from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import delete, func, insert, select, update

from layers._times import day_number, day_start, parse_time, to_ms
from layers.decisions import _situation_facts
from layers.decisions._bed_patients import patients_of
from layers.intake import unbatch
from layers.store import closing as closings
from layers.store import courses, soundness, totals
from layers.store.schema import FOREVER, closed, closing, course, total
from layers.store.writing import close_batch, open_batch
from tests import city
from tests.beginnings import begun

FIRST = date(2020, 1, 10)
STATUSES = ("疑似", "临床诊断", "确诊", "无症状感染者", "治愈", "死亡", "排除")
PLACES = (
    {"address": "江岸区春风里3栋"},
    {"address": "江岸区春风里5栋"},
    {"address": "不存在的地方99号", "district": "江汉区"},
)
CLOSED_AFTER = (7, 12, 17)  # deliveries, each ten days after the one before; what came 25 days before it is closed then
DELIVERIES = 20


def at(day, hour=18):
    return f"{FIRST + timedelta(days=day)}T{hour:02d}:00"


def story(store, folder):
    """Twenty deliveries in half a year: late ones, corrected dates, moved, withdrawn and taken back, three times closed off."""
    drawn = random.Random(20200410)
    homes = {}
    for number in range(DELIVERIES):
        today, rows = number * 10, {}
        for _ in range(14):
            name = drawn.randrange(60)
            homes.setdefault(name, drawn.choice(PLACES))
            if drawn.random() < 0.1:
                homes[name] = drawn.choice(PLACES)
            happened = max(0, today - int(drawn.expovariate(1 / 12)))  # many of the day, some of a closed one
            rows[name] = {
                "case_id": f"K{name}",
                "status": drawn.choice(STATUSES),
                "status_at": at(happened)[:10],
                "onset_at": at(max(0, happened - drawn.randrange(9)))[:10] if drawn.random() < 0.8 else "",
                "severity": drawn.choice(("", "轻型", "重型")),
                "reported_at": at(today)[:10],
                "withdrawn": "是" if drawn.random() < 0.06 else "",
                **homes[name],
            }
        told = city.cases(store, folder, at(today), *rows.values())
        if number == 14:
            unbatch.undo(store, told.batch, "x", apply=True, why="twice")
        if number in CLOSED_AFTER:
            close_off(store, day_number(parse_time(at(today - 25))))


def close_off(store, day):
    with store.writing() as connection:
        told = {"kind": "import", "feed": "cases", "source": "x", "file": "", "sha256": "", "settings": ""}
        opened = open_batch(connection, None, store.latest(), told)
        closings.close(opened, day)
        close_batch(opened, {"rows_read": 0, "rows_rejected": 0})


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path, story)
    yield store
    store.close()


def views(store, areas=("",)):
    """Views before, at and behind each closing, on both clocks."""
    for known in (45, 72, 121, 191):
        for as_of in (20, 46, 60, 110, 191):
            for area in areas:
                yield store.view(area=area, as_of=parse_time(at(as_of, 12)), known_at=parse_time(at(known, 20)))


def said_of(view):
    return f"{view.area} {view.as_of:%m-%d} {view.known_at:%m-%d}"


def read(store, areas, levels):
    """What every query over the totals says, by view."""
    found = {}
    for view in views(store, areas):
        for level in levels:
            queries = {measure: totals.state(view, level, measure) for measure in ("now", "first")}
            queries |= {"wide": totals.wide(view, level), "some": totals.now(view, level, ("confirmed", "suspected"))}
            if level == "compound":
                queries["nowhere"] = totals.nowhere(view, ("confirmed",))
            for name, query in queries.items():
                rows = store.read(query)
                keys = [key for key in ("area", "status", "severity") if key in rows]
                said = rows.sort_values(keys, ignore_index=True) if keys else rows
                said = said[~(said.drop(columns="area").fillna(0) == 0).all(axis=1)] if name == "wide" else said
                found[name, level, said_of(view)] = said.reset_index(drop=True)
    return found


@pytest.mark.parametrize(
    ("areas", "levels"),
    [
        (("",), totals.LEVELS),
        (("420102",), ("district", "street")),
        (("420102/一元街道", "compound:C1"), ("compound",)),
    ],
    ids=["city", "district", "smaller"],
)
def test_a_sum_over_closings_is_the_sum_over_all_increments(store, areas, levels):
    assert len(store.read(select(closing.c.id))) == len(CLOSED_AFTER)
    with_closings = read(store, areas, levels)
    with store.writing() as connection:
        connection.execute(delete(closed))
        connection.execute(delete(closing))
    assert sum(len(rows) for rows in with_closings.values()) > 100
    for key, rows in read(store, areas, levels).items():
        pd.testing.assert_frame_equal(with_closings[key], rows, check_dtype=False, obj=str(key))


def test_a_view_behind_a_closing_reads_it_and_one_before_it_does_not(store):
    first = store.read(select(closing).order_by(closing.c.id)).iloc[0]
    with store.writing() as connection:  # a lie that shows who reads it
        connection.execute(update(closed).values(n=closed.c.n + 1000))
    day = int(first["event_day"])
    known = first["known_from"].to_pydatetime()
    just = timedelta(milliseconds=1)

    def most(as_of, known_at):
        return store.read(totals.state(store.view(as_of=as_of, known_at=known_at), "city", "ever"))["n"].max()

    assert most(day_start(day), known) > 1000
    assert most(day_start(day) - just, known) < 1000
    assert most(day_start(day), known - just) < 1000
    wide = totals.wide(store.view(as_of=day_start(day + 13), known_at=known), "city")
    assert store.read(wide)["ever_confirmed"].max() < 1000  # the last 14 days are wanted one by one
    wide = totals.wide(store.view(as_of=day_start(day + 14), known_at=known), "city")
    assert store.read(wide)["ever_confirmed"].max() > 1000


def test_what_nobody_finished_closing_is_read_by_nobody(store):
    told = {"batch": 1, "known_from": FOREVER, "event_day": 0, "last_total": 1 << 40}
    before = store.read(totals.state(store.view(), "city"))
    with store.writing() as connection:
        connection.execute(insert(closing).values(told))
    pd.testing.assert_frame_equal(store.read(totals.state(store.view(), "city")), before)


SUMS = "closed: {} sums of closing {} are not those of their increments"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (update(closed).where(closed.c.id == 1).values(n=closed.c.n + 1), {1: 2}),
        (update(closed).where(closed.c.measure == "counted", closed.c.level == "city").values(n=0), {1: 2, 2: 2, 3: 2}),
        (update(closed).where(closed.c.closing == 2, closed.c.last.is_not(None)).values(last=0), {2: None}),
        (delete(closed).where(closed.c.closing == 3, closed.c.level == "city"), {3: None}),
        (update(total).where(total.c.id == 1).values(n=5), {1: None, 2: None, 3: None}),
        (update(closing).where(closing.c.id == 2).values(event_day=closing.c.event_day - 30), {2: None}),
        (update(closing).where(closing.c.id == 2).values(last_total=1), {2: None}),
    ],
    ids=["one sum", "cases", "last day", "rows", "increments", "day", "reach"],
)
def test_sums_that_are_not_those_of_their_increments_are_found_in_every_closing(store, changed, told):
    assert soundness.examine(store, lambda *_: None).wrong == ()
    with store.writing() as connection:
        connection.execute(changed)
    wrong = soundness.examine(store, lambda *_: None).wrong
    found = {int(re.search(r"closing (\d+)", one)[1]): int(re.search(r"(\d+) sums", one)[1]) for one in wrong}
    assert wrong == tuple(SUMS.format(lost, number) for number, lost in found.items())
    assert list(found) == list(told)
    assert all(found[number] == lost for number, lost in told.items() if lost)


def test_a_closing_that_would_be_read_at_another_moment_is_found(store):
    with store.writing() as connection:
        connection.execute(update(closing).where(closing.c.id == 1).values(known_from=closing.c.known_from - 1))
    assert soundness.examine(store, lambda *_: None).wrong == ("closing 1: known from another moment than its batch",)


def test_totals_are_closed_off_when_enough_was_written(store, tmp_path, monkeypatch):
    number = len(store.read(select(closing.c.id)))
    city.cases(store, tmp_path, at(200), {"case_id": "N1"})
    assert len(store.read(select(closing.c.id))) == number  # a few hundred increments are not enough
    monkeypatch.setattr(closings, "LEAST", 1)
    monkeypatch.setattr(closings, "TIMES", 0)
    city.cases(store, tmp_path, at(210), {"case_id": "N2"})
    newest = store.read(select(closing).order_by(closing.c.id.desc())).iloc[0]
    assert newest["last_total"] == store.read(select(func.max(total.c.id).label("n")))["n"].iloc[0]
    assert newest["event_day"] == day_number(parse_time(at(210))) - closings.OPEN_DAYS
    view = store.view(as_of=parse_time(at(205)))
    sums = store.read(totals.state(view, "compound", "ever"))
    with store.writing() as connection:
        connection.execute(delete(closed))
        connection.execute(delete(closing))
    by = ["area", "status"]
    pd.testing.assert_frame_equal(
        sums.sort_values(by, ignore_index=True),
        store.read(totals.state(view, "compound", "ever")).sort_values(by, ignore_index=True),
        check_dtype=False,
    )


def told_of_persons(store):
    found = {}
    for view in views(store, ("", "420103")):
        patients = patients_of(store, view)
        onsets = store.read(_situation_facts._onsets(view, day_number(view.as_of) - 40))
        for name, rows in (("patients", patients), ("onsets", onsets)):
            found[name, said_of(view)] = rows.sort_values(list(rows), ignore_index=True)
    return found


def test_courses_leave_out_nobody_who_matters(store):
    by_course = told_of_persons(store)
    assert sum(len(rows) for rows in by_course.values()) > 200
    with store.writing() as connection:  # as if everybody had changed since, and were ill: each is looked at one by one
        connection.execute(update(course).values(changed_at=FOREVER, ended_at=FOREVER))
    for key, rows in told_of_persons(store).items():
        pd.testing.assert_frame_equal(by_course[key], rows, check_dtype=False, obj=str(key))


def test_only_those_who_may_be_ill_are_looked_at(store):
    view = store.view()
    candidates = set(store.read(courses.maybe_ill(view))["subject"])
    assert len(patients_of(store, view)) == len(candidates) < len(store.read(select(course.c.subject)))


def test_a_course_ends_at_the_very_moment_at_which_its_case_was_ill_no_more(tmp_path, target):
    """A moment is a whole number in every database: what is none cannot be put back into the other one."""
    found = begun(target, tmp_path)
    rows = ({"case_id": status, "status": status, "status_at": at(9)} for status in ("确诊", "治愈", "死亡"))
    city.cases(found, tmp_path, at(10), *rows)
    with found.engine.connect() as connection:
        ended = {row.subject: row.ended_at for row in connection.execute(select(course))}
    found.close()
    moment = to_ms(parse_time(at(9)))
    assert ended == {"确诊": FOREVER, "治愈": moment, "死亡": moment}
    assert {type(one) for one in ended.values()} == {int}


def test_a_course_follows_every_change(store):
    """Told as things changed, the courses are what is told of all at once."""

    def kept():
        with store.engine.connect() as connection:
            return connection.execute(select(course).order_by(course.c.subject)).fetchall()

    before = kept()
    assert len(before) > 50
    with store.writing() as connection:
        connection.execute(delete(course))
        courses.tell(connection)
    assert kept() == before
