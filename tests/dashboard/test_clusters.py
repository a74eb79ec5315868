"""Clusters at the desk: not searched, searched in the background, kept, drawn, and only for whom the gate allows."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard.__main__ import main
from dashboard.access import Gate
from dashboard.app import create_app
from dashboard.desk import Desk
from dashboard.map import deck_spec
from dashboard.pages import Asked, _clusters
from dashboard.pages import clusters as page
from dashboard.roles import AccessError, Person
from dashboard.settings import Settings
from dashboard.tables import TableStore
from layers.decisions import clusters
from layers.decisions.cluster_map import paint
from layers.store import open_store
from tests import city
from tests.dashboard.test_jobs import finished

NAMES = "春夏秋冬东南西北金木水火"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A district of 36 compounds, 900 m apart, one or two cases in each third one, and a dozen in three that are neighbours."""
    folder = tmp_path_factory.mktemp("clusters")
    address = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(address, "drill"), folder)
    places = [
        (
            {
                "compound_id": f"K{n}",
                "name": f"{NAMES[n // 6]}{NAMES[6 + n % 6]}苑",
                "district": "江岸区",
                "street": f"第{n // 9}街道",
                "community": f"第{n // 3}社区",
                "households": 400,
                "population": 1000,
            },
            city.square((n % 6) * 0.8, 1 + (n // 6) * 0.4, 0.2),
        )
        for n in range(36)
    ]
    city.deliver(store, "compounds", city.geojson(folder / "k.geojson", places), "2020-01-02T08:00", datum="wgs84")
    ill = [*range(0, 36, 3), *(n for n in (14, 15, 20) for _ in range(12))]
    rows = [
        {"case_id": str(i), "address": f"江岸区{places[n][0]['name']}1栋{i}室", "status_at": "2020-02-08"}
        for i, n in enumerate(ill)
    ]
    city.cases(
        store, folder, "2020-02-10T18:00", *rows, {"case_id": "x", "address": "不知道", "status_at": "2020-02-08"}
    )
    store.close()
    return address


@pytest.fixture
def desk(url, monkeypatch):
    fewer = tuple(
        replace(rule, params={**rule.params, "replicates": 99}) if rule.topic == "cluster-scan" else rule
        for rule in clusters.held.__globals__["in_force"].__globals__["all_rules"]()
    )
    monkeypatch.setitem(clusters.held.__globals__["in_force"].__globals__, "all_rules", lambda: fewer)
    clusters._in_memory.clear()
    store = open_store(url, "drill")
    settings = Settings(store=url)
    yield Desk(settings, store, Gate(settings), TableStore())
    store.close()
    for path in store.cache.glob("clusters-*.json"):
        path.unlink()


def asked(desk, search="", path="/clusters"):
    return Asked.at(desk, desk.gate.visitor, path, search)


def written(component):
    return json.dumps(component.to_plotly_json(), default=lambda c: c.to_plotly_json(), ensure_ascii=False)


def test_not_searched_is_not_no_clusters_and_offers_the_search(desk):
    told = written(_clusters.panel(asked(desk, "?lang=en")))
    assert "not the same as no clusters" in told
    assert "/search/clusters?lang=en" in told
    assert page.scene(asked(desk)).paint == {}


def test_search_is_kept_and_the_page_shows_evidence_and_who_was_not_placed(desk):
    who, view = desk.gate.visitor, asked(desk).here.view
    found = desk.search_clusters(who, view)
    assert set(found.clusters["codes"].iloc[0]) >= {"K14", "K15", "K20"}
    assert desk.clusters(who, view).to_json() == found.to_json()
    told = written(_clusters.panel(asked(desk, "?lang=en")))
    assert "by chance" in told
    assert "1 more in no compound" in told
    assert "99 replicates" in told
    assert "streets" in told


def test_the_map_has_a_ring_and_the_members_with_their_evidence(desk):
    who, view = desk.gate.visitor, asked(desk).here.view
    found = desk.search_clusters(who, view)
    frame = desk.frames(who, view, ["clusters"])["clusters"]
    rows = paint(found, frame, "en")
    best = rows[rows["id"].isin(found.clusters["codes"].iloc[0])]
    assert (best["circle_m"] > 0).sum() == 1
    assert (best["dot_m"] > 0).all()
    assert set(best["observed"]) == {found.clusters["observed"].iloc[0]}
    ring = best[best["circle_m"] > 0].merge(frame, on="id").iloc[0]
    members = frame[frame["id"].isin(best["id"])]
    far = np.hypot((members["lon"] - ring["lon"]) * 95_800, (members["lat"] - ring["lat"]) * 110_900)
    assert far.max() <= ring["circle_m_x"]
    spec = deck_spec({"clusters": frame}, "t", tables=desk.tables, paint=page.scene(asked(desk)).paint)
    assert [one["@@type"] for one in spec["layers"]] == ["ScatterplotLayer"] * 2
    assert ["p", "p-value", ""] in deck_spec({"clusters": frame}, "t", tables=desk.tables, lang="en")["layers"][1][
        "hover"
    ]


def test_one_compound_has_no_clusters_and_the_page_says_so(desk):
    at = asked(desk, "?area=compound:K1&lang=en")
    assert _clusters.panel(at) is None
    assert "One compound has no clusters" in written(page.layout(at))


def test_nobody_searches_outside_their_area(desk):
    other = Person("江汉值班", "district", "420103")
    with pytest.raises(AccessError):
        desk.search_clusters(other, asked(desk).here.view.narrowed("420102"))


def test_the_search_runs_as_a_job_that_is_watched_and_fetched(desk):
    client = create_app(desk.settings, desk.store).server.test_client()
    started = client.post("/search/clusters?area=420102")
    assert started.status_code == 202
    job = finished(client, started.get_json())
    assert (job["state"], job["done"]) == ("done", 198)  # compounds and communities; the streets are too few to scan
    kept = client.get(f"/job/{job['id']}/file").get_json()
    assert kept["area"] == "420102"
    assert kept["clusters"][0]["p"] == 0.01
    assert desk.clusters(desk.gate.visitor, asked(desk, "?area=420102").here.view) is not None


def test_a_cancelled_search_keeps_nothing(desk):
    client = create_app(desk.settings, desk.store).server.test_client()
    job = client.post("/search/clusters").get_json()
    assert client.post(f"/job/{job['id']}/cancel").get_json()["state"] == "cancelled"
    assert desk.clusters(desk.gate.visitor, asked(desk).here.view) is None


def test_the_terminal_searches_once_and_says_the_same(desk, url, capsys, tmp_path):
    out = tmp_path / "clusters.json"
    assert main(["clusters", "--store", url, "--out", str(out)]) == 0
    first = capsys.readouterr().out
    assert "expected, LLR" in first
    assert "1 cases not placed" in first
    assert pd.DataFrame(json.loads(out.read_text("utf-8"))["clusters"])["rank"].iloc[0] == 1
    assert main(["clusters", "--store", url]) == 0
    assert capsys.readouterr().out == first
