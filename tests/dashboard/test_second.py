"""Many rows leave only when a second person releases them: who may, what is kept, and that splitting or haste is no way round."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import update

from dashboard.__main__ import main
from dashboard.roles import Person
from layers.store import accounts, factors, halfway, journal, open_store, takings
from layers.store.schema import taking
from layers.store.takings import ALONE, Request, SecondError, TakingError
from tests import city
from tests.codes import code_now
from tests.office import ADMIN, AUDITOR, CITY, COMMUNITY, DISTRICT, OTHER, PUBLIC, SECRET, STREET, Office, said

REASON = {"reason": "流调组核对密接"}
CHIEF = Person("副总值班", "city")
DEPUTY = Person("江岸副值班", "district", "420102")
PASSWORD = "correct horse 9 battery"


@pytest.fixture
def own(built, tmp_path):
    """An office where nobody takes out more than four rows a day alone."""
    place = Office.copy(tmp_path, built, second_rows=4)
    yield place
    place.store.close()


def asked(own, who, path="/rows/cases.csv"):
    """The code of a request for too many rows."""
    answer = own.browser(who).post(path, data=REASON)
    assert answer.status_code == 202, answer.get_data()
    return answer.get_json()["code"]


def decide(own, who, code, do="release", remark="同意，用于流调"):
    field = {"id": {"index": code, "type": "taking-remark"}, "property": "value", "value": remark}
    values = {"press-taking.data": {"id": {"type": "taking-do", "do": do, "index": code}, "n": 1}}
    client = own.browser(who)
    client.get("/healthz")
    output = next(one for one in own.app.callback_map if one.startswith("..taking-said"))
    return own.call(client, output, values | {"taking-remark.value": [field], "url.search": ""})


def took(own, who, code):
    return own.browser(who).post(f"/rows/released/{code}")


def deeds(own):
    rows = journal.entries(own.store).iloc[::-1]
    return [(r["actor"], r["action"]) for r in rows.to_dict("records") if r["action"].startswith("export")]


# ---- the way through


def test_many_rows_wait_are_released_by_another_and_taken_once(own):
    code = asked(own, CITY)
    assert took(own, CITY, code).status_code == 400
    assert "已批准" not in said(own.page(CITY, "/exports"))
    assert "已批准，申请人可以下载" in said(decide(own, CHIEF, code))
    assert "已批准" in said(own.page(CITY, "/exports"))
    answer = took(own, CITY, code)
    lines = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert ["#fangyi", "批准人", "副总值班"] in lines
    assert sum(line[0] in "12345" for line in lines if line[0]) == 5
    assert took(own, CITY, code).status_code == 400
    assert "已下载" in said(own.page(CITY, "/exports"))
    assert deeds(own) == [("总值班", "export-asked"), ("副总值班", "export-released"), ("总值班", "export"), ("总值班", "exported")]  # fmt: skip
    last = journal.entries(own.store).iloc[1]["detail"]
    assert (last["second"], last["code"]) == ("副总值班", code)


def test_what_is_released_is_what_was_asked_for(own, tmp_path):
    code = asked(own, CITY)
    city.cases(own.store, tmp_path, "2020-02-12T18:00", {"case_id": "9"})
    decide(own, CHIEF, code)
    assert "\n9," not in took(own, CITY, code).get_data().decode()


def test_a_file_that_broke_off_is_taken_again(own):
    code = asked(own, CITY)
    decide(own, CHIEF, code)
    answer = own.browser(CITY).post(f"/rows/released/{code}", buffered=False)
    next(iter(answer.response))
    answer.close()
    assert took(own, CITY, code).status_code == 200


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_on_its_way_is_not_taken_a_second_time(own, form):
    code = asked(own, CITY, f"/rows/cases.{form}")
    decide(own, CHIEF, code)
    first = own.browser(CITY).post(f"/rows/released/{code}", buffered=False)
    next(iter(first.response))
    assert took(own, CITY, code).status_code == 400
    first.close()


def test_of_two_browsers_at_once_one_takes_it(own):
    code = asked(own, CITY)
    decide(own, CHIEF, code)
    clients, ready = [own.browser(CITY), own.browser(CITY)], Barrier(2)

    def take(client):
        ready.wait()
        answer = client.post(f"/rows/released/{code}")
        assert answer.get_data()  # a file that nobody reads breaks off
        return answer.status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, clients)) == [200, 400]
    assert [action for _, action in deeds(own)].count("exported") == 1


def test_a_refusal_is_told_with_its_remark(own):
    code = asked(own, CITY)
    decide(own, CHIEF, code, "refuse", "请缩小到一个区")
    assert "请缩小到一个区" in said(own.page(CITY, "/exports"))
    assert took(own, CITY, code).status_code == 400
    assert "已驳回" in said(decide(own, CHIEF, code))


def test_whoever_may_release_is_told_without_searching(own):
    assert "等待您批准" not in said(own.page(CHIEF, "/quality"))
    asked(own, CITY)
    assert "1项导出申请等待您批准" in said(own.page(CHIEF, "/quality"))
    told = said(own.page(CHIEF, "/exports"))
    assert all(word in told for word in ("总值班", "流调组核对密接", "病例", "全市"))
    for who in (CITY, DISTRICT):
        assert "等待您批准" not in said(own.page(who, "/quality"))


def test_whoever_asked_is_told_when_it_can_be_taken(own):
    code = asked(own, CITY)
    assert "项导出已获批准" not in said(own.page(CITY, "/quality"))
    decide(own, CHIEF, code)
    assert "1项导出已获批准" in said(own.page(CITY, "/quality"))
    assert took(own, CITY, code).get_data()
    assert "项导出已获批准" not in said(own.page(CITY, "/quality"))


def test_the_screens_hear_of_a_request_at_once(own):
    watch = own.app.server.extensions["watch"]
    before = watch.beat(0).alerts
    code = asked(own, CITY)
    between = watch.beat(0).alerts
    decide(own, CHIEF, code)
    assert len({before, between, watch.beat(0).alerts}) == 3


# ---- who may not


def test_nobody_releases_their_own(own):
    code = asked(own, CITY)
    assert "须由他人批准" in said(decide(own, CITY, code))
    assert took(own, CITY, code).status_code == 400


@pytest.mark.parametrize("who", [DISTRICT, OTHER, STREET, COMMUNITY], ids=lambda one: one.name)
def test_who_answers_for_less_does_not_release_it(own, who):
    code = asked(own, CITY)
    assert "不能批准该区域的导出" in said(decide(own, who, code))
    assert took(own, CITY, code).status_code == 400


@pytest.mark.parametrize("who", [PUBLIC, AUDITOR, ADMIN, None], ids=lambda one: one.role if one else "nobody")
def test_who_sees_no_rows_releases_none(own, who):
    code = asked(own, CITY)
    if who:
        assert decide(own, who, code).status_code == 403
    assert (own.browser(who) if who else own.anybody()).post(f"/rows/released/{code}").status_code in (401, 403)


def test_a_district_is_released_by_itself_and_by_the_city_but_not_by_another(built, tmp_path):
    place = Office.copy(tmp_path, built, second_rows=1)
    codes = [asked(place, DISTRICT) for _ in range(3)]
    assert "不能批准" in said(decide(place, OTHER, codes[0]))
    assert "已批准" in said(decide(place, DEPUTY, codes[1]))
    assert "已批准" in said(decide(place, CHIEF, codes[2]))
    assert [took(place, DISTRICT, code).status_code for code in codes] == [400, 200, 200]


def test_somebody_elses_release_is_not_taken(own):
    code = asked(own, CITY)
    decide(own, CHIEF, code)
    assert took(own, CHIEF, code).status_code == 400
    assert took(own, CITY, "FX-NONE").status_code == 400


def test_a_decision_needs_a_remark_and_is_made_once(own):
    code = asked(own, CITY)
    assert "意见有0个字" in said(decide(own, CHIEF, code, remark=" "))
    decide(own, CHIEF, code)
    assert "已批准" in said(decide(own, Person("第三人", "city"), code, "refuse", "太晚的驳回"))
    assert took(own, CITY, code).status_code == 200


@pytest.mark.parametrize("released", [True, False])
def test_a_request_is_over_after_a_day_whether_released_or_not(own, released):
    code = asked(own, CITY)
    if released:
        decide(own, CHIEF, code)
    over(own.store)
    assert took(own, CITY, code).status_code == 400
    assert "已过期" in said(decide(own, CHIEF, code))
    assert "已过期" in said(own.page(CITY, "/exports"))


def over(store):
    """Let every request have waited a day."""
    with store.writing() as connection:
        connection.execute(update(taking).values(until=taking.c.until - 24 * 3600 * 1000 - 1))


def lapses(store):
    rows = journal.entries(store)
    return rows[rows["action"] == "export-over"]["subject"].tolist()


@pytest.mark.parametrize("notices", ["watch", "asker", "decider"])
def test_a_request_that_is_over_stands_in_the_journal_once_whoever_notices(own, notices):
    code = asked(own, CITY)
    own.app.server.extensions["watch"].run(Once())
    assert lapses(own.store) == []
    over(own.store)
    look = {
        "watch": lambda: own.app.server.extensions["watch"].run(Once()),
        "asker": lambda: took(own, CITY, code),
        "decider": lambda: decide(own, CHIEF, code),
    }
    look[notices]()
    assert lapses(own.store) == [code]
    for again in look.values():
        again()
    assert lapses(own.store) == [code]
    assert journal.verify(own.store).whole


class Once:
    """Tells a loop to end after its first round."""

    def __init__(self):
        self.asked = 0

    def is_set(self):
        self.asked += 1
        return self.asked > 1

    def wait(self, _seconds):
        return True


def test_what_was_refused_or_taken_does_not_lapse_and_what_broke_off_does(own):
    codes = [asked(own, CITY) for _ in range(3)]
    decide(own, CHIEF, codes[0], "refuse")
    for code in codes[1:]:
        decide(own, CHIEF, code)
    assert took(own, CITY, codes[1]).get_data()
    broken = own.browser(CITY).post(f"/rows/released/{codes[2]}", buffered=False)
    next(iter(broken.response))
    over(own.store)
    assert takings.lapse(own.store) == []
    broken.close()
    assert takings.lapse(own.store) == [codes[2]]


# ---- no way round


def test_small_pieces_come_together_over_a_day(own):
    assert own.browser(CITY).post("/rows/cases.csv?area=420102", data=REASON).status_code == 200  # 2 rows
    assert own.browser(CITY).post("/rows/cases.csv?area=420102", data=REASON).status_code == 200  # 4 rows
    asked(own, CITY, "/rows/cases.csv?area=420102")
    assert own.browser(DISTRICT).post("/rows/cases.csv", data=REASON).status_code == 200


def test_what_was_released_counts_for_nobody_alone(own):
    code = asked(own, CITY)
    decide(own, CHIEF, code)
    assert took(own, CITY, code).status_code == 200
    assert own.browser(CITY).post("/rows/cases.csv?area=420102", data=REASON).status_code == 200


def test_a_workbook_waits_too(own):
    assert asked(own, CITY, "/rows/cases.xlsx").startswith("FX-")


def test_nobody_asks_for_more_than_others_can_look_through(own, monkeypatch):
    monkeypatch.setattr(takings, "MOST_WAITING", 2)
    codes = [asked(own, CITY), asked(own, CITY)]
    assert own.browser(CITY).post("/rows/cases.csv", data=REASON).status_code == 400
    decide(own, CHIEF, codes[0], "refuse")
    asked(own, CITY)


def test_what_is_wrong_with_a_request_is_said_before_it_waits(own):
    assert own.browser(CITY).post("/rows/cases.csv", data={"reason": "x"}).status_code == 400
    assert own.browser(DISTRICT).post("/rows/cases.csv?area=420103", data=REASON).status_code == 403
    assert deeds(own) == []


@pytest.fixture
def store(empty, tmp_path):
    made = open_store(empty, "production", keys=tmp_path / "keys")
    yield made
    made.close()


def test_eight_at_once_take_no_more_than_one_may(store):
    def take(_):
        try:
            takings.begin(store, "甲", "rows/cases.csv", {}, 300, 1000)
        except SecondError:
            return 0
        return 300

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 900


def test_two_deciders_at_once_decide_once(store):
    takings.ask(store, Request("FX-1", "甲", "city", "", {}, "because", 5000))

    def take(who):
        try:
            takings.decide(store, who, "FX-1", who == "乙", "看过了的")
        except TakingError:
            return 0
        return 1

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(take, ["乙", "丙"])) == 1
    assert sum(journal.entries(store)["action"].isin(["export-released", "export-refused"])) == 1
    assert journal.verify(store).whole


def test_eight_connections_at_once_take_a_release_once_and_tell_of_its_end_once(store):
    takings.ask(store, Request("FX-1", "甲", "city", "", {}, "because", 5000))
    takings.decide(store, "乙", "FX-1", True, "看过了的")
    ready = Barrier(8)

    def take(_):
        ready.wait()
        try:
            takings.begin(store, "甲", "rows/cases.csv", {ALONE: "乙"}, 5000, None, "FX-1")
        except TakingError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 1
    assert sum(journal.entries(store)["action"] == "export") == 1
    takings.put_back(store, "FX-1")
    over(store)

    def notice(_):
        ready.wait()
        return takings.lapse(store)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(notice, range(8)), []) == ["FX-1"]
    assert lapses(store) == ["FX-1"]


# ---- a drill, and the terminal


def test_a_drill_has_one_visitor_so_its_exports_pass_and_say_so(tmp_path):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    city.found(open_store(url, "drill"), tmp_path).close()
    drill = Office(url, "drill", second_rows=1)
    answer = drill.anybody().post("/rows/compounds.csv", data=REASON)
    assert answer.status_code == 200
    assert answer.get_data()
    entry = journal.entries(drill.store).iloc[1]
    assert (entry["action"], entry["detail"]["second"]) == ("export", "drill")
    assert "演练中没有登录" in said(drill.page(drill.anybody(), "/exports"))
    drill.store.close()


@pytest.fixture
def typed(own, tmp_path, monkeypatch):
    """A function that runs `export` with a password on its standard input, and returns its code and whether a file came of it."""
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", SECRET)
    monkeypatch.setenv("FANGYI_SECOND_ROWS", "4")
    for who in (CHIEF, DISTRICT, AUDITOR):
        accounts.add(own.store, "test", who.name, who.role, who.area, PASSWORD)

    def run(*more, password=PASSWORD):
        out = tmp_path / "cases.csv"
        out.unlink(missing_ok=True)
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        code = main(["export", "cases", "--out", str(out), "--reason", "line list", "--by", "王主任", "--store", own.settings.store, *more])  # fmt: skip
        return code, out.exists()

    return run


def test_the_command_asks_for_a_second_account_and_its_password(typed, capsys):
    assert typed() == (2, False)
    assert "--second NAME" in capsys.readouterr().err
    assert typed("--second", CHIEF.name) == (0, True)
    assert typed("--second", CHIEF.name, password="wrong") == (2, False)
    assert typed("--second", AUDITOR.name) == (2, False)
    assert typed("--second", DISTRICT.name) == (2, False)
    assert typed("--second", DISTRICT.name, "--area", "420102") == (0, True)
    assert typed("--second", CHIEF.name, "--by", CHIEF.name) == (2, False)


def test_the_command_asks_an_account_with_a_second_factor_for_a_code_as_well(typed, own, monkeypatch, capsys):
    secret, codes = factors.give(own.store, "root", CHIEF.name)
    code = code_now(secret)
    assert typed("--second", CHIEF.name) == (2, False)
    assert "the code is wrong or was used already" in capsys.readouterr().err
    assert journal.entries(own.store, 1)["action"].iloc[0] == "sign-in-refused"
    assert typed("--second", CHIEF.name, password=f"{PASSWORD}\n{code}") == (0, True)
    assert typed("--second", CHIEF.name, password=f"{PASSWORD}\n{code}") == (2, False)
    assert typed("--second", CHIEF.name, password=f"{PASSWORD}\n{codes[0]}") == (0, True)
    for _ in range(halfway.MOST):
        typed("--second", CHIEF.name)
    capsys.readouterr()
    assert typed("--second", CHIEF.name, password=f"{PASSWORD}\n{codes[1]}") == (2, False)
    assert "too many wrong codes" in capsys.readouterr().err
    monkeypatch.setenv("FANGYI_SECOND_FACTOR", "all")
    assert typed("--second", DISTRICT.name, "--area", "420102") == (2, False)
    assert "has none" in capsys.readouterr().err


def test_the_number_of_rows_must_be_one(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("FANGYI_SECOND_ROWS", "many")
    assert main(["audit", "--store", f"sqlite:///{tmp_path / 'x.db'}"]) == 2
    assert "FANGYI_SECOND_ROWS is 'many'" in capsys.readouterr().err


def test_a_request_holds_nothing_of_a_person(own):
    asked(own, CITY)
    with own.store.snapshot() as connection:
        row = dict(connection.execute(taking.select()).mappings().one())
    assert "春风里" not in json.dumps(row, default=str, ensure_ascii=False)
