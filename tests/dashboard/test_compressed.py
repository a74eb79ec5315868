"""What leaves the server is gzipped, once for what never changes, and says that it may be kept."""

import gzip

import pytest

from dashboard.app import create_app
from dashboard.settings import Settings
from layers.store import open_store
from tests import city


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compressed")
    store = city.found(open_store(f"sqlite:///{folder / 's.db'}", "drill"), folder)
    return create_app(Settings(store=f"sqlite:///{folder / 's.db'}"), store).server.test_client()


def test_a_style_sheet_is_gzipped_and_kept_for_ever(client):
    plain = client.get("/assets/tokens.css?m=1")
    packed = client.get("/assets/tokens.css?m=1", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert "immutable" in packed.headers["Cache-Control"]
    assert client.get("/assets/tokens.css?m=1", headers={"Accept-Encoding": "gzip"}).data == packed.data


def test_an_asset_without_its_time_is_asked_for_again(client):
    assert "immutable" not in client.get("/assets/tokens.css").headers.get("Cache-Control", "")


def test_small_answers_and_gzipped_ones_pass_as_they_are(client):
    assert "Content-Encoding" not in client.get("/pulse", headers={"Accept-Encoding": "gzip"}).headers
    layout = client.get("/_dash-layout", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(layout.data) == client.get("/_dash-layout").data
