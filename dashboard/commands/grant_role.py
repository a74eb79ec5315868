"""Let the roles that servers work as use the store."""

import argparse
import os
from contextlib import closing

from dashboard.commands._shared import add_store, settings_of, store_of
from layers.store import journal, roles

NAME = "grant-role"
HELP = "let a role of PostgreSQL, and the one it takes for the whole city, use the rows of the store; the owner of the tables runs it once, servers then connect as ROLE"
EXAMPLE = (
    "python -m dashboard grant-role fangyi_app --city fangyi_city --store postgresql+psycopg://fangyi_owner@host/fangyi"
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("role", metavar="ROLE", help="signs in, owns nothing, is neither superuser nor BYPASSRLS")
    parser.add_argument(
        "--city", required=True, metavar="ROLE", help="cannot sign in; the first is its member, NOINHERIT"
    )
    parser.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who grants it")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Grant, and put it into the journal; roles that row security would not bind are refused."""
    with closing(store_of(settings_of(args))) as store, store.writing() as connection:
        roles.grant(connection, args.role, args.city)
        journal.write(connection, args.by, "grant", args.role, {"city": args.city})
    print(f"{args.role} may use the rows of this store: let FANGYI_STORE of the servers name it")
    return 0
