"""What screens and prints say when a feed has fallen silent: it stands before the figures, and no district is low."""

import json
import shutil
import subprocess

import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboard.access import Gate
from dashboard.desk import Desk
from dashboard.downloads import print_briefing
from dashboard.pages import Asked, all_pages
from dashboard.pages.lockdown import risk_list
from dashboard.settings import Settings
from dashboard.tables import TableStore
from dashboard.view import read
from layers.store import open_store
from tests import city

TOLD = {
    "zh": "“病例”超期：末次报送2020-02-18 18:00（承诺24小时）",
    "en": "Cases overdue: last delivery 2020-02-18 18:00 (promised every 24 h)",
}
UNKNOWN = {"zh": "风险未定", "en": "Undetermined"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("silence")
    store = city.found(open_store(f"sqlite:///{folder / 'store.db'}", "drill"), folder)
    city.no_news(store, folder, "2020-02-17")
    city.no_news(store, folder, "2020-02-18")
    settings = Settings(store="")
    return Desk(settings, store, Gate(settings), TableStore())


def asked(desk, path, search):
    return Asked(read(path, search, desk.store), desk.gate.visitor, desk)


def drawn(component):
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/lockdown", "/wall"])
def test_the_overdue_feed_stands_before_the_list(desk, path, lang):
    page = all_pages()[path]
    late = drawn(page.layout(asked(desk, path, f"?as_of=2020-03-25&lang={lang}")))
    assert TOLD[lang] in late
    assert late.index(TOLD[lang]) < late.index('"tiles"' if path == "/lockdown" else '"empty"')
    assert TOLD[lang] not in drawn(page.layout(asked(desk, path, f"?as_of=2020-02-18&lang={lang}")))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_risk_list_says_undetermined_by_text_and_symbol(desk, lang):
    def levels(as_of):
        here = asked(desk, "/lockdown", f"?as_of={as_of}&lang={lang}")
        return drawn(risk_list(here, desk.plan(here.who, "lockdown", here.here.view)))

    late = levels("2020-03-25")
    assert late.count(UNKNOWN[lang]) == 3  # two districts and the urban area
    assert '"children": "?"' in late
    assert TOLD[lang] in late
    assert UNKNOWN[lang] not in levels("2020-02-18")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext of poppler-utils reads the print")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_first_sheet_of_the_briefing_says_so(desk, tmp_path, lang):
    here = read("/", f"?as_of=2020-03-25&lang={lang}", desk.store)
    paper = print_briefing(desk, "lockdown", here, tmp_path / "paper.pdf", desk.gate.visitor)
    cover, *rest = subprocess.run(
        ["pdftotext", "-layout", str(paper), "-"], capture_output=True, check=True, text=True
    ).stdout.split("\f")
    assert {"zh": "“病例”超期", "en": "Cases overdue"}[lang] in cover
    assert {"zh": "风险未定", "en": "undetermined"}[lang] in "".join(rest)
