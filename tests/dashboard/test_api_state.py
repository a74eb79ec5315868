"""Whether the server lives, can be worked with, and how it fares: yes or no for anybody, more for who may know."""

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from sqlalchemy.exc import OperationalError

from dashboard.watch import LEAST_FREE
from layers.store import migrations, readiness, tokens
from layers.store.tokens import Token
from tests import city
from tests.office import ADMIN, AUDITOR, CITY, PUBLIC, Office

LATER = datetime.now(UTC) + timedelta(days=30)
WHOLE = {
    "ok",
    "schema_is_current",
    "disk_free_bytes",
    "disk_is_low",
    "last_delivery_at",
    "last_delivery_age_s",
    "revision",
}


@pytest.fixture
def place(built, tmp_path):
    return Office.copy(tmp_path, built)


@pytest.fixture
def watch(place):
    """Ask as the program that watches over the server."""
    head = {
        "Authorization": "Bearer " + tokens.add(place.store, "root", Token(0, "watch", "a", rights=("metrics",)), LATER)
    }
    return lambda path: place.anybody().get(path, headers=head)


def test_readiness_is_told_to_anybody_as_yes_or_no_and_whole_to_who_may_know(place, watch):
    assert place.anybody().get("/readyz").get_json() == {"ok": True}
    for who in (PUBLIC, AUDITOR):
        assert place.browser(who).get("/readyz").get_json() == {"ok": True}
    for who in (CITY, ADMIN):
        assert place.browser(who).get("/readyz").get_json().keys() == WHOLE
    told = watch("/readyz").get_json()
    assert told.keys() == WHOLE
    assert (told["schema_is_current"], told["disk_is_low"]) == (True, False)
    assert told["last_delivery_at"].startswith("2020-02-10T18:00")
    assert told["last_delivery_age_s"] > 365 * 86_400


def test_a_store_that_does_not_answer_is_503_and_recovers_by_itself(place, watch, monkeypatch):
    client = place.browser(CITY)

    def gone(*_a, **_b):
        raise OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(place.store.engine.pool, "connect", gone)
        for one in (place.anybody(), client):
            answer = one.get("/readyz")
            assert (answer.status_code, answer.get_json()) == (503, {"ok": False})
            assert one.get("/healthz").status_code == 200
        answer = watch("/api/v1/counts")
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
        assert answer.headers["Retry-After"] == "10"
        assert "select" not in answer.get_data(as_text=True)
    assert watch("/readyz").status_code == 200


def test_another_schema_is_not_ready_and_a_full_disk_is_told(place, watch, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(migrations, "HEAD", "999")
        assert watch("/readyz").status_code == 503
    usage = shutil.disk_usage("/")._replace(free=LEAST_FREE - 1)
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda _: usage)
    answer = watch("/readyz")
    assert (answer.status_code, answer.get_json()["disk_is_low"]) == (200, True)


def measured(text):
    return {
        (sample.name, *sample.labels.values()): sample.value for family in families(text) for sample in family.samples
    }


def test_metrics_tell_requests_deliveries_ages_and_work(place, watch, tmp_path):
    for _ in range(3):
        watch("/api/v1/nothing")
    watch("/api/v1/counts?area=somebody")
    answer = watch("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    text = answer.get_data(as_text=True)
    found = measured(text)
    assert found["fangyi_requests_total", "/<path:path>", "GET", "404"] == 3
    assert found["fangyi_requests_total", "/api/v1/counts", "GET", "403"] == 1
    assert found["fangyi_request_seconds_count", "/<path:path>"] == 3
    assert found["fangyi_store_ready",] == 1
    assert found["fangyi_jobs_waiting",] == 0
    assert found["fangyi_intake_rows_total", "beds", "new"] == 3
    assert found["fangyi_feed_age_seconds", "cases"] > 365 * 86_400
    assert ("fangyi_feed_age_seconds", "contacts") not in found  # which never came
    assert "somebody" not in text
    before = found["fangyi_revision",]
    city.cases(place.store, tmp_path, "2020-02-11T18:00", {"case_id": "9"}, {"case_id": "8", "status": "?"})
    found = measured(watch("/metrics").get_data(as_text=True))
    assert found["fangyi_revision",] == before + 1
    assert found["fangyi_intake_rows_total", "cases", "rejected"] == 1


def test_metrics_name_no_address_that_somebody_typed(place, watch):
    for path in ("/api/v1/orders/张三/acknowledge", "/nobody/13912345678", "/api/v1/feeds/13912345678/records"):
        watch(path)
    text = watch("/metrics").get_data(as_text=True)
    assert not re.search("13912345678|张三", text)
