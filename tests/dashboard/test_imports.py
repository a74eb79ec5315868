"""Handing in a file: who may, what is kept of it and for how long, and what the page says at each step."""

import io
import json
import os
import time
from contextlib import ExitStack

import pytest
from sqlalchemy import select

from dashboard import drafts, importing
from dashboard.drafts import KEPT_S, PER_PERSON, Drafts, UploadError, safe_name
from dashboard.roles import AccessError, Person
from dashboard.text import both
from layers.intake import unbatch
from layers.intake.chunks import WATERMARK
from layers.intake.profiles import kept
from layers.store import journal, profiles, totals
from layers.store.schema import batch
from tests import city, office
from tests.office import CITY, DISTRICT, Office, said

BEDS = "医院名称,床位类型,统计日期,开放床位数,已用床位,联系人电话\n第一医院,普通,2020-02-10,100,90,13800000000\n第二医院,大床房,2020-02-10,-5,3,13900000000\n"
OTHER = Person("另一人", "city")


@pytest.fixture
def place(built, tmp_path):
    return Office.copy(tmp_path, built)


def upload(place, who, name="床位0210.csv", content=BEDS):
    data = content.encode() if isinstance(content, str) else content
    return place.browser(who).post(f"/imports/upload?name={name}", data=data)


def draft_of(place, who=CITY, **more):
    return place.app.server.extensions["desk"].drafts.get(upload(place, who, **more).get_json()["token"], who)


def finished(place, job):
    """The result of a job, once it is done."""
    jobs = desk_of(place).jobs
    for _ in range(600):
        job = jobs.now(job)
        if job.state in ("done", "failed", "cancelled"):
            return job.state, json.loads(jobs.content(job) or b"null")
        time.sleep(0.05)
    raise AssertionError(f"the job did not end: {job.told()}")


def now(place, draft):
    """A draft as it is by now."""
    return desk_of(place).drafts.get(draft.token, draft.owner)


def changing(place, draft):
    return desk_of(place).drafts.changing(draft.token, draft.owner)


def desk_of(place):
    return place.app.server.extensions["desk"]


def page(place, who, **options):
    return said(place.page(who, "/imports", "?" + "&".join(f"{k}={v}" for k, v in options.items())))


# ---- who may


def test_only_the_city_hands_in_files(place):
    for who in (DISTRICT, office.STREET, office.COMMUNITY):
        assert upload(place, who).status_code == 403
        assert place.browser(who).get("/imports/job/x").status_code == 403
        assert place.browser(who).get("/imports/batch/1.csv").status_code == 403
        assert "import-drop" not in page(place, who)
    assert upload(place, CITY).status_code == 201
    assert "import-drop" in page(place, CITY)


def test_a_draft_is_its_owners_alone(place):
    draft = draft_of(place)
    assert draft.name in page(place, CITY, draft=draft.token)
    assert draft.name not in page(place, OTHER, draft=draft.token)
    assert place.browser(OTHER).get(f"/imports/draft/{draft.token}.csv").status_code == 404
    with pytest.raises(AccessError):
        place.app.server.extensions["desk"].gate.importer(DISTRICT)


