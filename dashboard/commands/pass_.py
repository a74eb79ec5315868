"""Let an official in for a shift."""

import argparse
from urllib.parse import urlsplit

from dashboard.access import Gate
from dashboard.commands._shared import settings_of
from dashboard.doors import ADMIN, AUDITOR
from dashboard.roles import ROLES, Person
from dashboard.settings import Settings, SettingsError

NAME = "pass"
HELP = "print the link that lets an official in for one shift (production only: in a drill everybody may look)"
# A pass asks for no password and no code and cannot be taken back: it is for what hangs on a wall, not for accounts and the journal.
SCREENS = tuple(role for role in ROLES if role not in (ADMIN, AUDITOR))
EXAMPLE = "python -m dashboard pass --name duty-officer --role district --area 420102"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--name", required=True, help="who it is for; stands in the journal")
    parser.add_argument("--role", required=True, choices=SCREENS)
    parser.add_argument(
        "--at", metavar="ADDRESS", help="address that browsers open; wanted where a proxy stands before the server"
    )
    parser.add_argument("--area", default="", help="420102 a district, 420102/STREET, compound:CODE; city: none")


def run(args: argparse.Namespace) -> int:
    """Print the link."""
    settings = settings_of(args)
    if settings.is_drill:
        raise SettingsError("FANGYI_MODE is drill: no pass is needed; passes are for production")
    address = _address(args.at) if args.at else _own(settings)
    text = Gate(settings).issue_pass(Person(args.name, args.role, args.area))
    print(f"{address}/enter?pass={text}")
    return 0


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise SettingsError(
            f"--at {text!r}; wanted the address that browsers open: https:// and the name of this server"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _own(settings: Settings) -> str:
    """The address that this server listens on; no browser comes to it where a proxy stands before."""
    if settings.proxy:
        raise SettingsError(
            "FANGYI_PROXY is set, so browsers come by another address than this server's; say it with --at"
        )
    return f"http://{settings.host}:{settings.port}"
