"""Row-level security: trap 1 cannot happen, the servers' role owns nothing, and a store read for an area gives its persons only."""

import uuid

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import ProgrammingError

from layers._errors import StoreError
from layers.store import backups, engine, journal, migrations, roles, row_security, soundness
from layers.store.schema import FACTS, batch, course, person, placement, rejection
from tests import city, databases
from tests.served import made

STATUS = FACTS["person_status"]
PARALLEL = (
    "SET force_parallel_mode = on; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; "
    "SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2"
)
SERIAL = "SET max_parallel_workers_per_gather = 0"


def plain(url):
    """A connection without the store, as whoever has the password of the role could open one."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=False)


@pytest.fixture(scope="module")
def town(postgres, tmp_path_factory):
    """A store that nothing is written to."""
    return made(postgres, tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def served(town):
    """That store as servers open it."""
    store = databases.opened(town.served, town.folder, "drill")
    yield store
    store.close()


def keys(store, table=person):
    return sorted(store.read(select(table.c.key))["key"])


def counted(connection):
    return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in row_security.POLICIES]


@pytest.mark.parametrize("way", [PARALLEL, SERIAL], ids=["parallel", "serial"])
@pytest.mark.parametrize("after", [None, "", "%", "/42%", "/4201", "_", "420102", "/nowhere/"])
def test_trap_1_a_connection_that_states_no_area_reads_nothing(town, way, after):
    """Trap 1 of row security: after COMMIT the setting is '' and not NULL, and workers of a parallel plan see another one."""
    with plain(town.served) as connection:
        connection.execute(way)
        connection.commit()
        assert counted(connection) == [0] * 5  # never set
        connection.execute("SELECT set_config('app.scope', '/420102/', true)")
        assert counted(connection) == [4, 4, 4, 4, 0]
        connection.commit()
        if after is not None:
            connection.execute("SELECT set_config('app.scope', %s, true)", (after,))
        assert counted(connection) == [0] * 5
        plan = "\n".join(row[0] for row in connection.execute("EXPLAIN SELECT count(*) FROM placement"))
        assert ("Gather" in plan) == (way == PARALLEL)


def test_what_looks_for_trap_1_finds_it(town):
    """The policy that everybody writes first gives every row to the next user of the connection; else the test above proves nothing."""
    with psycopg.connect(town.owned.replace("+psycopg", ""), autocommit=True) as owner:
        right = owner.execute(
            "SELECT qual FROM pg_policies WHERE tablename = 'placement' AND policyname = 'within_scope'"
        )
        right = right.fetchone()[0]
        try:
            owner.execute(
                "ALTER POLICY within_scope ON placement USING (scope LIKE current_setting('app.scope', true) || '%')"
            )
            with plain(town.served) as connection:
                connection.execute("SELECT set_config('app.scope', '/420102/', true)")
                connection.commit()
                assert counted(connection)[0] == 5
        finally:
            owner.execute(f"ALTER POLICY within_scope ON placement USING ({right})")


def test_trap_1_reading_for_the_city_ends_with_its_transaction(town, served):
    with served._reads.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql("EXPLAIN SELECT count(*) FROM person").scalars())
        assert "app.scope" not in plan  # the city pays nothing for the policy
        assert connection.exec_driver_sql("SELECT current_user").scalar() == town.whole
    with served.engine.connect() as connection:  # the same connection, given back to the pool
        assert connection.execute(select(func.count()).select_from(person)).scalar() == 0
        assert connection.exec_driver_sql("SELECT current_user").scalar() == town.role


def test_a_store_read_for_an_area_holds_its_persons_only(served):
    assert len(keys(served)) == len(keys(served, STATUS)) == 5
    for area, wanted in {
        ("420102",): ["case:1", "case:2", "case:3", "case:4"],
        ("420103",): ["case:9"],
        ("420102", "一元街道"): ["case:1", "case:2", "case:3", "case:4"],
        ("420102", "一元街道", "C1"): ["case:1", "case:2", "case:3", "case:4"],
        ("420102", "一元街道", "C2"): [],
        ("42010",): [],
        ("",): [],
    }.items():
        theirs = served.within(row_security.path(*area))
        assert keys(theirs) == keys(theirs, placement) == wanted
        assert len(keys(theirs, STATUS)) == len(wanted)
        assert theirs.read(select(rejection.c.id)).empty
        with theirs.snapshot() as connection:
            assert connection.execute(select(func.count()).select_from(person)).scalar() == len(wanted)
    assert len(served.read(select(rejection.c.id))) == 1


@pytest.fixture
def own(postgres, tmp_path):
    """A store to write to."""
    return made(postgres, tmp_path)


def test_servers_write_as_the_role_and_a_sign_of_paths_in_a_name_makes_no_other_area(own):
    served = databases.opened(own.served, own.folder, "drill")
    assert row_security.path("a/b", "50%") == "/a%2Fb/50%25/"
    assert row_security.path("", "s") == "//s/"
    with served.writing() as connection:
        connection.execute(
            placement.update().where(placement.c.key == "case:1").values(street="一元街道/C9", compound="x%")
        )
        connection.execute(placement.update().where(placement.c.key == "case:2").values(compound="C9"))
    assert keys(served.within(row_security.path("420102", "一元街道", "C9"))) == ["case:2"]
    assert keys(served.within(row_security.path("420102", "一元街道/C9", "x%"))) == ["case:1"]
    city.cases(served, own.folder, "2020-02-11T18:00", {"status": "治愈", "status_at": "2020-02-11"}, {"case_id": "7"})
    assert "case:7" in keys(served)
    assert journal.verify(served).whole
    found = soundness.examine(served, lambda *_: None)
    assert (found.sound, [note for note in found.notes if "PostGIS" not in note]) == (True, [])
    served.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE person",
        "ALTER TABLE person DISABLE ROW LEVEL SECURITY",
        "ALTER POLICY within_scope ON person USING (true)",
        "CREATE TABLE mine (id int)",
        "UPDATE journal SET actor = 'nobody'",
        "DELETE FROM journal",
        "TRUNCATE person",
        "DELETE FROM total",
        "UPDATE released SET n = 0",
        "UPDATE meta SET value = '1'",
        "COPY person FROM PROGRAM 'true'",
    ],
)
def test_the_role_owns_nothing_and_takes_nothing_out_of_the_journal(town, statement):
    with plain(town.served) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("signs_in", "takes", "why"),
    [
        ("LOGIN SUPERUSER", "NOLOGIN", "is superuser"),
        ("LOGIN BYPASSRLS", "NOLOGIN", "is BYPASSRLS"),
        ("LOGIN CREATEROLE", "NOLOGIN", "is CREATEROLE"),
        ("NOLOGIN", "NOLOGIN", "cannot sign in"),
        ("LOGIN", "LOGIN", "can sign in"),
        ("LOGIN NOINHERIT", "NOLOGIN BYPASSRLS", "is BYPASSRLS"),
        ("LOGIN INHERIT", "NOLOGIN", "without inheriting"),
        ("LOGIN NOINHERIT IN ROLE {owner}", "NOLOGIN", "belongs to its owner"),
        (None, "NOLOGIN", "is not known"),
    ],
)
def test_roles_that_row_security_would_not_bind_are_refused(town, postgres, signs_in, takes, why):
    role, whole = f"x{uuid.uuid4().hex}", f"y{uuid.uuid4().hex}"
    with psycopg.connect(postgres.format(name="postgres").replace("+psycopg", ""), autocommit=True) as keeper:
        keeper.execute(f"CREATE ROLE {whole} {takes}")
        if signs_in:
            keeper.execute(f"CREATE ROLE {role} {signs_in.format(owner=town.owner)}")
            keeper.execute(f"GRANT {whole} TO {role}")
    store = databases.opened(town.owned, town.folder, "drill")
    with store.writing() as connection, pytest.raises(StoreError, match=why):
        roles.grant(connection, role, whole)
    store.close()


def test_a_file_has_no_roles_and_the_role_grants_nobody(town, served, tmp_path):
    with served.writing() as connection, pytest.raises(StoreError, match="only the owner"):
        roles.grant(connection, town.role, town.whole)
    store = databases.opened(f"sqlite:///{tmp_path / 'file.db'}", tmp_path)
    with store.writing() as connection, pytest.raises(StoreError, match="is a file"):
        roles.grant(connection, town.role, town.whole)
    store.close()


def test_a_step_down_and_up_again_and_a_restore_keep_policies_and_grants(own):
    owner, role, tmp_path = own.owned, own.served, own.folder
    store = databases.opened(owner, tmp_path, "drill")
    with store.writing() as connection:
        migrations.take_down(connection, "10")
    with store.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(person)).scalar() == 5
    store.close()
    with pytest.raises(StoreError, match="let the owner open it once"):
        databases.opened(role, tmp_path, "drill")
    store = databases.opened(owner, tmp_path, "drill")
    out = tmp_path / "city.backup"
    backups.write_receipt(backups.backup(store, out, lambda *_: None), out.with_name(out.name + backups.SIDECAR))
    store.close()
    backups.restore(out, owner, tmp_path / "keys", "drill", lambda *_: None, may_replace=True)
    back = databases.opened(role, tmp_path, "drill")
    assert keys(back.within("/420103/")) == ["case:9"]
    assert len(keys(back)) == 5
    assert back.within("/420103/").read(select(course.c.subject))["subject"].tolist() == ["9"]
    assert len(back.read(select(course.c.subject))) == 5  # told anew under the policies of persons
    with back.engine.connect() as connection:  # a transaction of the store that states nothing
        assert connection.execute(select(func.count()).select_from(person)).scalar() == 0
        assert connection.execute(select(func.count()).select_from(batch)).scalar() > 0
    for forbidden in ("DELETE FROM journal", "UPDATE closed SET n = n + 1"):
        refused = pytest.raises(ProgrammingError, match="permission denied")
        with refused, engine.writer(back.engine).begin() as connection:
            connection.exec_driver_sql(forbidden)
    back.close()


def test_a_role_that_was_not_let_in_is_told_who_lets_it_in(town):
    role = f"late_{uuid.uuid4().hex}"
    with psycopg.connect(
        town.owned.replace("+psycopg", "").replace(f"{town.owner}@", "keeper@"), autocommit=True
    ) as it:
        it.execute(f"CREATE ROLE {role} LOGIN NOINHERIT IN ROLE {town.whole}")
    with pytest.raises(StoreError, match="may not use the store .*permission denied.*grant-role"):
        databases.opened(town.served.replace(f"{town.role}@", f"{role}@"), town.folder, "drill")