def test_another_sites_page_hands_in_nothing(place):
    answer = place.browser(CITY).post(
        "/imports/upload?name=a.csv", data=b"x", headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


# ---- what is kept


@pytest.mark.parametrize(
    ("name", "content", "said_zh"),
    [
        ("a.exe", "x", "格式为.exe"),
        ("", "x", "格式为?"),
        ("a.csv", "", "空的"),
        ("a.xlsx", "PK", "不是可读的XLSX"),
        ("a.csv", "\x00\x01", "空字符"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_both_languages_and_nothing_stays(place, name, content, said_zh):
    answer = upload(place, CITY, name, content)
    assert answer.status_code == 400
    assert said_zh in answer.get_json()["zh"]
    assert answer.get_json()["en"].isascii()
    desk = desk_of(place)
    assert [list(desk.shelf.place(kind).iterdir()) for kind in ("uploads", "draft")] == [[], []]


@pytest.mark.parametrize("module", [drafts, importing], ids=["counted", "declared"])
def test_a_file_is_no_larger_than_the_page_says(place, module, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 100)
    answer = upload(place, CITY)
    assert (answer.status_code, answer.get_json()["en"].split(":")[1].split()[0]) == (400, "larger")


def test_names_cannot_leave_their_folder():
    assert safe_name("../../etc/x.csv") == "x.csv"
    assert safe_name("C:\\temp\\报表.XLSX") == "报表.XLSX"
    assert safe_name("长" * 300 + ".csv") == "长" * 58 + ".csv"  # 178 bytes; a folder takes names of 255
    for bad in ("..", ".csv", "a", "a/..", "x.csv\x00.exe"):
        with pytest.raises(UploadError):
            safe_name(bad)


def test_drafts_are_private_few_and_forgotten():
    own = Drafts()
    made = [own.take(CITY, f"{n}.csv", io.BytesIO(b"x")) for n in range(6)]
    assert made[0].path.parent.parent.stat().st_mode & 0o777 == 0o700
    assert [own.get(d.token, CITY) is not None for d in made] == [False, False, True, True, True, True]
    assert not made[0].path.exists()
    late = time.time() - KEPT_S - 1
    os.utime(made[5].path.parent, (late, late))
    assert own.get(made[5].token, CITY) is None
    assert not made[5].path.exists()


def test_a_stream_that_breaks_leaves_nothing(tmp_path):
    class Broken(io.RawIOBase):
        def read(self, _size=-1):
            raise ConnectionResetError("gone")

    own = Drafts()
    with pytest.raises(ConnectionResetError):
        own.take(CITY, "a.csv", Broken())
    assert list(own._home().iterdir()) == []


# ---- what is made of it


def test_a_file_is_recognised_and_what_its_columns_mean(place):
    draft = draft_of(place)
    assert (draft.feed, draft.source) == ("beds", "City health commission, medical administration")
    assert draft.reading.columns == {"医院名称": "hospital", "床位类型": "kind", "统计日期": "reported_for", "开放床位数": "open", "已用床位": "used"}  # fmt: skip
    shown = page(place, CITY, draft=draft.token)
    assert "13800000000" not in shown  # personal, and not declared by the feed
    assert "疑似个人信息（电话）" in shown
    assert "大床房" in shown


def test_a_preview_writes_nothing_and_says_what_would_change(place):
    draft, desk = draft_of(place), desk_of(place)
    before = desk.store.revision(desk.store.latest())
    assert finished(place, importing.preview(desk, draft)) == ("done", {"preview": True})
    assert desk.store.revision(desk.store.latest()) == before
    found = now(place, draft).found
    assert (found["rows"]["new"], found["rows_rejected"]) == (1, 1)
    shown = page(place, CITY, draft=draft.token)
    assert "个人信息列未在数据源中声明，已拒收，不入库：联系人电话" in shown
    rows = place.browser(CITY).get(f"/imports/draft/{draft.token}.csv?lang=zh").get_data().decode("utf-8-sig")
    assert rows.splitlines()[0] == "行,列,发现,应为,原因,处理"
    assert "3,床位类别,大床房,以下之一：普通、重症" in rows
    assert "13900000000" not in rows
    mark = rows.splitlines()[-1].split(",")
    assert mark[0] == WATERMARK
    entry = journal.entries(place.store).iloc[0]
    assert (entry["action"], entry["subject"], entry["detail"]["code"]) == ("export", "imports/notes.csv", mark[1])
    assert (entry["actor"], entry["detail"]["of"]) == (mark[2], "preview")


def test_an_import_keeps_its_profile_and_the_next_file_is_matched_by_itself(place):
    draft, desk = draft_of(place), desk_of(place)
    with changing(place, draft) as changed:
        changed.source = "医政处日报"
    finished(place, importing.preview(desk, draft))
    state, result = finished(place, importing.commit(desk, draft))
    assert state == "done"
    assert not draft.path.exists()
    shown = page(place, CITY, batch=result["batch"])
    assert CITY.name in shown
    assert draft.sha256 in shown
    again = draft_of(place, name="床位0211.csv", content=BEDS.replace("02-10", "02-11"))
    assert (again.feed, again.source, again.kept.made_by) == ("beds", "医政处日报", CITY.name)
    assert "上次的对应关系自动完成" in page(place, CITY, draft=again.token)
    assert len(kept(desk.store.read(profiles.all_profiles()))) == 1


def test_the_same_content_is_told_before_it_is_imported_again(place):
    desk = desk_of(place)
    first = draft_of(place)
    _, result = finished(place, importing.commit(desk, first))
    again = draft_of(place, name="改了名.csv")
    finished(place, importing.preview(desk, again))
    assert f"批次 {result['batch']}" in page(place, CITY, draft=again.token)


def test_a_stopped_import_leaves_nothing_behind(place):
    desk, draft = desk_of(place), draft_of(place)
    before = desk.store.revision(desk.store.latest())
    with desk.store.writing():  # somebody else writes: the import waits at its door
        job = importing.commit(desk, draft)
        assert place.browser(CITY).post(f"/imports/job/{job.id}/stop").status_code == 200
    assert finished(place, job)[0] == "cancelled"
    assert desk.store.revision(desk.store.latest()) == before
    assert draft.path.exists()  # it can be tried again


def test_a_name_as_long_as_people_write_them_is_taken(place):
    assert upload(place, CITY, name="武汉市新冠肺炎疫情防控指挥部医疗救治组" * 10 + ".csv").status_code == 201


def test_a_fault_of_the_program_leaves_no_draft(place, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(importing, "begin", broken)
    assert upload(place, CITY).status_code == 500
    assert desk_of(place).drafts._all() == []


def test_imports_and_prints_are_watched_and_stopped_by_their_own_routes_alone(place):
    """Only the import itself knows whether it was stopped in time, and a preview is no file to fetch."""
    desk, client = desk_of(place), place.browser(CITY)
    job = importing.preview(desk, draft_of(place))
    assert finished(place, job)[0] == "done"
    asked = [client.get(f"/job/{job.id}"), client.get(f"/job/{job.id}/file"), client.post(f"/job/{job.id}/cancel")]
    print_ = client.post("/brief/situation.png?lite=1").get_json()
    asked += [client.get(f"/imports/job/{print_['id']}"), client.post(f"/imports/job/{print_['id']}/stop")]
    edition = desk.jobs.submit(
        "edition.pdf", CITY, "edition", {"number": 0, "wanted": {}}
    )  # fails, which is an end too
    assert finished(place, edition) == ("failed", None)
    asked += [client.get(f"/job/{edition.id}/file"), client.get(f"/imports/job/{edition.id}")]
    assert [one.status_code for one in asked] == [404] * 7
    assert client.get(f"/job/{edition.id}").get_json()["state"] == "failed"
    assert client.post(f"/job/{print_['id']}/cancel").status_code == 200


def test_a_number_that_no_batch_can_have_is_not_found(place):
    for path in ("/imports/batch/{}.csv", "/briefing/edition/{}"):
        assert place.browser(CITY).get(path.format(10**30)).status_code == 404


def test_a_fault_of_the_file_is_told_in_both_languages(place):
    desk = desk_of(place)
    draft = draft_of(place, name="h.csv", content="编码,名称,类别,经度,纬度\nX1,新医院,定点,114.2,30.5\n")
    with changing(place, draft) as changed:
        changed.reading = importing.replace(changed.reading, datum="")
    assert draft.feed == "hospitals"
    _, result = finished(place, importing.preview(desk, draft))
    assert "坐标系" in result["problem"]["zh"]
    assert "datum" in result["problem"]["en"]
    assert now(place, draft).problem[0] in page(place, CITY, draft=draft.token)


def test_a_batch_is_taken_back_after_its_rehearsal(place):
    desk = desk_of(place)
    _, result = finished(place, importing.commit(desk, draft_of(place)))
    job = importing.take_back(desk, CITY, result["batch"], "发错了", apply=False)
    assert finished(place, job) == ("done", {"batch": None, "undo": result["batch"]})
    assert desk.drafts.rehearsed(CITY, str(result["batch"])).tables["bed"]["gone"] == 1
    _, undone = finished(place, importing.take_back(desk, CITY, result["batch"], "发错了", apply=True))
    shown = page(place, CITY, batch=undone["batch"])
    assert "发错了" in shown
    assert CITY.name in shown
    assert "已撤销" in page(place, CITY)
    _, again = finished(place, importing.take_back(desk, CITY, result["batch"], "", apply=True))
    assert f"批次 {result['batch']} 已由批次 {undone['batch']} 撤销" == again["problem"]["zh"]


def test_whose_records_stay_after_an_undo_is_shown_to_the_city_alone(place):
    rows = desk_of(place).store.read(select(batch.c.id).where(batch.c.feed == "hospitals"))
    done = unbatch.undo(desk_of(place).store, int(rows["id"][0]), "x", apply=True)
    assert "H9" in set(done.kept["key"])  # beds name it
    shown = {who: page(place, who, batch=done.batch) for who in (CITY, DISTRICT)}
    assert ("医院 H9" in shown[CITY], "H9" in shown[DISTRICT], "保持不动" in shown[DISTRICT]) == (True, False, True)


def test_the_list_is_narrowed_by_feed_and_source(place):
    shown = page(place, CITY, feed="supplies")
    assert "supplies.csv" in shown
    assert "beds.csv" not in shown


def test_an_empty_store_can_be_filled_from_the_page(tmp_path):
    from layers.store import open_store

    open_store(f"sqlite:///{tmp_path / 'store.db'}", "production").close()
    place = Office(f"sqlite:///{tmp_path / 'store.db'}")
    assert "import-drop" in page(place, CITY)
    shapes = city.geojson(tmp_path / "d.geojson", [({"code": "420102", "name": "江岸区"}, city.square(0, 0))])
    draft = draft_of(place, name="d.geojson", content=shapes.read_bytes())
    with changing(place, draft) as changed:
        changed.reading = importing.replace(changed.reading, datum="wgs84")
    assert finished(place, importing.commit(desk_of(place), draft))[0] == "done"
    assert len(place.store.read(select(batch.c.id))) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_step_of_a_file_of_cases_is_shown_in_both_languages(place, lang):
    desk = desk_of(place)
    lines = "\n".join(
        f"{n},江岸区春风里{n}栋,{state},2020-02-09" for n, state in enumerate(("确诊", "疑似", "无症状", "好转"), 50)
    )
    draft = draft_of(place, name="日报.csv", content=f"病例编号,现住址,状态,状态日期\n{lines}\n")
    finished(place, importing.preview(desk, draft))
    assert now(place, draft).found["counts"] == {"asymptomatic": 1, "confirmed": 1, "suspected": 1}
    words = {"zh": ("无症状感染者", "全市人数的变化"), "en": ("asymptomatic", "Change of the city's counts")}[lang]
    shown = page(place, CITY, draft=draft.token, lang=lang)
    assert all(word in shown for word in words)
    _, result = finished(place, importing.commit(desk, draft))
    assert all(word in page(place, CITY, batch=result["batch"], lang=lang) for word in words)
    _, undone = finished(place, importing.take_back(desk, CITY, result["batch"], "", apply=True))
    assert all(word in page(place, CITY, batch=undone["batch"], lang=lang) for word in words)


@pytest.mark.parametrize("status", totals.STATUSES)
def test_every_status_has_a_name(status):
    assert both(f"import_status.{status}")


def test_a_draft_in_work_is_not_deleted_to_make_room(tmp_path):
    drafts, me = Drafts(), Person("me", "city")
    kept = [drafts.take(me, f"{n}.csv", io.BytesIO(b"a\n1\n")) for n in range(PER_PERSON)]
    with drafts.using(kept[0]):
        drafts.take(me, "more.csv", io.BytesIO(b"a\n1\n"))
        assert drafts.get(kept[0].token, me) == kept[0]
        assert drafts.get(kept[1].token, me) is None
    drafts.take(me, "again.csv", io.BytesIO(b"a\n1\n"))
    assert drafts.get(kept[0].token, me) is None


def test_somebody_whose_files_are_all_in_work_is_told_so():
    drafts, me = Drafts(), Person("me", "city")
    with ExitStack() as work:
        for n in range(PER_PERSON):
            work.enter_context(drafts.using(drafts.take(me, f"{n}.csv", io.BytesIO(b"a\n1\n"))))
        with pytest.raises(UploadError, match="being worked on"):
            drafts.take(me, "more.csv", io.BytesIO(b"a\n1\n"))


def test_what_undos_would_do_is_remembered_of_the_newest(monkeypatch):
    monkeypatch.setattr(drafts, "REHEARSED_BYTES", 150)
    own, me = Drafts(), Person("me", "city")
    for n in range(3):
        own.remember(me, str(n), "x" * 50)
        time.sleep(0.01)
    assert [own.rehearsed(me, str(n)) is not None for n in range(3)] == [False, True, True] or own.rehearsed(me, "2")
    assert own.rehearsed(me, "0") is None


def test_an_import_whose_profile_cannot_be_kept_is_in_all_the_same_and_says_so(place, monkeypatch):
    desk, draft = desk_of(place), draft_of(place)
    monkeypatch.setattr(importing.kept_profiles, "keep", lambda *_: 1 / 0)
    state, result = finished(place, importing.commit(desk, draft))
    assert (state, set(result["unkept"])) == ("done", {"zh", "en"})
    assert result["batch"] in place.store.read(select(batch.c.id))["id"].tolist()


def test_a_file_of_column_names_alone_is_told_before_a_rehearsal(place):
    draft = draft_of(place, name="空.csv", content=BEDS.splitlines()[0] + "\n")
    assert "文件只有列名，没有一行数据" in page(place, CITY, draft=draft.token)
    assert "没有一行数据" not in page(place, CITY, draft=draft_of(place).token)


def test_columns_of_deliveries_say_that_they_count_facts(place):
    assert page(place, CITY).count("按事实计，不是行数") == 3
