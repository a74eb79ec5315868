"""The briefing: every number leads to its source, the same state gives the same bytes, and a print can be told from a forgery."""

import io
import json
import re
import shutil
import stat
import subprocess
import time as clock
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from threading import Event

import pytest
from sqlalchemy import update

from dashboard.access import Gate
from dashboard.app import create_app
from dashboard.briefing import PARTS, BriefingError, Choice, compose, write
from dashboard.briefing.blocks import Figure, Figures, Paragraph, Quoted, TableBlock
from dashboard.briefing.daily import Edition, next_run, parse_clock, serve_daily
from dashboard.briefing.issuing import (
    ALTERED,
    GENUINE,
    KNOWN,
    SEARCHED_BYTES,
    UNKNOWN,
    code_in,
    issue,
    key_of,
    print_again,
    verify_code,
    verify_file,
)
from dashboard.briefing.query import Query, answer
from dashboard.briefing.signing import about, key_path, load_key, signed_by
from dashboard.briefing.writers import WRITERS
from dashboard.desk import Desk
from dashboard.downloads import TYPES
from dashboard.pages import Asked, _prints, all_pages
from dashboard.prints import may_see
from dashboard.roles import AccessError, Person
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import read
from layers._errors import Cancelled
from layers.store import journal, open_store, printed
from layers.store.schema import printed as printed_table
from tests import city

ALL = Choice(PARTS, ("all",))
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils reads the print")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("briefing")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    city.deliver(
        store, "hospitals", city.table(folder / "hospitals.csv", city.SITES), "2020-01-01T08:20", datum="wgs84"
    )
    city.cases(store, folder, "2020-02-05T18:00", {"case_id": "1"}, {"case_id": "2"})
    beds = {"hospital": "H1", "reported_for": "2020-02-06", "kind": "普通", "open": 20, "used": 25}
    city.deliver(store, "beds", city.table(folder / "beds.csv", [beds]), "2020-02-06T17:00")
    city.cases(store, folder, "2020-02-06T18:00", {"case_id": "3"}, {"case_id": "4", "status": "疑似"})
    settings = Settings(store="", var=folder)
    yield Desk(settings, store, Gate(settings), TableStore())
    store.close()


def place(desk, lang="zh", search=""):
    return read("/briefing", f"?lang={lang}{search}", desk.store)


@pytest.fixture(scope="module", params=["zh", "en"])
def briefing(desk, request):
    return compose(desk, desk.gate.visitor, place(desk, request.param), ALL)


@pytest.fixture(scope="module")
def issued(desk, tmp_path_factory):
    out = tmp_path_factory.mktemp("issued") / "paper.pdf"
    return out, issue(desk, desk.gate.visitor, place(desk), Choice(("lockdown",), ("420102",)), out)


# ---- what it says


def said(briefing):
    """Every figure and quotation that stands in a section."""
    for section in briefing.sections:
        for block in section.blocks:
            yield from block.figures if isinstance(block, Figures) else ()
            yield from (p for p in block.pieces if not isinstance(p, str)) if isinstance(block, Paragraph) else ()


def test_every_number_has_a_footnote_whose_value_is_the_number(briefing):
    figures = [one for one in said(briefing) if isinstance(one, Figure)]
    assert len(figures) > 60
    for one in figures:
        note = briefing.footnotes[one.code]
        assert (note.what, str(note.value), note.unit) == (one.name, str(one.value), one.unit)
    assert {one.code for one in said(briefing) if isinstance(one, Quoted)} <= briefing.footnotes.keys()


def test_a_footnote_asked_again_gives_its_value(desk, briefing):
    who, here = desk.gate.visitor, place(desk, briefing.lang)
    summary = {kind: desk.plan(who, kind, here.view).summary for kind in PARTS}
    of_plans = [n for n in briefing.footnotes.values() if n.query.source in PARTS and n.query.table == "summary"]
    assert len(of_plans) > 25
    for note in of_plans:
        known = [summary[note.query.source].get(name, float("nan")) for name in note.query.columns]
        expected = sum(value for value in known if value == value) if any(v == v for v in known) else float("nan")
        assert str(note.value) == str(float(expected)), str(note.query)


def test_the_text_between_the_numbers_holds_no_number_but_those_of_definitions(briefing):
    between = "".join(
        piece
        for section in briefing.sections
        for block in section.of(Paragraph)
        for piece in block.pieces
        if isinstance(piece, str)
    )
    assert set(re.findall(r"\d+", between)) <= {"95", "14", "7"}  # the interval of R, and days of windows


