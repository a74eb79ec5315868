"""Files as they come: each fault is named with file, row, column, found and wanted, in both languages, and nothing is half-written."""

import io
import zipfile

import openpyxl
import pytest

from layers._errors import FeedError
from layers.intake import workbooks
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.notes import shown_notes
from layers.intake.workbooks import LARGEST, formulas
from layers.store import open_store
from tests import city

CASE = city.CASE


@pytest.fixture
def store(tmp_path):
    return city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def bomb(path, declared=None):
    """A workbook whose sheet unpacks to a thousand times its size."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book,
        book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(40):
            part.write(bytes(1 << 20))
    if declared is not None:  # what the directory of the archive says of its size
        content = bytearray(path.read_bytes())
        at = content.rindex(b"PK\x01\x02")
        content[at + 24 : at + 28] = declared.to_bytes(4, "little")
        path.write_bytes(bytes(content))
    return path


def torn(path):
    """The same workbook, whose sheet lost three bytes in the middle on its way."""
    with zipfile.ZipFile(path) as book:
        sheet = book.getinfo("xl/worksheets/sheet1.xml")
    content = bytearray(path.read_bytes())
    at = sheet.header_offset + 30 + len(sheet.filename) + sheet.compress_size // 2
    content[at : at + 3] = b"\xff\xff\xff"
    path.write_bytes(bytes(content))
    return path


def csv(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


GOOD = "case_id,address,status,status_at\n"
UNREADABLE = {
    "empty.csv": (lambda p: csv(p, ""), "empty", "空的"),
    "blank.csv": (lambda p: csv(p, "\n"), "no line with column names", "没有列名行"),
    "head.csv": (lambda p: csv(p, GOOD), "no row to import", "没有一行数据"),
    "wrong.csv": (lambda p: csv(p, "甲,乙\n1,2\n"), "'case_id'", "缺少必填列“病例编号”"),
    "twice.csv": (lambda p: csv(p, "case_id,case_id\n1,2\n"), "twice", "列名重复"),
    "nul.csv": (lambda p: csv(p, "case_id\0\n"), "NUL", "空字符"),
    "latin.csv": (lambda p: p.write_bytes(b"case_id\n\xff\xfe\xff\n") and p, "neither UTF-8", "编码"),
    "paper.csv": (lambda p: p.write_bytes(b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n") and p, "is a PDF", "实际是PDF"),
    "book.csv": (lambda p: workbook(p, [["case_id", "status"]]), "XLSX", "XLSX表格"),
    "wide.csv": (lambda p: csv(p, GOOD, "utf-16"), "UTF-16", "UTF-16"),
    "title.xlsx": (lambda p: workbook(p, [["武汉市病例日报表", None], ["case_id", "status"]]), "row 1 holds one value", "像是标题"),
    "groups.xlsx": (lambda p: workbook(p, [["基本信息", None, "地址"], ["a", "b", "c"]]), "row 1, column 2 has no name", "合并单元格"),
    "quote.csv": (lambda p: csv(p, GOOD + '1,"春风里,确诊\n2,x,确诊,2020-02-03\n'), "quotation mark", "引号"),
    "photo.png": (lambda p: csv(p, "x"), "format .png", "格式为.png"),
    "corrupt.xlsx": (lambda p: csv(p, "PK nonsense"), "not a readable XLSX", "不是可读的XLSX"),
    "torn.xlsx": (lambda p: torn(workbook(p, [["case_id"], *([str(n)] for n in range(400))])), "not a readable XLSX", "不是可读的XLSX"),
    "locked.xlsx": (lambda p: p.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)) and p, "password", "密码"),
    "sheet.xlsx": (lambda p: workbook(p, []), "is empty", "是空的"),
    "bomb.xlsx": (bomb, "unpacks", "压缩炸弹"),
    "liar.xlsx": (lambda p: bomb(p, declared=900), "", ""),
    "junk.gpkg": (lambda p: csv(p, "junk"), "not a readable GeoPackage", "不是可读的GeoPackage"),
    "broken.geojson": (lambda p: csv(p, '{"type": "FeatureCollection", "features": ['), "cannot be read", "无法按GEOJSON读取"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_a_file_that_cannot_be_read_says_why_and_writes_nothing(store, tmp_path, name):
    make, en, zh = UNREADABLE[name]
    before = store.revision(store.latest())
    with pytest.raises(FeedError) as refused:
        city.deliver(store, "cases", make(tmp_path / name), "2020-02-10")
    assert en in refused.value.said("en")
    assert zh in refused.value.said("zh")
    assert name in refused.value.said("en")
    assert store.revision(store.latest()) == before


def test_an_archive_that_unpacks_beyond_the_limit_is_refused_by_its_declared_size(tmp_path):
    from layers.intake.workbooks import require_sane

    path = tmp_path / "huge.xlsx"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        book.writestr("a", b"x")
    raw = bytearray(content.getvalue())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (LARGEST + 1).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    with pytest.raises(FeedError, match=f"{LARGEST + 1:,}"):
        require_sane(path)


@pytest.mark.parametrize(
    ("encoding", "mark"), [("gb18030", ""), ("utf-8", "\ufeff"), ("utf-8", "")], ids=["GBK", "BOM", "plain"]
)
def test_encodings_are_found_by_content(store, tmp_path, encoding, mark):
    path = csv(
        tmp_path / "c.csv", f"{mark}病例编号,现住址,状态,状态日期\n1,江岸区春风里3栋,确诊,2020-02-03\n", encoding
    )
    assert city.deliver(store, "cases", path, "2020-02-10").count("new") == 2


def test_a_first_column_of_row_numbers_needs_no_name(store, tmp_path):
    lines = ",病例编号,现住址,状态,状态日期\n0,7,江岸区春风里3栋,确诊,2020-02-03\n"
    found = city.deliver(store, "cases", csv(tmp_path / "c.csv", lines), "2020-02-10")
    assert (found.rows_rejected, city.believed(store, "person")["subject"].tolist()) == (0, ["7"])


HUGE = "x" * 200_000
ROWS = [  # what is wrong, the row's changes, column, what is said of it in Chinese and in English
    ("ragged", "7,a,确诊\n", "整行", "3 个值", "4 values"),
    ("huge", f"7,{HUGE},确诊,2020-02-03\n", "整行", "131,072", "131,072"),
    ("future", "7,a,确诊,2031-02-03\n", "状态日期", "不晚于报送时间", "not later than"),
    ("1970", "7,a,确诊,1970-01-01\n", "状态日期", "空日期", "no date"),
    ("no day", "7,a,确诊,2020-02-30\n", "状态日期", "日期，如 2020-02-12", "a date such as"),
    ("no id", ",a,确诊,2020-02-03\n", "病例编号", "必填", "a value: case number"),
    ("code", "7,a,好转,2020-02-03\n", "状态", "以下之一：疑似、临床诊断", "one of suspected"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "line", "column", "zh", "en"), ROWS, ids=[row[0] for row in ROWS])
def test_a_bad_row_is_told_in_both_languages_and_the_good_one_goes_in(store, tmp_path, what, line, column, zh, en):
    path = csv(tmp_path / "c.csv", GOOD + line + "8,江岸区春风里3栋,确诊,2020-02-03\n")
    found = city.deliver(store, "cases", path, "2020-02-10")
    notes = [{"kind": "rejected", **vars(note)} for note in found.rejected]
    told = {lang: shown_notes(notes, feed_named("cases"), lang).iloc[0].astype(str) for lang in ("zh", "en")}
    assert (told["zh"].iloc[0], told["zh"].iloc[1]) == ("2", column)
    assert zh in " ".join(told["zh"])
    assert en in " ".join(told["en"])
    assert city.believed(store, "person")["subject"].tolist() == ["8"]


@pytest.mark.parametrize(
    ("lon", "lat", "zh", "en"),
    [
        ("30.51", "114.21", "颠倒", "swapped"),
        ("12714000", "3571000", "米", "metres"),
        ("nan", "30.51", "值不符合要求", "not what is wanted"),
        ("inf", "30.51", "值不符合要求", "not what is wanted"),
        ("0", "0", "为零", "zero"),
        ("121.5", "31.2", "辖区之外", "outside the region"),
    ],
)
def test_a_position_that_cannot_be_true_is_named_and_the_person_stays(store, tmp_path, lon, lat, zh, en):
    found = city.cases(store, tmp_path, "2020-02-10T18:00", {"lon": lon, "lat": lat}, datum="wgs84")
    assert any(zh in note.zh and en in note.en for note in found.warned)
    assert city.believed(store, "person")["lon"].isna().all()


def test_numbers_that_were_read_as_ids_are_told(store, tmp_path):
    rows = [["case_id", "status", "status_at"], [7, "确诊", "2020-02-03"], ["008", "确诊", "2020-02-03"]]
    found = city.deliver(store, "cases", workbook(tmp_path / "c.xlsx", rows), "2020-02-10")
    assert [n["en"] for n in found.notices] == [
        "case_id: 1 cells are numbers and were read as ids; zeros before an id are lost: format the column as text"
    ]
    assert sorted(city.believed(store, "person")["subject"]) == ["008", "7"]


@pytest.mark.parametrize("block", [5, 64, workbooks.BLOCK])
def test_formulas_are_counted_and_those_without_a_value_too_however_the_sheet_is_cut(tmp_path, monkeypatch, block):
    monkeypatch.setattr(workbooks, "BLOCK", block)
    path = workbook(tmp_path / "f.xlsx", [["case_id", "age"], ["1", "=1+2"], ["2", 5], ["=A1", "=A2"]])
    assert (formulas(path).cells, formulas(path).empty) == (3, 3)


def test_a_formula_whose_value_nobody_kept_is_told(store, tmp_path):
    rows = [["case_id", "status", "status_at"], ["7", "=A1", "2020-02-03"]]
    found = city.deliver(store, "cases", workbook(tmp_path / "c.xlsx", rows), "2020-02-10")
    assert [note.column for note in found.rejected] == ["status"]
    assert any("formula" in n["en"] and "公式" in n["zh"] for n in found.notices)


def test_an_older_file_says_so(store, tmp_path):
    city.cases(store, tmp_path, "2020-02-10T18:00", {"status_at": "2020-02-09"})
    found = city.cases(store, tmp_path, "2020-02-11T18:00", {"case_id": "2", "status_at": "2020-02-01"})
    assert [n["zh"] for n in found.notices] == ["文件较旧：最晚的日期是 2020-02-01，系统已知到 2020-02-09"]


def test_a_dry_run_says_how_the_counts_would_change(store, tmp_path):
    found = city.cases(store, tmp_path, "2020-02-10T18:00", {}, {"case_id": "2", "status": "疑似"}, dry_run=True)
    assert found.counts == {"confirmed": 1, "suspected": 1}
    assert found.matched.total() == 2
    assert city.believed(store, "person").empty


def test_every_feed_tells_what_it_wants_in_chinese():
    from layers.intake.checking import wanted_or_shape
    from layers.intake.notes import wanted

    for feed in all_feeds().values():
        texts = [(wanted_or_shape(c), c.name) for c in feed.columns] + [(c.wanted, c.column) for c in feed.checks]
        for text, column in texts:
            told = wanted(text, column, feed, "zh")
            assert not told.isascii(), (feed.name, column, text)
