"""A small city on a PostgreSQL server, as it is run: an owner of its tables, and the roles that servers work as."""

import uuid
from pathlib import Path
from typing import NamedTuple

import psycopg

from layers.store import roles
from tests import city, databases


class Town(NamedTuple):
    """Where a store is, who it belongs to and who works with it."""

    owned: str
    served: str
    owner: str
    role: str
    whole: str
    folder: Path


def as_role(url, role):
    return url.replace("keeper@", f"{role}@")


def made(postgres, folder, kind="drill"):
    """URLs of a store by its owner, who is no superuser, and by the role that was granted it, and its roles; two districts have persons."""
    name = f"r{uuid.uuid4().hex}"
    url = databases.database(postgres, name)
    owner, role, whole = f"owner_{name}", f"app_{name}", f"city_{name}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as keeper:
        keeper.execute(f"CREATE ROLE {owner} LOGIN")
        keeper.execute(f"CREATE ROLE {whole} NOLOGIN")
        keeper.execute(f"CREATE ROLE {role} LOGIN NOINHERIT IN ROLE {whole}")
        keeper.execute(f"GRANT CREATE ON SCHEMA public TO {owner}")
    store = city.found(databases.opened(as_role(url, owner), folder, kind), folder)
    rows = [{"case_id": str(i), "address": f"江岸区春风里{i}栋"} for i in range(1, 5)]
    rows += [{"case_id": "9", "address": "江汉区长江花园一期2栋"}, {"case_id": "0", "status_at": "tomorrow"}]
    city.cases(store, folder, "2020-02-10T18:00", *rows)
    with store.writing() as connection:
        roles.grant(connection, role, whole)
    store.close()
    return Town(as_role(url, owner), as_role(url, role), owner, role, whole, folder)
