"""The GeoPackage of a briefing: the rows of the workbook and the shapes of the map, the same bytes for the same state."""

from dataclasses import replace
from threading import Event

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from dashboard.briefing import write
from dashboard.briefing.geopackage import Package
from dashboard.briefing.issuing import code_in
from layers._errors import Cancelled
from layers._times import to_ms
from tests.dashboard.test_briefing_office import briefing, figures_of

__all__ = ["briefing"]


def as_form(said, form):
    return replace(said, choice=replace(said.choice, form=form))


@pytest.fixture(scope="module")
def package(briefing, tmp_path_factory):
    return write(as_form(briefing, "gpkg"), tmp_path_factory.mktemp("gpkg") / "b.gpkg")


def rows(package, table):
    return gpd.read_file(package, layer=table)


def test_the_same_briefing_is_the_same_bytes_and_bears_its_code(briefing, package, tmp_path):
    assert write(as_form(briefing, "gpkg"), tmp_path / "again.gpkg").read_bytes() == package.read_bytes()
    assert code_in(package.read_bytes()) == briefing.code
    told = gpd.read_file(package, sql="SELECT DISTINCT last_change FROM gpkg_contents", sql_dialect="SQLITE")
    assert [to_ms(one.to_pydatetime()) // 1000 for one in told["last_change"]] == [to_ms(briefing.known_at) // 1000]


def test_it_holds_every_table_of_the_workbook_row_for_row(briefing, package, tmp_path):
    book = openpyxl.load_workbook(write(as_form(briefing, "xlsx"), tmp_path / "b.xlsx"))
    tables = [name for name, kind in pyogrio.list_layers(package) if kind is None]
    assert len(tables) == len(book.sheetnames)
    for table, sheet in zip(tables, book, strict=True):
        found = rows(package, table)
        assert (table, len(found), len(found.columns)) == (table, sheet.max_row - 1, sheet.max_column)
    figures = rows(package, "city_figures")
    assert figures.iloc[:, 0].tolist() == [one.name for one in figures_of(briefing) if one.code in set(figures.iloc[:, -1])][: len(figures)]  # fmt: skip
    assert figures.iloc[:, 1].dtype.kind == "f"


def test_every_footnote_leads_to_its_query_and_receipts(briefing, package):
    notes = rows(package, "footnote")
    assert notes.iloc[:, 0].tolist() == list(briefing.footnotes)
    assert rows(package, "receipt").iloc[:, 0].tolist() == list(briefing.receipts)


def test_shapes_are_those_of_the_map_in_degrees(package):
    compounds, districts, hospitals = (rows(package, one) for one in ("compound", "district", "hospital"))
    assert {str(one.crs) for one in (compounds, districts, hospitals)} == {"EPSG:4326"}
    assert (sorted(compounds["code"]), sorted(districts["code"])) == (
        ["C1", "C2", "C3", "C4", "C5"],
        ["420102", "420103"],
    )
    assert set(compounds.geom_type) == {"MultiPolygon"}
    assert set(hospitals.geom_type) == {"Point"}
    assert compounds.set_index("code").loc["C1", "now_confirmed"] == 1
    assert compounds["action"].notna().all()
    assert compounds["footnote"].str.startswith("F-").all()


def test_columns_of_any_name_become_different_ones(tmp_path):
    package = Package(tmp_path / "x.gpkg")
    package.sheet(
        "表", ["fid", "A", "a", "", ""], [[1, "x", None, 2.5, float("nan")], [2, None, "=y", 3, None]], "mixed"
    )
    found = rows(package.path, "mixed")
    assert list(found.columns) == ["fid 2", "A", "a 2", "label", "label 2"]
    assert found["a 2"].tolist()[1] == "=y"
    assert found["label 2"].isna().all()


def test_stopped_on_the_way_nothing_is_left(briefing, tmp_path):
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled, match="nothing was written"):
        write(as_form(briefing, "gpkg"), tmp_path / "b.gpkg", cancel=stop)
    assert not list(tmp_path.iterdir())
