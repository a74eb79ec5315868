"""The roles that servers work as: they read and write rows, own nothing, and row security binds them.

One signs in, and by itself is given no row about a person but those of the area that its transaction states. The other cannot sign
in; the first takes it, transaction by transaction, to count and to write for the whole city.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from layers._errors import StoreError
from layers.store import row_security
from layers.store.database import Store
from layers.store.engine import owns
from layers.store.schema import metadata

READ = ("meta",)
ADDED_TO = (
    "journal",
    "total",
    "rejection",
    "confirmation",
    "printed",
    "released",
    "destroyed",
    "lapsed",
    "closed",
)  # what is there is never changed or taken out
WANTED = "wanted: CREATE ROLE {city} NOLOGIN; CREATE ROLE {role} LOGIN NOINHERIT PASSWORD '...' IN ROLE {city}"
FACTS_OF = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = :role"


def grant(connection: Connection, role: str, city: str) -> None:
    """Let two roles work with the rows of the store; only the owner of the tables can.

    Roles that row security would not bind, or that could lift it, raise StoreError: a superuser, one with BYPASSRLS, one that owns
    tables or belongs to who does; and one that has the rights of `city` all the time, not only when it takes them.
    """
    if connection.dialect.name != "postgresql":
        raise StoreError("this store is a file: who may use it is for the file system to say; roles are PostgreSQL's")
    if not owns(connection):
        raise StoreError("only the owner of the tables can grant; connect as the role that made the store")
    wanted = WANTED.format(role=role, city=city)
    for name, signs_in in ((role, True), (city, False)):
        wrong = _unfit(connection, name, signs_in)
        if wrong:
            raise StoreError(f"role {name!r} {wrong}; {wanted}")
    has = connection.execute(
        text(
            "SELECT pg_has_role(CAST(:role AS name), CAST(:city AS name), 'MEMBER'), "
            "pg_has_role(CAST(:role AS name), CAST(:city AS name), 'USAGE')"
        ),
        {"role": role, "city": city},
    ).one()
    if tuple(has) != (True, False):
        raise StoreError(f"role {role!r} must be a member of {city!r} without inheriting its rights; {wanted}")
    _grant(connection, [role, city], city)


def served(connection: Connection) -> dict[str, bool]:
    """Return the roles that were granted the store, and whether each signs in."""
    if connection.dialect.name != "postgresql":
        return {}
    asked = text(
        "SELECT DISTINCT r.rolname, r.rolcanlogin FROM pg_class c CROSS JOIN aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE c.relname = 'journal' AND pg_table_is_visible(c.oid) AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner"
    )
    return {row.rolname: row.rolcanlogin for row in connection.execute(asked)}


def grant_again(connection: Connection, before: dict[str, bool]) -> None:
    """Let the same roles work with tables that were made anew or have come."""
    for city in (name for name, signs_in in before.items() if not signs_in):
        _grant(connection, before, city)


def unbound(connection: Connection) -> str | None:
    """Return why row security does not bind who is connected, None where it does."""
    bound = connection.exec_driver_sql("SELECT row_security_active('placement')").scalar()
    user = connection.exec_driver_sql("SELECT session_user").scalar()
    if not bound:
        return (
            f"row security does not bind {user}, a superuser or with BYPASSRLS: servers connect as a role of grant-role"
        )
    if owns(connection):
        return f"{user} owns the tables and could lift row security: servers connect as a role of grant-role"
    return None


def why_unbound(store: Store) -> str | None:
    """Return why row security does not bind whoever opened a store on a server, None where it does and for a file."""
    with store.snapshot() as connection:
        return unbound(connection) if connection.dialect.name == "postgresql" else None


def _unfit(connection: Connection, role: str, signs_in: bool) -> str | None:
    """Why a role may not serve, None where it may."""
    found = connection.execute(text(FACTS_OF), {"role": role}).first()
    if found is None:
        return "is not known to the server"
    for has, what in zip(found, ("superuser", "BYPASSRLS", "CREATEROLE"), strict=False):
        if has:
            return f"is {what}, so row security would not bind it"
    if found.rolcanlogin != signs_in:
        return "cannot sign in" if signs_in else "can sign in, and would be the whole city from the start"
    owned = text(
        "SELECT c.relname FROM pg_class c WHERE c.relname = ANY(:tables) AND pg_table_is_visible(c.oid) "
        "AND pg_has_role(:role, c.relowner, 'MEMBER') LIMIT 1"
    )
    table = connection.execute(owned, {"tables": list(metadata.tables), "role": role}).scalar()
    return f"owns {table} or belongs to its owner, so it could lift row security" if table is not None else None


def _grant(connection: Connection, names: Iterable[str], city: str) -> None:
    quote = connection.dialect.identifier_preparer.quote
    whom, schema = (
        ", ".join(map(quote, names)),
        quote(str(connection.exec_driver_sql("SELECT current_schema()").scalar())),
    )

    def say(statement: str) -> None:
        connection.exec_driver_sql(statement.replace("%", "%%"))

    say(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {whom}")
    say(f"GRANT USAGE ON SCHEMA {schema} TO {whom}")
    say(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {whom}")
    say(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {whom}")
    for name in metadata.tables:
        if name not in READ:
            may = "INSERT" if name in ADDED_TO else "INSERT, UPDATE, DELETE"
            say(f"GRANT {may} ON {quote(name)} TO {whom}")
    row_security.open_to(connection, quote(city).replace("%", "%%"))
