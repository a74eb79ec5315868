"""A city whose feed of cases never came: nobody told, which is not nobody. Every screen, table, map and print says "–", never 0."""

import json
import math
import re

import numpy as np
import openpyxl
import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboard import briefing, drill, scrub
from dashboard.access import Gate
from dashboard.briefing import gathering
from dashboard.briefing.issuing import issue
from dashboard.briefing.query import answer, of_plan
from dashboard.desk import Desk
from dashboard.pages import Asked, _compound, _drill, _lists, _moving, _tiles, _wall_figures, all_pages
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import read
from dashboard.watch import Watch
from layers._palette import UNKNOWN, rgba
from layers.store import open_store
from layers.store.totals import FEEDS, feed_of
from tests import city

COUNTS = ("now_confirmed", "now_clinical", "now_suspected", "new14_counted", "ever_counted", "ever_cured")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Contacts were told, nobody of whom is left; of cases and fever patients nothing ever came."""
    folder = tmp_path_factory.mktemp("unknown")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    row = {"contact_id": "1", "state": city.RELEASED["contacts"][1], "state_at": "2020-01-25"}
    city.deliver(store, "contacts", city.table(folder / "contacts.csv", [row]), "2020-02-10T18:30")
    settings = Settings(store="", var=folder)
    return Desk(settings, store, Gate(settings), TableStore())


def asked(desk, path="/", lang="zh"):
    return Asked(read(path, f"?lang={lang}", desk.store), desk.gate.visitor, desk)


def drawn(component):
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


def test_a_count_belongs_to_the_feed_that_tells_it():
    assert {feed_of(name) for name in COUNTS} == {"cases"}
    assert feed_of("now_contact") == feed_of("ever_contact_released") == "contacts"
    assert feed_of("now_fever") == "fever"
    assert set(FEEDS) == {"cases", "contacts", "fever"}


def test_counts_and_frames_know_what_nobody_told(desk):
    here = asked(desk)
    counts = desk.counts(here.who, here.here.view)
    assert counts[list(COUNTS)].isna().all()
    assert (counts["now_contact"], counts["ever_contact_released"]) == (0, 1)
    assert desk.silent(here.who, here.here.view) == {"cases", "fever"}
    for frame in desk.frames(here.who, here.here.view, ["districts", "compounds", "cases"]).values():
        shown = [name for name in (*COUNTS, "confirmed_now") if name in frame]
        assert shown
        assert frame[shown].isna().all(axis=None)
        assert "now_contact" not in frame or (frame["now_contact"] == 0).all()
        assert not [name for name in frame if str(name).startswith("told_")]


def test_the_map_is_grey_and_has_neither_height_nor_circles(desk):
    here = asked(desk)
    frames = desk.frames(here.who, here.here.view, ["compounds", "cases"])
    assert set(frames["compounds"]["fill_rgba"]) == {rgba(*UNKNOWN)}
    assert set(frames["compounds"]["height"]) == {0}
    assert set(frames["cases"]["radius_confirmed"]) == {0}


def test_tile_table_and_wall_say_the_same(desk):
    here = asked(desk)
    table = _moving.district_table(here)
    cells = re.findall(r'"children": "([^"]*)", "data-scrub": "\d+/\d"', drawn(table))
    assert cells == ["–"] * 6
    assert re.findall(r'"--share": "([^"]+)"', drawn(table)) == ["0.0%"] * 2
    values = re.findall(r'"children": "([^"]*)", "className": "tile-value"', drawn(_tiles.case_tiles(here)))
    assert values == ["–", "–", "–", "0", "–", "–"]
    wall = _wall_figures.written(_wall_figures.numbers(asked(desk, "/wall")))
    assert [wall[name] for name in ("cases", "clinical", "suspected", "contacts", "sealed")] == [
        "–",
        "–",
        "–",
        "0",
        "–",
    ]
    assert wall == _wall_figures.written(_wall_figures.again(asked(desk, "/wall")))


def test_the_way_down_and_the_tables_say_so_too(desk):
    here = asked(desk, "/lockdown")
    found = _drill.children(here, "420102")
    assert found[list(drill.COUNTED)].drop(columns="now_contact").isna().all(axis=None)
    assert ">0<" not in drawn(_drill.panel(here, "420102"))
    rows, _ = _lists.compound_rows(here)
    assert rows[["now_cases", "now_suspected", "new14_counted", "ever_counted"]].isna().all(axis=None)
    assert (rows["now_contact"] == 0).all()
    row = desk.frames(here.who, here.here.view, ["compounds"])["compounds"].iloc[0]
    cells = re.findall(r'"Td", "namespace"|"children": "([^"]*)"\}, "type": "Td"', drawn(_compound.counts(here, row)))
    assert cells.count("–") == 12  # confirmed, clinical, suspected and fever: now, ever, new
    assert cells.count("0") == 3


def test_a_moving_clock_keeps_what_is_not_known(desk):
    here = asked(desk)
    view = here.here.view
    head, columns = scrub.frame_of(desk, here.who, view, scrub.order_of(desk, here.who, view))
    assert head["figures"]["ever_counted"] is None
    assert head["figures"]["now_contact"] == 0
    assert head["districts"] == {}
    assert all(np.isnan(columns[name]).all() for name in scrub.BY_COMPOUND)


def test_the_briefing_and_its_rows_say_so(desk, tmp_path):
    here = asked(desk)
    frames = desk.frames(here.who, here.here.view, gathering.GROUND)
    tables = gathering._counted(desk, here.who, here.here.view, frames, "")
    assert math.isnan(answer(of_plan("counts", "now_confirmed"), tables))
    assert answer(of_plan("counts", "now_contact"), tables) == 0
    assert tables["districts"]["districts"]["now_confirmed"].isna().all()
    choice = briefing.Choice(("situation", "lockdown", "beds"), form="xlsx")
    issue(desk, here.who, here.here, choice, tmp_path / "brief.xlsx")
    book = openpyxl.load_workbook(tmp_path / "brief.xlsx")
    rows = {str(row[0]): row[1] for sheet in book for row in sheet.iter_rows(values_only=True)}
    unknown = (
        "现有确诊",
        "建议封控小区",
        "床位缺口",
        "近7天报告",
        "累计病例",
        "近14天有病例的小区",
        "近14天新增",
    )
    assert [rows[name] for name in unknown] == [None] * len(unknown)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", sorted(set(all_pages()) - {"/imports"}))
def test_every_page_stands(desk, path, lang):
    assert drawn(all_pages()[path].layout(asked(desk, path, lang)))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("situation", ("report_week", "ever", "onset_week", "r")),
        ("lockdown", ("seal", "seal_building", "with_cases_14d")),
        ("beds", ("demand_critical", "demand_suspected", "shortage_light", "demand_7d_severe", "waiting", "unserved")),
    ],
)
def test_a_plan_adds_up_nothing_that_nobody_told(desk, kind, names):
    here = asked(desk)
    plan = desk.plan(here.who, kind, here.here.view)
    assert {name for name in names if not math.isnan(plan.summary[name])} == set()
    if kind == "situation":
        assert plan.tables["report"]["observed"].isna().all()
    if kind == "lockdown":
        rows = plan.tables["compounds"]
        assert rows[["signal", "new_confirmed", "open_suspected", "open_fever"]].isna().all(axis=None)
        assert (rows["open_contact"] == 0).all()
    if kind == "beds":
        assert plan.summary["demand_observed"] == 0  # contacts were told, and nobody of them is left
    assert math.isnan(desk.unplaced(here.who, here.here.view))


def test_the_watch_takes_the_unknown_for_no_fault(desk):
    watch = Watch(desk, "boot")
    watch.check()
    assert "counts" not in watch.faults
