"""Row 7, broken files: rows read are rows taken and rows refused, each with its number and a reason in both languages; never a crash."""

import io
import json
import re
import zipfile
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from layers._errors import FeedError
from layers.intake import readers
from layers.intake.suggest import guesses, peek
from tests import city
from tests.beginnings import begun
from tests.office import CITY, Office

HEAD = ("case_id", "address", "status", "status_at")
LINES = {  # what a line holds, and whether it can be taken
    "good": ("{n},江岸区春风里{n}栋,确诊,2020-02-03", True),
    "quoted": ('{n},"江岸区春风里,3栋",确诊,2020-02-03', True),
    "blanks behind": ("{n},江岸区春风里{n}栋,确诊,2020-02-03,,", True),
    "word NA": ("NA{n},null,确诊,2020-02-03", True),
    "huge number": ("{n},江岸区1e400,确诊,2020-02-03", True),
    "too short": ("{n},江岸区春风里,确诊", False),
    "too long": ("{n},江岸区春风里,确诊,2020-02-03,更多", False),
    "nothing": (",,,", False),
    "quote behind": ('{n},"江岸"区,确诊,2020-02-03', False),
    "no such day": ("{n},江岸区,确诊,2020-02-30", False),
    "no such status": ("{n},江岸区,很好,2020-02-03", False),
    "endless": ("{n}," + "长" * 5_000 + "," + "x" * 200_000 + ",2020-02-03", False),
}
KINDS = st.lists(st.sampled_from(sorted(LINES)), min_size=1, max_size=12)
FORMS = st.sampled_from([("utf-8", ""), ("utf-8", "\ufeff"), ("gb18030", "")])
ENDS = st.sampled_from(["\n", "\r\n"])
KNOWN = "2020-02-10T18:00"
SUPPRESSED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    return begun(f"sqlite:///{folder / 'store.db'}", folder)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "file"


@given(KINDS, FORMS, ENDS)
@example(["good", "too short", "endless", "good", "nothing", "quote behind", "quoted"], ("gb18030", ""), "\r\n")
@settings(max_examples=20, deadline=None, suppress_health_check=SUPPRESSED)
def test_each_line_is_taken_or_refused_by_its_number(store, path, kinds, form, end):
    (encoding, mark), lines = form, [LINES[kind][0].format(n=n) for n, kind in enumerate(kinds)]
    path = path.with_suffix(".csv")
    path.write_bytes((mark + end.join([",".join(HEAD), *lines]) + end).encode(encoding))
    receipt = city.deliver(store, "cases", path, KNOWN, dry_run=True)
    bad = [number for number, kind in enumerate(kinds, start=2) if not LINES[kind][1]]
    assert receipt.rows_read == len(kinds)
    assert sorted({note.row for note in receipt.rejected}) == bad
    assert receipt.rows_rejected == len(bad)
    assert receipt.outcomes.get("person", {}).get("new", 0) == len(kinds) - len(bad)
    assert all(note.zh and note.en and not note.zh.isascii() for note in receipt.rejected)


def workbook():
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [HEAD, *([str(n), f"江岸区春风里{n}栋", "确诊", "2020-02-03"] for n in range(30))]:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def lines_of_json():
    rows = [dict(zip(HEAD, [n, f"春风里{n}", "确诊", "2020-02-03"], strict=True)) for n in range(9)]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def shapes():
    feature = {"type": "Feature", "properties": dict.fromkeys(HEAD, "1"), "geometry": {"type": "Point", "coordinates": [114.3, 30.5]}}  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": [feature] * 5}).encode()


TABLE = "\n".join([",".join(HEAD), *(f"{n},江岸区春风里{n}栋,确诊,2020-02-03" for n in range(9))])
WHOLE = {
    ".csv": TABLE.encode(),
    ".gbk.csv": TABLE.encode("gb18030"),
    ".xlsx": workbook(),
    ".jsonl": lines_of_json(),
    ".geojson": shapes(),
}
DAMAGE = st.lists(
    st.tuples(st.sampled_from(["put", "cut", "end", "zero"]), st.floats(0, 1), st.binary(min_size=1, max_size=6)),
    min_size=1,
    max_size=4,
)


def damaged(content, damage):
    for what, where, junk in damage:
        at = int(where * len(content))
        if what == "put":
            content = content[:at] + junk + content[at:]
        elif what == "cut":
            content = content[:at] + content[at + 40 * len(junk) :]
        elif what == "end":
            content = content[:at]
        else:
            content = content[:at] + bytes(len(junk)) + content[at + len(junk) :]
    return content


def said_in_words(error, path):
    """Whether a refusal names its file and says in Chinese what is wrong with it."""
    zh, en = error.said("zh"), error.said("en")
    return path.name in zh and not zh.isascii() and "Traceback" not in en