def test_the_narrative_says_what_was_delivered(desk):
    summary = next(s for s in compose(desk, desk.gate.visitor, place(desk), ALL).sections if s.key == "city")
    state, change = (block.text for block in summary.of(Paragraph)[:2])
    assert "现有确诊3人" in state  # two on the 5th, one on the 6th
    assert "疑似1人" in state
    assert "累计病例+1人" in change


def test_districts_add_up_to_the_city(desk, briefing):
    sections = [s for s in briefing.sections if s.key.startswith("district:")]
    assert [s.area for s in sections] == ["420102", "420103"]
    names = {"zh": "现有确诊", "en": "Confirmed, now"}
    mine = [f.value for s in sections for f in s.of(Figures)[0].figures if f.name == names[briefing.lang]]
    assert sum(mine) == desk.counts(desk.gate.visitor, place(desk).view)["now_confirmed"]


def test_the_lineage_lists_every_footnote_with_receipts(briefing):
    table = briefing.sections[-1].of(TableBlock)[0].frame
    assert table["code"].tolist() == [f"F-{n}" for n in range(1, len(briefing.footnotes) + 1)]
    told = set(" ".join(table["receipts"]).split())
    assert told <= briefing.receipts.keys()
    assert {briefing.receipts[code].feed for code in told} >= {"cases", "beds"}
    cases = next(one for one in briefing.receipts.values() if one.feed == "cases")
    assert (cases.deliveries, cases.file) == (2, "cases_2020-02-06T1800.csv")


def test_rules_that_nobody_verified_are_marked(briefing):
    rules = next(s for s in briefing.sections if s.key == "sources").of(TableBlock)[0].frame
    assert {"未核实", "NOT VERIFIED"} & set(rules["verified"])


@pytest.mark.parametrize(
    ("how", "columns", "expected"),
    [("sum", ("a",), 3.0), ("short", ("a",), 5.0), ("count", ("a",), 3.0), ("max", ("a",), 4.0), ("min", ("a",), -2.0)],
)
def test_a_query_is_answered_from_its_table(how, columns, expected):
    import pandas as pd

    rows = pd.DataFrame({"a": [1.0, -2.0, 4.0], "b": ["x", "y", "x"]})
    assert answer(Query("s", "t", columns, how), {"s": {"t": rows}}) == expected
    assert answer(Query("s", "t", ("a",), "sum", (("b", ("x",)),)), {"s": {"t": rows}}) == 5.0
    unknown = answer(Query("s", "absent", ("a",)), {"s": {"t": rows}})
    assert unknown != unknown


def test_what_there_is_not_is_refused_by_name(desk):
    who, here = desk.gate.visitor, place(desk)
    for choice, told in (
        (replace(ALL, parts=("people",)), "'people'"),
        (replace(ALL, districts=("999999",)), "'999999'"),
        (replace(ALL, size="a5"), "'a5'"),
        (replace(ALL, secrecy="top"), "'top'"),
        (replace(ALL, form="doc"), "'doc'"),
        (replace(ALL, parts=()), "no part"),
    ):
        with pytest.raises(BriefingError, match=told):
            write(compose(desk, who, here, choice), key_path(desk.settings, desk.store).parent / "never.doc")


def test_a_district_gets_no_page_of_another(desk):
    mine = Person("d", "district", "420102")
    here = place(desk, search="&area=420102")
    made = compose(desk, mine, here, Choice(("beds",), ("all",)))
    assert [s.area for s in made.sections if s.key.startswith("district:")] == ["420102"]
    with pytest.raises(AccessError):
        compose(desk, mine, place(desk, search="&area=420103"), Choice(("beds",)))


# ---- how it is printed


