"""The writer of orders: versions, numbers, who may, two at once, and that nobody gets round the rules, not even in the database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from layers._times import parse_time
from layers.decisions._catalog import plan_of
from layers.intake.ordering import OrderElsewhereError, give, take
from layers.store import journal
from layers.store.order_states import OrderError, OrderMovedError
from layers.store.orders import one, rows_behind, standing, steps
from layers.store.schema import FOREVER, READ_ORDERS, batch, orders, person_status
from tests import city, databases
from tests.beginnings import begun
from tests.orders import LEAST, draft, given, walked


def two_cases(store, folder):
    city.cases(
        store,
        folder,
        "2020-02-10T18:00",
        {"case_id": "A1", "status_at": "2020-02-09"},
        {"case_id": "A2", "address": "江岸区丹水池小区1栋", "status_at": "2020-02-09"},
    )


@pytest.fixture
def store(tmp_path, target):
    store = begun(target, tmp_path, two_cases)
    yield store
    store.close()


def at(store, **clocks):
    view = store.view(**{name: parse_time(text) for name, text in clocks.items()})
    return store.read(standing(view))


def written(store):
    return len(store.read(select(orders.c.id))), len(store.read(select(batch.c.id)))


# ---- versions


def test_each_step_is_a_version_a_batch_and_a_line_of_the_journal(store):
    number = given(store)
    walked(store, number, "closed")
    told = store.read(steps(number)(store.view()))
    assert told["state"].tolist() == ["given", "acknowledged", "done", "closed"]
    assert told["acted_by"].tolist() == ["总值班", "街道值班", "街道值班", "街道值班"]
    assert told["feedback"].astype(object).where(told["feedback"].notna(), None).tolist() == [
        None,
        None,
        "已封闭，两个出入口值守",
        "已封闭，两个出入口值守",
    ]
    assert told["known_from"].is_monotonic_increasing
    assert told["batch"].is_unique
    lines = journal.entries(store)
    lines = lines[lines["action"] == "order"]
    assert [one["step"] for one in lines["detail"]] == ["close", "report", "acknowledge", "give"]
    assert set(lines["subject"]) == {number}


def test_the_state_at_any_past_moment_can_be_asked(store):
    number = given(store)
    walked(store, number, "done")
    moments = store.read(steps(number)(store.view()))["known_from"]
    seen = [store.read(standing(store.view(known_at=m.to_pydatetime())))["state"].tolist() for m in moments]
    assert seen == [["given"], ["acknowledged"], ["done"]]
    assert at(store, known_at="2020-02-10T18:00").empty


def test_an_order_keeps_what_was_known_when_it_was_given_through_every_step(store, tmp_path):
    number = given(store)
    first = store.read(one(number)(store.view()))["frozen"][0]
    city.cases(store, tmp_path, "2020-02-12T18:00", {"case_id": "A3", "status_at": "2020-02-11"})
    walked(store, number, "closed")
    row = store.read(one(number)(store.view())).iloc[0]
    assert row["frozen"] == first
    assert row["inputs_hash"] == first["proposal"]["inputs_hash"]
    clocks = {name: parse_time(first["plan"][name]) for name in ("as_of", "known_at")}
    again = plan_of("lockdown", store, store.view(**clocks))
    assert again.inputs_hash == row["inputs_hash"]  # the plan that it was given from can be made again, and is the same
    assert plan_of("lockdown", store, store.view()).inputs_hash != row["inputs_hash"]


def test_orders_are_numbered_by_decision_and_day(store):
    assert given(store) == "L-20200210-001"
    assert given(store, "C2") == "L-20200210-002"
    other = {"decision": "beds", "compound": "", "proposed": "open", "action": "open"}
    assert given(store, "C3", **other) == "B-20200210-001"


def test_several_orders_given_together_are_each_their_own_in_one_batch(store):
    done = give(store, [draft(store, code) for code in ("C1", "C2", "C3")], "总值班", LEAST)
    assert done.numbers == ("L-20200210-001", "L-20200210-002", "L-20200210-003")
    assert set(at(store)["batch"]) == {done.batch}
    take(store, done.numbers[1], "acknowledge", "街道值班", LEAST)
    assert at(store).set_index("number")["state"].to_dict() == {
        **{"L-20200210-001": "given", "L-20200210-002": "acknowledged", "L-20200210-003": "given"}
    }


# ---- nobody gets round it


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"owner": " "}, "owner is ''"),
        ({"deadline": parse_time("2020-02-10T18:00")}, "the deadline is over"),
        ({"action": "keep", "reason": "不封"}, "wanted at least 8"),
        ({"frozen": {}}, "its proposal is missing"),
    ],
)
def test_an_order_that_lacks_something_writes_nothing(store, changes, why):
    before = written(store)
    with pytest.raises(OrderError, match=why):
        given(store, **changes)
    assert written(store) == before


def test_one_bad_order_of_several_writes_none(store):
    before = written(store)
    with pytest.raises(OrderError, match="owner"):
        give(store, [draft(store), draft(store, "C2", owner="")], "总值班", LEAST)
    assert written(store) == before


def test_an_order_is_not_closed_by_the_writer_without_feedback(store):
    number = given(store)
    with pytest.raises(OrderMovedError, match="is given; close is possible when it is done"):
        take(store, number, "close", "总值班", LEAST, text="已经完成了")
    take(store, number, "acknowledge", "街道值班", LEAST)
    with pytest.raises(OrderError, match="feedback is ''"):
        take(store, number, "report", "街道值班", LEAST, text="  ")
    with pytest.raises(OrderError, match="feedback is ''"):
        take(store, number, "report", "街道值班", {}, text="\u3000")  # however little the rule wants
    assert at(store)["state"].tolist() == ["acknowledged"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ck_orders_feedback", {"state": "closed", "feedback": None}),
        ("ck_orders_feedback", {"state": "closed", "feedback": "  "}),
        ("ck_orders_feedback", {"state": "done", "feedback": ""}),
        ("ck_orders_remark", {"state": "withdrawn", "remark": None}),
        ("ck_orders_owner", {"owner": " "}),
        ("ck_orders_override", {"action": "keep", "reason": ""}),
        ("ck_orders_state", {"state": "forgotten"}),
    ],
)
def test_the_database_itself_refuses_what_must_not_be(store, name, change):
    given(store)
    with pytest.raises(IntegrityError, match=name), store.writing() as connection:
        connection.execute(update(orders).values(change))
    assert at(store)["state"].tolist() == ["given"]


def test_the_database_itself_holds_one_open_order_on_a_subject(store):
    given(store)
    row = store.read(select(orders)).iloc[0].to_dict()
    times = {name: row[name].to_pydatetime() for name in row if name.endswith("_at") or name == "known_from"}
    twin = row | times | {"id": 99, "key": "L-2", "number": "L-2", "known_until": FOREVER, "row": None}
    with (
        pytest.raises(IntegrityError, match="orders.decision, orders.subject|uq_orders_open"),
        store.writing() as connection,
    ):
        connection.execute(insert(orders), [twin])


# ---- two at once


def test_two_people_order_the_same_and_the_second_is_told_by_whom(store):
    number = given(store, actor="甲值班")
    before = written(store)
    with pytest.raises(
        OrderMovedError, match=rf"C1 was ordered already: {number}, 2020-02-10 18:00, by 甲值班, to 一元街道办事处"
    ):
        given(store, actor="乙值班")
    assert written(store) == before


def test_two_threads_at_once_give_one_order(store):
    drafts = [draft(store), draft(store)]

    def pressed(one):
        try:
            return give(store, [one], "值班", LEAST).numbers
        except OrderMovedError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(pressed, drafts))
    assert sorted(isinstance(one, tuple) for one in told) == [False, True]
    assert len(at(store)) == 1


def test_a_button_pressed_twice_gives_one_order_and_the_same_answer(store):
    first = give(store, [draft(store)], "总值班", LEAST, token="press-1")
    before = written(store)
    assert give(store, [draft(store)], "总值班", LEAST, token="press-1") == first
    assert written(store) == before


def test_of_several_those_that_are_ordered_already_are_left_out_and_told(store):
    given(store, "C2")
    done = give(store, [draft(store, code) for code in ("C1", "C2", "C3")], "总值班", LEAST)
    assert len(done.numbers) == 2
    assert done.taken[0][1].startswith("C2 was ordered already: L-20200210-001")
    assert sorted(at(store)["subject"]) == ["C1", "C2", "C3"]


def test_who_looks_at_an_older_state_is_told_instead_of_overruling(store):
    number = given(store)
    seen = int(at(store)["batch"][0])
    take(store, number, "acknowledge", "街道值班", LEAST, seen=seen)
    with pytest.raises(OrderMovedError, match=f"{number} is acknowledged since .* \\(街道值班\\); look at it again"):
        take(store, number, "withdraw", "总值班", LEAST, text="不再需要了", seen=seen)


def test_after_an_order_ended_the_subject_may_be_ordered_again_and_the_old_one_stays_shut(store):
    first = given(store)
    walked(store, first, "closed")
    second = given(store)
    with pytest.raises(OrderMovedError, match=f"C1 has a newer order, {second}; {first} stays closed"):
        take(store, first, "reopen", "总值班", LEAST, text="西门仍然开着")
    take(store, second, "withdraw", "总值班", LEAST, text="重复下达，撤回")
    take(store, first, "reopen", "总值班", LEAST, text="西门仍然开着")
    assert at(store).set_index("number")["state"].to_dict() == {first: "reopened", second: "withdrawn"}


# ---- who may


def test_a_district_gives_orders_in_its_own_area_alone(store):
    give(store, [draft(store)], "江岸值班", LEAST, area="420102")
    with pytest.raises(OrderElsewhereError, match="C4 does not lie in 420102"):
        give(store, [draft(store, "C4")], "江岸值班", LEAST, area="420102")


def test_the_owner_reports_and_the_giver_closes(store):
    number = give(store, [draft(store)], "江岸值班", LEAST, area="420102").numbers[0]
    street, other = "420102/一元街道", "420103"
    with pytest.raises(OrderElsewhereError, match="its owner answers for it"):
        take(store, number, "acknowledge", "江汉值班", LEAST, area=other)
    take(store, number, "acknowledge", "街道值班", LEAST, area=street)
    take(store, number, "report", "街道值班", LEAST, text="已经封闭完成", area=street)
    with pytest.raises(OrderElsewhereError, match="its giver answers for it"):
        take(store, number, "close", "街道值班", LEAST, area=street)
    take(store, number, "close", "江岸值班", LEAST, area="420102")
    assert at(store)["state"].tolist() == ["closed"]


def test_an_order_that_nobody_gave_cannot_be_acted_on(store):
    with pytest.raises(OrderError, match="there is no order 'L-1'"):
        take(store, "L-1", "close", "总值班", LEAST)


# ---- what plans read, and where a proposal came from


@pytest.mark.parametrize(
    ("changes", "kind", "settles"),
    [({}, "order", True), ({"action": "keep", "reason": "该楼栋上午已经单独封控"}, "override", False)],
)
def test_only_an_override_makes_the_lockdown_plan_compute_again(store, changes, kind, settles):
    before = store.view()
    given(store, **changes)
    kinds = store.read(select(batch.c.kind).order_by(batch.c.id.desc()).limit(1))
    assert kinds["kind"].tolist() == [kind]
    now = store.view()
    assert now != before
    assert store.settled(now) == before  # what reads no orders at all
    assert (store.settled(now, ("order", "whatif")) == before) is settles


def test_a_batch_of_orders_says_which_plans_read_it(store):
    staff = {"decision": "staff", "subject": "T1", "proposed": "assign", "action": "assign"}
    other = {"action": "keep", "reason": "该楼栋上午已经单独封控"}
    one_team = replace(draft(store, "C2"), **staff)
    give(store, [one_team], "总值班", LEAST)
    give(store, [draft(store, **other), replace(one_team, subject="T2")], "总值班", LEAST)
    kinds = store.read(select(batch.c.kind).where(batch.c.feed == "orders").order_by(batch.c.id))["kind"].tolist()
    assert kinds == ["posting", "mixed"]
    assert {plan: [kind in read for kind in kinds] for plan, read in READ_ORDERS.items()} == {
        "lockdown": [False, True],
        "staff": [True, True],
        "joint": [True, True],
    }


def test_a_settled_view_moves_no_clock_that_somebody_set(store, tmp_path, target):
    given(store)
    fixed = store.view(as_of=parse_time("2020-02-09"), known_at=parse_time("2020-02-25"))
    assert store.settled(fixed).as_of == fixed.as_of
    past = store.view(known_at=parse_time("2020-02-10T18:00"))
    assert store.settled(past) == past
    again = databases.opened(target, tmp_path)
    assert again.settled(past) == past
    again.close()


def test_the_rows_behind_a_proposal_lead_to_the_lines_of_the_delivered_file(store):
    number = given(store)
    kept = store.read(one(number)(store.view()))["frozen"][0]
    clocks = {name: parse_time(kept["plan"][name]) for name in ("as_of", "known_at")}
    found = store.read(rows_behind("lockdown", "C1")(store.view(**clocks)))
    assert found[["feed", "file", "rows", "first", "last"]].values.tolist() == [
        ["cases", "cases_2020-02-10T1800.csv", 1, 2, 2]
    ]
    line = store.read(select(person_status.c.batch, person_status.c.row).where(person_status.c.subject == "A1"))
    assert line.values.tolist() == [[found["batch"][0], 2]]
