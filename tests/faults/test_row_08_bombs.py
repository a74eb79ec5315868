"""Row 8, archives that unpack to a thousand times their size: refused by what they declare and by what they hold, at once and in little memory."""

import time
import tracemalloc
import zipfile

import pytest

from layers._errors import FeedError
from layers.intake import readers, workbooks
from layers.store import open_store
from tests import city
from tests.office import CITY, Office

MB = 1 << 20
PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/media/image1.png")


def bomb(path, size, parts=PARTS[:1], declares=None):
    """An archive whose parts unpack to `size` bytes each; `declares` is what its directory says of the last one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name in parts:
            with book.open(name, "w", force_zip64=True) as part:
                for _ in range(size // MB):
                    part.write(bytes(MB))
    if declares is not None:
        content = bytearray(path.read_bytes())
        at = content.rindex(b"PK\x01\x02")
        content[at + 24 : at + 28] = declares.to_bytes(4, "little")
        path.write_bytes(bytes(content))
    return path


def refused(path, ask=lambda path: list(readers.read(path))):
    """The refusal of a file; it takes neither time nor memory."""
    tracemalloc.start()
    begun = time.monotonic()
    with pytest.raises(FeedError) as error:
        ask(path)
    took, (_, peak) = time.monotonic() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 5
    assert peak < 40 * MB
    return error.value


def test_what_declares_too_much_is_not_even_unpacked(tmp_path, monkeypatch):
    path = bomb(tmp_path / "b.xlsx", 300 * MB)
    assert path.stat().st_size < MB  # a thousandth
    monkeypatch.setattr(workbooks, "_count", None)
    error = refused(path)
    assert "314,572,800" in error.said("en")
    assert "压缩炸弹" in error.said("zh")


def test_what_is_small_part_by_part_is_added_up(tmp_path):
    many = [f"xl/worksheets/sheet{n}.xml" for n in range(30)]
    assert "压缩炸弹" in refused(bomb(tmp_path / "b.xlsx", 2 * MB, many)).said("zh")


@pytest.mark.parametrize("part", PARTS)
def test_what_holds_more_than_it_declares_is_unpacked_no_further(tmp_path, part):
    """The directory says 900 bytes; reading ends there, and the rest never reaches the memory."""
    error = refused(bomb(tmp_path / "b.xlsx", 300 * MB, [part], declares=900))
    assert not error.said("zh").isascii()


def test_what_is_counted_is_judged_too(tmp_path, monkeypatch):
    """Were the declared sizes not looked at, the counted ones would be enough."""
    monkeypatch.setattr(workbooks, "_judge", lambda path, n, packed, judge=workbooks._judge: n > 100 * MB or judge(path, n, packed))  # fmt: skip
    error = refused(bomb(tmp_path / "b.xlsx", 300 * MB))
    assert "压缩炸弹" in error.said("zh")
    assert "314,572,800" not in error.said("en")  # it was stopped on the way


@pytest.mark.parametrize("ask", [readers.choices, readers.unread], ids=["sheets", "sheets left aside"])
def test_who_only_asks_for_sheets_is_safe_too(tmp_path, ask):
    assert "压缩炸弹" in refused(bomb(tmp_path / "b.xlsx", 300 * MB), ask).said("zh")


@pytest.mark.parametrize("name", ["b.gpkg", "b.geojson", "b.json", "b.jsonl", "b.csv"])
def test_an_archive_under_another_name_is_not_unpacked(tmp_path, name):
    assert not refused(bomb(tmp_path / name, 300 * MB)).said("zh").isascii()


@pytest.mark.parametrize("name", ["b.zip", "b.shp.zip", "b.gpkg.zip", "b.kmz", "b.shz", "b.csv.gz"])
def test_no_archive_of_shapes_or_tables_is_taken_at_all(tmp_path, name):
    assert "格式为" in refused(bomb(tmp_path / name, MB)).said("zh")


def test_an_import_and_the_page_refuse_it_and_write_nothing(built, tmp_path):
    path = bomb(tmp_path / "b.xlsx", 300 * MB)
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill")
    before = store.revision(store.latest())
    refused(path, lambda path: city.deliver(store, "cases", path, "2020-02-10T18:00"))
    assert store.revision(store.latest()) == before
    store.close()
    own = Office.copy(tmp_path, built)
    client = own.browser(CITY)
    answer = client.post("/imports/upload?name=b.xlsx", data=path.read_bytes())
    assert (answer.status_code, "压缩炸弹" in answer.get_json()["zh"]) == (400, True)
    assert client.post("/imports/upload?name=b.zip", data=path.read_bytes()).status_code == 400
    assert client.get("/readyz").status_code == 200