@needs_poppler
def test_the_atlas_has_every_letter_and_counts_its_pages(briefing, tmp_path):
    size, out = {"zh": "a4", "en": "a3"}[briefing.lang], tmp_path / "atlas.pdf"
    write(replace(briefing, choice=replace(briefing.choice, size=size)), out)
    fonts = subprocess.run(["pdffonts", out], capture_output=True, check=True, text=True)
    rows = fonts.stdout.splitlines()[2:]
    assert rows
    assert all("Type 3" in row and "NotoSansCJK" in row for row in rows)
    drawn = subprocess.run(
        ["pdftoppm", "-r", "30", "-png", out, tmp_path / "page"], capture_output=True, check=True, text=True
    )
    assert drawn.stderr + fonts.stderr == ""  # poppler complains of letters that are not there
    text = subprocess.run(["pdftotext", "-layout", out, "-"], capture_output=True, check=True, text=True).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) == len(list(tmp_path.glob("page*.png"))) > 12
    words = {"zh": "第 {n} 页，共 {all} 页", "en": "Page {n} of {all}"}[briefing.lang]
    for n, page in enumerate(pages, start=1):
        assert words.format(n=n, all=len(pages)) in page
        assert briefing.code in page
        assert "〓" not in page
    info = subprocess.run(["pdfinfo", out], capture_output=True, check=True, text=True).stdout
    wide, high = {"a4": (842, 595), "a3": (1191, 842)}[size]
    found = re.search(r"Page size: +([\d.]+) x ([\d.]+)", info)
    assert (round(float(found[1])), round(float(found[2]))) == (wide, high)


def test_a_print_that_is_cancelled_leaves_nothing(desk, tmp_path):
    stop, out = Event(), tmp_path / "x.pdf"

    def progress(done, total, zh, en):
        if done == 1:
            stop.set()

    before = len(printed.newest(desk.store))
    with pytest.raises(Cancelled):
        issue(desk, desk.gate.visitor, place(desk), Choice(("beds",)), out, progress=progress, cancel=stop)
    assert list(tmp_path.iterdir()) == []
    assert len(printed.newest(desk.store)) == before


