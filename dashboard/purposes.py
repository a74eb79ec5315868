"""What a person's masked fields may be shown for: a matrix of purpose x field x role. What is not in it is shown to nobody.

Lists, panels, exports and prints always mask (`access.masked`). A field is shown whole to one reader, for one person, for a stated
purpose, once the journal has it: `Gate.reveal` (dashboard/access.py). GB/T 35273-2020, 7.2 (limits of display) and 7.3 (of use).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard import doors

FIELDS = ("address", "note")  # of a person, masked by default; each declared by the feeds (layers/intake/_personal.py)
OFFICES = frozenset((doors.CITY, doors.DISTRICT))


@dataclass(frozen=True)
class Purpose:
    """What is shown for a purpose, and to whom: everybody within their own area."""

    fields: tuple[str, ...]
    roles: frozenset[str]


PURPOSES: Mapping[str, Purpose] = {  # the words of each: [purpose] in dashboard/words
    "visit": Purpose(("address",), doors.OFFICE),  # somebody goes to the door: a check, supplies, a sample
    "transfer": Purpose(("address",), doors.OFFICE),  # an ambulance goes there
    "tracing": Purpose(("address", "note"), OFFICES),  # where somebody was, and with whom
    "correction": Purpose(("address", "note"), OFFICES),  # the record is wrong, and its source is asked
}


def open_to(role: str) -> list[str]:
    """Return the purposes that a role may state."""
    return [name for name, purpose in PURPOSES.items() if role in purpose.roles]
