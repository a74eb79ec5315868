"""Let an official in for a shift."""

import argparse

from dashboard.access import ROLES, Gate, Person
from dashboard.commands._shared import settings_of
from dashboard.settings import SettingsError

NAME = "pass"
HELP = "print the link that lets an official in for one shift (production only: in a drill everybody may look)"
EXAMPLE = "python -m dashboard pass --name duty-officer --role district --area 420102"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--name", required=True, help="who it is for; stands in the journal")
    parser.add_argument("--role", required=True, choices=ROLES)
    parser.add_argument("--area", default="", help="420102 a district, 420102/STREET, compound:CODE; city: none")


def run(args: argparse.Namespace) -> int:
    """Print the link."""
    settings = settings_of(args)
    if settings.is_drill:
        raise SettingsError("FANGYI_MODE is drill: no pass is needed; passes are for production")
    text = Gate(settings).issue_pass(Person(args.name, args.role, args.area))
    print(f"http://{settings.host}:{settings.port}/enter?pass={text}")
    return 0
