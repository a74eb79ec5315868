"""Geometry on a server with PostGIS: made by the database of what every store holds, and missed by nobody where it is not there."""

import uuid

import psycopg
import pytest

from layers.store import geometry, migrations, soundness
from tests import city, databases

TOLD = "SELECT count(*), count(geom), bool_and(st_srid(geom) = 4326) FROM"


@pytest.fixture(scope="module")
def template(postgres):
    name = f"gis{uuid.uuid4().hex}"
    if databases.with_postgis(postgres, name) is None:
        pytest.skip(
            "PostGIS is not installed (make test installs it as root; by hand: apt-get install postgresql-15-postgis-3)"
        )
    return name


@pytest.fixture
def gis(postgres, template):
    """The URL of an empty database with PostGIS."""
    return databases.database(postgres, f"t{uuid.uuid4().hex}", template)


def filled(url, folder):
    store = city.found(databases.opened(url, folder, "drill"), folder)
    place = {"lon": 114.205, "lat": 30.505}
    path = city.table(folder / "cases.csv", [city.CASE | place, city.CASE | {"case_id": "2"}])
    city.deliver(store, "cases", path, "2020-02-10T18:00", datum="wgs84")
    return store


def asked(store, statement):
    with store.engine.connect() as connection:
        return connection.exec_driver_sql(statement).all()


def columns(store):
    with store.engine.connect() as connection:
        return set(geometry.SHAPED) - set(geometry.missing(connection))


def test_the_database_fills_it_from_degrees_and_outlines(gis, tmp_path):
    store = filled(gis, tmp_path)
    assert asked(store, f"{TOLD} compound") == [(5, 5, True)]
    assert asked(store, "SELECT bool_and(st_asbinary(geom) = shape) FROM compound") == [(True,)]
    within = "SELECT count(*) FROM compound p JOIN compound c ON st_contains(c.geom, st_point(p.lon, p.lat, 4326)) WHERE c.code = 'C1'"
    assert asked(store, within) == [(1,)]
    store.close()


def test_a_box_is_answered_from_the_index(gis, tmp_path):
    store = filled(gis, tmp_path)
    box = "SELECT code FROM compound WHERE geom && st_makeenvelope(114.2, 30.5, 114.21, 30.51, 4326)"
    with store.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # five compounds are read faster without it
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {box}").scalars())
        assert geometry.index_of("compound") in plan
        assert connection.exec_driver_sql(box).scalars().all() == ["C1"]
    store.close()


def test_a_step_down_and_up_again_with_data(gis, tmp_path):
    store = filled(gis, tmp_path)
    with store.writing() as connection:
        migrations.take_down(connection, "9")
    assert columns(store) == set()
    store.close()
    back = databases.opened(gis, tmp_path, "drill")
    assert columns(back) == set(geometry.SHAPED)
    assert asked(back, f"{TOLD} compound") == [(5, 5, True)]
    assert soundness.examine(back, lambda *_: None).sound
    back.close()


def test_a_store_lives_without_postgis_and_takes_it_up_when_it_comes(gis, tmp_path):
    with psycopg.connect(gis.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP EXTENSION postgis")
    store = filled(gis, tmp_path)
    assert columns(store) == set()
    found = soundness.examine(store, lambda *_: None)
    assert found.sound
    assert any("PostGIS is not in this database" in one for one in found.notes)
    store.close()
    with psycopg.connect(gis.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA maps")
        connection.execute("CREATE EXTENSION postgis SCHEMA maps")
    back = databases.opened(gis, tmp_path, "drill")
    assert columns(back) == set(geometry.SHAPED)
    assert asked(back, "SELECT count(*) FROM compound WHERE geom IS NOT NULL") == [(5,)]
    assert not any("PostGIS" in one for one in soundness.examine(back, lambda *_: None).notes)
    back.close()


def test_tables_of_other_extensions_lie_beside_a_store_and_are_none_of_its_own(gis, tmp_path):
    """The image postgis/postgis makes each database so."""
    with psycopg.connect(gis.replace("+psycopg", ""), autocommit=True) as keeper:
        for name in ("postgis_topology", "fuzzystrmatch", "postgis_tiger_geocoder"):
            if keeper.execute("SELECT FROM pg_available_extensions WHERE name = %s", (name,)).fetchone() is None:
                pytest.skip(f"the extension {name} is not installed: apt-get install postgresql-contrib")
            keeper.execute(f"CREATE EXTENSION {name}")
    store = filled(gis, tmp_path)
    found = soundness.examine(store, lambda *_: None)
    assert (found.sound, found.wrong) == (True, ())
    store.close()
    again = databases.opened(gis, tmp_path, "drill")
    with again.engine.connect() as connection:
        assert migrations.differences(connection) == []
    again.close()
