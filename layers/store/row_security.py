"""Row-level security: which rows about persons a PostgreSQL server gives to a transaction, whatever it asks.

A transaction states a scope, the path of an area ("/420102/STREET/COMPOUND/", or CITY). Where a person was ever placed says who
is told of it: of `placement` only the rows inside the scope are there, of persons and their dated statuses only those whose
placement is. What a delivery's refused rows said is the city's. A transaction that states nothing, or what is no path, reads no row.

Plans and counts of the whole city are read by a role of their own (`roles`), for which a policy says "all": where the policy of areas
stood in their way, a join of a million persons took five times as long, since no plan knows that the area is the whole city.

After COMMIT a setting of one transaction is '' and not NULL, and the processes of a parallel plan differ in which they see: a
policy that puts it into LIKE gives every row to whoever comes next on that connection. NULLIF makes both the same nothing.
"""

from sqlalchemy import Connection, inspect

SETTING = "app.scope"
CITY = "/"
COLUMN, INDEX, POLICY, ALL = "scope", "ix_placement_scope", "within_scope", "whole_city"
_SAID = f"nullif(current_setting('{SETTING}', true), '')"
_IS_CITY = f"{_SAID} = '{CITY}'"
# The range is for the index, and lets nothing in that does not end in "/": "0" is the sign after it.
_INSIDE = f"{COLUMN} >= {_SAID} AND {COLUMN} < left({_SAID}, -1) || '0' AND starts_with({COLUMN}, {_SAID})"
POLICIES = {
    "placement": _INSIDE,
    "person": f"{_IS_CITY} OR key IN (SELECT key FROM placement)",  # nosec B608 # constants
    "person_status": f"{_IS_CITY} OR kind || ':' || subject IN (SELECT key FROM placement)",  # nosec B608
    "course": f"{_IS_CITY} OR kind || ':' || subject IN (SELECT key FROM placement)",  # nosec B608
    "rejection": _IS_CITY,
}


def path(district: str = "", street: str = "", compound: str = "") -> str:
    """Return the scope of an area; "" for no area at all, which reads no row: the whole city is only ever said as CITY."""
    parts = [one.replace("%", "%25").replace("/", "%2F") for one in (district, street, compound)]
    while parts and not parts[-1]:
        parts.pop()
    return "/" + "".join(f"{one}/" for one in parts) if parts else ""


def secure(connection: Connection) -> None:
    """Add the paths and the policies, which bind the owner of the tables as well; nothing in SQLite."""
    if connection.dialect.name != "postgresql":
        return
    parts = " || '/' || ".join(_escaped(name) for name in ("district", "street", "compound"))
    kind = f"""text COLLATE "C" GENERATED ALWAYS AS ('/' || {parts} || '/') STORED"""
    say = connection.exec_driver_sql
    say(f"ALTER TABLE placement ADD COLUMN {COLUMN} {kind}")
    say(f"CREATE INDEX {INDEX} ON placement ({COLUMN})")
    for table in _present(connection):
        secure_table(connection, table)


def secure_table(connection: Connection, table: str) -> None:
    """Add the policy of a table that came later; nothing in SQLite."""
    if connection.dialect.name != "postgresql":
        return
    test = POLICIES[table]
    connection.exec_driver_sql(f"CREATE POLICY {POLICY} ON {table} USING ({test}) WITH CHECK ({test})")
    connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def open_to(connection: Connection, role: str) -> None:
    """Let a role, quoted, read and write every row."""
    for table in POLICIES:
        connection.exec_driver_sql(f"DROP POLICY IF EXISTS {ALL} ON {table}")
        connection.exec_driver_sql(f"CREATE POLICY {ALL} ON {table} TO {role} USING (true) WITH CHECK (true)")


def release(connection: Connection) -> None:
    """Take paths and policies out, as far as they are there; nothing in SQLite."""
    if connection.dialect.name != "postgresql":
        return
    for table in _present(connection):
        for policy in (POLICY, ALL):
            connection.exec_driver_sql(f"DROP POLICY IF EXISTS {policy} ON {table}")
        connection.exec_driver_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"ALTER TABLE placement DROP COLUMN IF EXISTS {COLUMN}")


def _present(connection: Connection) -> list[str]:
    """The tables with a policy, as far as the schema of the store has come."""
    there = inspect(connection).get_table_names()
    return [table for table in POLICIES if table in there]


def _escaped(column: str) -> str:
    """A part of a path as `path` writes it."""
    return f"replace(replace(coalesce({column}, ''), '%%', '%%25'), '/', '%%2F')"