def read(path):
    """Rows and misshapen rows of a file, as an import and as the page that takes files in see it; None for one that was refused."""
    try:
        chunks = list(readers.read(path, exact=["case_id"]))
    except FeedError as error:
        return None if said_in_words(error, path) else error
    with suppress(FeedError):
        guesses(peek(path), {})
    return sum(len(chunk.rows) for chunk in chunks), [bad for chunk in chunks for bad in chunk.misshapen]


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_a_damaged_file_is_read_or_refused_in_words(path, kind):
    @given(DAMAGE)
    @settings(max_examples=25 if kind == ".geojson" else 60, deadline=None, suppress_health_check=SUPPRESSED)
    def holds(damage):
        place = path.with_suffix(kind)
        place.write_bytes(damaged(WHOLE[kind], damage))
        found = read(place)
        assert found is None or all(bad.row > 0 and bad.zh and bad.wanted for bad in found[1])

    holds()


@given(st.binary(max_size=300), st.sampled_from([".csv", ".jsonl", ".xlsx", ".gpkg", ".json"]))
@settings(max_examples=60, deadline=None, suppress_health_check=SUPPRESSED)
def test_bytes_that_mean_nothing_are_refused_in_words(path, content, suffix):
    place = path.with_suffix(suffix)
    place.write_bytes(content)
    found = read(place)
    assert found is None or len(found) == 2


@given(DAMAGE, st.sampled_from([".csv", ".gbk.csv", ".jsonl", ".xlsx"]))
@settings(max_examples=25, deadline=None, suppress_health_check=SUPPRESSED)
def test_a_damaged_file_is_imported_with_every_row_accounted_for(store, path, damage, kind):
    place = path.with_suffix(kind)
    place.write_bytes(damaged(WHOLE[kind], damage))
    try:
        receipt = city.deliver(store, "cases", place, KNOWN, dry_run=True)
    except FeedError:
        return
    taken = sum(receipt.outcomes.get("person", {}).values())
    assert receipt.rows_read == taken + receipt.rows_rejected + receipt.duplicates


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_the_page_answers_a_damaged_file_in_words(built, tmp_path, kind):
    own = Office.copy(tmp_path, built)
    content = WHOLE[kind]
    halves = [content[: len(content) // 2], content[:-20] + bytes(20), bytes(20) + content, b"\xff\xfe" + content]
    for half in halves:
        answer = own.browser(CITY).post(f"/imports/upload?name=x{kind}", data=half)
        assert answer.status_code in (201, 400), answer.get_data(as_text=True)
        assert answer.status_code == 201 or answer.get_json()["zh"]


GROWS = "".join(
    f'<!ENTITY {name} "{before * 10}">' for name, before in (("b", "&a;"), ("c", "&b;"), ("d", "&c;"), ("e", "&d;"))
)
ENTITIES = {
    "entities that grow": f'<!DOCTYPE x [<!ENTITY a "{"0123456789" * 1000}">{GROWS}]>',
    "another file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>',
}


def with_part(path, name, content):
    """The whole workbook with one part changed; `content` gets what it was."""
    with zipfile.ZipFile(io.BytesIO(WHOLE[".xlsx"])) as book, zipfile.ZipFile(path, "w") as changed:
        for part in book.namelist():
            changed.writestr(part, content(book.read(part)) if part == name else book.read(part))
    return path


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "docProps/core.xml"])
@pytest.mark.parametrize("kind", sorted(ENTITIES))
def test_a_workbook_that_asks_for_more_than_it_holds_gets_nothing(tmp_path, kind, part):
    secret = tmp_path / "secret"
    secret.write_text("nobody reads this")
    entity = ENTITIES[kind].replace("{secret}", str(secret)).encode()
    asks = re.compile(rb">([^<>]+)</|/>$")  # the first text, or the end
    path = with_part(
        tmp_path / "x.xlsx", part, lambda was: entity + asks.sub(rb">&e;</", was.split(b"?>")[-1].strip(), count=1)
    )
    try:
        found = [chunk.rows.to_string() for chunk in readers.read(path)]
    except FeedError as error:
        found = [error.said("zh"), error.said("en")]
    assert "nobody reads this" not in "".join(found)
    assert len("".join(found)) < 100_000


@pytest.mark.parametrize("ask", [lambda path: list(readers.read(path)), readers.choices, readers.unread])
def test_a_workbook_without_sheets_is_refused_in_words(tmp_path, ask):
    nothing = b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>'
    with pytest.raises(FeedError) as refused:
        ask(with_part(tmp_path / "none.xlsx", "xl/workbook.xml", lambda was: nothing))
    assert "没有含单元格的工作表" in refused.value.zh
