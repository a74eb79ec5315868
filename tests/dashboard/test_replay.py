"""What was known when: later deliveries change no page, plan or print of an earlier knowledge time."""

import json

import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboard.access import Gate
from dashboard.desk import Desk
from dashboard.doors import has_view
from dashboard.downloads import print_briefing
from dashboard.pages import Asked, all_pages
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import Here
from layers._times import parse_time
from layers.store import open_store
from tests import city

KNOWN = "2020-02-12T18:00"


@pytest.fixture
def store(tmp_path):
    store = city.found(open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill"), tmp_path)
    city.cases(store, tmp_path, KNOWN, {"case_id": "1"}, {"case_id": "2", "status": "疑似"})
    return store


def shown(layout):
    """A page as it goes to the browser, without what tells of the house and not of the city.

    The time machine's curve reaches as far as the store does; the register of prints counts those made in between.
    """
    text = json.dumps(layout, cls=PlotlyJSONEncoder)
    return json.loads(text, object_hook=lambda node: None if _is_of_the_house(node) else node)


def _is_of_the_house(node):
    return "data-time" in node or node.get("className") == "briefing-side"


def told(store, folder, known_at):
    """Everything that a person could take away at a knowledge time, from a desk that remembers nothing."""
    settings = Settings(store="")
    desk = Desk(settings, store, Gate(settings), TableStore())
    view = store.view(as_of=parse_time("2020-02-12"), known_at=parse_time(known_at))
    who = desk.gate.visitor
    both = frozenset({"as_of", "known_at"})
    asked = {path: Asked(Here(path, view, fixed=both), who, desk) for path in all_pages() if has_view(path)}
    pages = {path: shown(all_pages()[path].layout(asked[path])) for path in asked}
    paper = print_briefing(desk, "lockdown", Here("/", view), folder / "paper.pdf", who)
    plans = [desk.plan(who, kind, view).to_json() for kind in ("lockdown", "beds", "staff", "supplies")]
    return desk.counts(who, view).to_json(), plans, pages, paper.read_bytes()


def test_later_deliveries_change_nothing_that_was_told_before(store, tmp_path):
    before = told(store, tmp_path, KNOWN)
    later = {"case_id": "3", "status_at": "2020-02-04"}  # back-dated: it happened before, and was known later
    city.cases(store, tmp_path, "2020-02-20T18:00", later, {"case_id": "2", "withdrawn": "是"})
    assert told(store, tmp_path, KNOWN) == before
    after = told(store, tmp_path, "2020-02-21")
    assert after[:2] != before[:2]
    assert after[2]["/lockdown"] != before[2]["/lockdown"]