def test_the_same_state_prints_the_same_bytes_from_a_desk_that_remembers_nothing(desk, issued, tmp_path):
    out, first = issued
    fresh = Desk(desk.settings, desk.store, desk.gate, TableStore())
    again = issue(fresh, fresh.gate.visitor, place(fresh), Choice(("lockdown",), ("420102",)), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == out.read_bytes()
    assert again.row["code"] == first.row["code"]
    assert sum(row["code"] == first.row["code"] for row in printed.newest(desk.store)) == 1
    acts = [e["detail"]["again"] for e in journal.entries(desk.store).to_dict("records") if e["action"] == "print"]
    assert acts[0] is True


# ---- whether it is ours


def test_the_key_is_made_once_and_belongs_to_its_owner(desk, tmp_path):
    path = key_path(desk.settings, desk.store)
    assert key_of(desk).public == key_of(desk).public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path = tmp_path / "other.key"
    load_key(path)
    path.chmod(0o644)
    with pytest.raises(BriefingError, match="others may read"):
        load_key(path)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(BriefingError, match="holds no key"):
        load_key(path)


def test_a_genuine_print_an_altered_one_and_an_unknown_file_are_told_apart(desk, issued):
    content = issued[0].read_bytes()
    verdict = verify_file(desk, content)
    assert (verdict.said, verdict.row["actor"], verdict.row["state"]["parts"]) == (GENUINE, "drill", ["lockdown"])
    assert verify_file(desk, content.replace(b"420", b"421", 1) + b" ").said == ALTERED
    assert verify_file(desk, b"a letter").said == UNKNOWN
    code = issued[1].row["code"]
    assert verify_code(desk, f" {code.lower()} ").said == KNOWN  # anybody can copy a code
    assert verify_code(desk, "FY-2222-2222-2222").said == UNKNOWN


def test_a_damaged_document_is_an_unknown_file(desk):
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as parts:
        parts.writestr("a.xml", "FY" * 100)
    whole = book.getvalue()
    for damaged in (whole[:40] + b"?" + whole[41:], whole.replace(b"PK\1\2", b"PK\1\3"), b"PK\5\6" + bytes(18)):
        assert verify_file(desk, damaged).said == UNKNOWN


def test_every_format_can_be_fetched():
    assert set(WRITERS) <= set(TYPES)


def test_a_print_whose_record_is_lost_is_known_by_its_signature(desk, issued, tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'empty.db'}", "drill")
    settings = replace(desk.settings, signing_key=key_path(desk.settings, desk.store))
    elsewhere = Desk(settings, store, Gate(settings), TableStore())
    content, beside = issued[0].read_bytes(), issued[1].sidecar
    assert verify_file(elsewhere, content).said == UNKNOWN
    assert verify_file(elsewhere, content, beside).said == GENUINE
    assert verify_file(elsewhere, content + b" ", beside).said == ALTERED
    assert verify_file(elsewhere, content, b"{}").said == UNKNOWN
    stranger = replace(elsewhere, settings=replace(settings, signing_key=tmp_path / "stranger.key"))
    assert verify_file(stranger, content, beside).said == UNKNOWN
    store.close()


def test_a_signature_fits_one_code_one_file_and_what_is_claimed_of_it(desk, issued):
    row, public = issued[1].row, key_of(desk).public
    assert signed_by(public, row, about(row))
    assert not signed_by("", row, about(row))
    assert not signed_by("A" * 43 + "=", row, about(row))
    later = row["at"] + timedelta(days=1)
    changes = {"code": "FY-2222-2222-2222", "sha256": "0" * 64, "actor": "somebody else", "at": later, "format": "png"}
    for name, value in changes.items():
        assert not signed_by(public, row | {name: value}, about(row | {name: value})), name
    for name in row["state"]:
        forged = row | {"state": row["state"] | {name: "another"}}
        assert not signed_by(public, forged, about(forged)), name


def test_a_record_of_a_print_that_was_changed_in_the_store_is_no_longer_ours(desk, issued, tmp_path):
    out, made = issued
    with desk.store.writing() as connection:
        connection.execute(update(printed_table).where(printed_table.c.code == made.row["code"]).values(actor="甲"))
    try:
        assert verify_file(desk, out.read_bytes()).said == ALTERED
    finally:
        with desk.store.writing() as connection:
            change = update(printed_table).where(printed_table.c.code == made.row["code"])
            connection.execute(change.values(actor=made.row["actor"]))
    assert verify_file(desk, out.read_bytes()).said == GENUINE
    told = json.loads(made.sidecar) | {"actor": "甲"}
    store = open_store(f"sqlite:///{tmp_path / 'empty.db'}", "drill")
    settings = replace(desk.settings, signing_key=key_path(desk.settings, desk.store))
    elsewhere = Desk(settings, store, Gate(settings), TableStore())
    assert verify_file(elsewhere, out.read_bytes(), json.dumps(told).encode()).said == UNKNOWN
    store.close()


def test_a_key_that_signed_prints_is_never_replaced_by_a_new_one(desk, issued):
    path = key_path(desk.settings, desk.store)
    away = path.with_suffix(".away")
    path.rename(away)
    try:
        with pytest.raises(BriefingError, match="is missing; restore it"):
            verify_file(desk, issued[0].read_bytes())
        assert not path.exists()
    finally:
        away.rename(path)


def test_prints_of_another_key_are_unknown_and_not_called_altered(desk, issued, tmp_path):
    settings = replace(desk.settings, signing_key=tmp_path / "other.key")
    load_key(settings.signing_key)
    other = Desk(settings, desk.store, Gate(settings), TableStore())
    assert verify_file(other, issued[0].read_bytes()).said == UNKNOWN


def test_a_print_that_is_stopped_at_its_very_end_is_not_kept(desk, tmp_path):
    stop, before = Event(), printed.newest(desk.store)

    def progress(done, total, _zh, _en):
        if total and done == total:
            stop.set()

    choice = Choice(("lockdown",), secrecy="public")
    with pytest.raises(Cancelled):
        issue(desk, desk.gate.visitor, place(desk), choice, tmp_path / "a.pdf", progress=progress, cancel=stop)
    assert printed.newest(desk.store) == before


def test_a_document_that_unpacks_to_very_much_is_not_searched_to_its_end(desk):
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as parts:
        for n in range(SEARCHED_BYTES // 3_000_000 + 2):
            parts.writestr(f"{n}.xml", b" " * 3_000_000)
        parts.writestr("z.xml", "FY-2222-2222-2222")
    assert code_in(book.getvalue()) == ""


def test_a_print_is_printed_again_byte_for_byte_also_when_more_is_known(desk, issued, tmp_path):
    city.cases(desk.store, tmp_path, "2020-02-07T18:00", {"case_id": "9", "status_at": "2020-02-05"})
    verdict = print_again(desk, verify_file(desk, issued[0].read_bytes()))
    assert (verdict.said, verdict.again) == (GENUINE, True)


# ---- in the browser


@pytest.fixture(scope="module")
def client(desk):
    return create_app(replace(desk.settings, store="sqlite://"), desk.store).server.test_client()


def made(client, path):
    """What a job makes that a POST starts."""
    job = client.post(path).get_json()
    until = clock.monotonic() + 60
    while client.get(f"/job/{job['id']}").get_json()["state"] in ("waiting", "working"):
        assert clock.monotonic() < until
        clock.sleep(0.05)
    return client.get(f"/job/{job['id']}/file")


def test_a_file_and_a_code_are_verified_in_the_browser(client, issued):
    content, code = issued[0].read_bytes(), issued[1].row["code"]
    found = client.post("/briefing/verify", data=content).get_json()
    assert (found["said"], found["code"], found["actor"], found["zh"]["area"]) == (GENUINE, code, "drill", "全市")
    assert client.get(f"/briefing/verify?code={code}").get_json()["said"] == KNOWN
    assert client.post("/briefing/verify", data=b"?").get_json()["said"] == UNKNOWN
    assert client.get(f"/briefing/{code}.sig").data == issued[1].sidecar
    assert client.get("/briefing/FY-2222-2222-2222.sig").status_code == 404


def test_the_browser_prints_what_is_chosen_and_sees_its_first_pages(client, desk):
    chosen = "?parts=beds&districts=420102&size=a3&secrecy=secret&lang=en"
    content = made(client, f"/briefing/print{chosen}").data
    row = verify_file(desk, content).row
    assert [row["state"][name] for name in ("parts", "districts", "size", "secrecy")] == [
        ["beds"],
        ["420102"],
        "a3",
        "secret",
    ]
    seen = made(client, f"/briefing/preview{chosen}").get_json()
    assert len(seen["pictures"]) == min(6, seen["pages"])
    assert made(client, f"/briefing/again?code={row['code']}").get_json()["again"] is True
    for wrong in ("parts=people", "form=doc", "size=a5", "secrecy=top"):
        answer = client.post(f"/briefing/print?{wrong}")
        assert (answer.status_code, set(answer.get_json())) == (400, {"error", "zh", "en"})


def test_the_page_shows_a_print_and_where_a_number_comes_from(desk, issued):
    code = issued[1].row["code"]
    asked = Asked.at(desk, desk.gate.visitor, "/briefing", f"?code={code}&note=F-1")
    shown = str(all_pages()["/briefing"].layout(asked))
    assert issued[1].row["sha256"] in shown
    assert "counts.summary.ever_counted" in shown
    assert "cases_2020-02-06T1800.csv" in shown
    assert "FY-2222" in str(_prints.one(asked, "FY-2222-2222-2222"))


def test_a_print_is_seen_into_by_those_of_its_area(issued):
    row = issued[1].row
    assert may_see(Person("c", "city"), row)
    assert not may_see(Person("d", "district", "420102"), row)
    assert not may_see(None, row)
    mine = {**row, "state": {**row["state"], "asker": {"role": "district", "area": "420102"}}}
    assert may_see(Person("d", "district", "420102"), mine)
    assert not may_see(Person("e", "district", "420103"), mine)


# ---- every day


def test_the_next_run_is_today_or_tomorrow():
    morning = datetime(2020, 2, 6, 22, 0, tzinfo=UTC)  # 06:00 of the 7th in Shanghai
    assert next_run(morning, time(7, 30)).isoformat() == "2020-02-07T07:30:00+08:00"
    assert next_run(morning + timedelta(hours=1, minutes=30), time(7, 30)).isoformat() == "2020-02-08T07:30:00+08:00"
    with pytest.raises(BriefingError, match="25:00"):
        parse_clock("25:00")


def test_the_service_prints_when_it_is_due_and_goes_on_after_a_failure(desk, tmp_path):
    now, told = [datetime(2020, 2, 6, 23, 29, 30, tzinfo=UTC)], []
    folder = tmp_path / "out"
    folder.mkdir()

    def nap(seconds):
        now[0] += timedelta(seconds=seconds)
        if (
            now[0] > datetime(2020, 2, 7, 12, tzinfo=UTC) and folder.is_dir()
        ):  # before the second day its folder is gone
            shutil.move(folder, tmp_path / "kept")
            folder.write_text("")
        if now[0] > datetime(2020, 2, 8, 12, tzinfo=UTC):
            raise KeyboardInterrupt

    wanted = Edition("", "zh", Choice(("beds",), size="a4"), folder)
    with pytest.raises(KeyboardInterrupt):
        serve_daily(desk, desk.gate.visitor, wanted, time(7, 30), told.append, lambda: now[0], nap)
    files = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert [bool(re.fullmatch(r"fangyi_2020-02-0\d_\d{4}_FY-\S+\.pdf(\.sig)?", name)) for name in files] == [True, True]
    assert [line.split(" ")[0].split(":")[0] for line in told if not line.endswith(".pdf")] == [
        "next",
        "next",
        "failed",
        "next",
    ]
    failed = next(e for e in journal.entries(desk.store).to_dict("records") if e["subject"] == "failed")
    assert failed["actor"] == "daily briefing"
