"""Every check in its order, and what they find now. The gate is asked; nothing that a check reads is shown but counts and moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard import doors
from dashboard.compliance import access, identity, kept, persons, record
from dashboard.compliance.found import MLPS, PERSONAL, Check, Found, unknown
from dashboard.desk import Desk
from dashboard.roles import Person
from layers._errors import LayerError
from layers.store import journal_reading

PATH = "/compliance"
LASTS_S = 60  # so long what was found is shown again while no entry comes into the journal


def _mlps(name: str, clause: str, look: object) -> Check:
    return Check(name, MLPS, clause, look, review=True)  # type: ignore[arg-type]


# GB/T 22239-2019, chapter 8: its contents page was seen, the numbers below 8.1 and the wording are from memory (TRUST 1).
# GB/T 35273-2020: the headings are those of its contents page.
CHECKS: tuple[Check, ...] = (
    _mlps("lock", "8.1.4.1", identity.lock),
    _mlps("idle", "8.1.4.1", identity.idle),
    _mlps("passwords", "8.1.4.1", identity.passwords),
    _mlps("second_factor", "8.1.4.1", identity.second_factor),
    _mlps("defaults", "8.1.4.2", identity.defaults),
    _mlps("doors", "8.1.4.2", access.listed),
    _mlps("separate", "8.1.4.2", access.separate),
    _mlps("guarded", "8.1.4.2", access.guarded),
    _mlps("everybody", "8.1.4.3", record.everybody),
    _mlps("chain", "8.1.4.3", record.chain),
    _mlps("half_a_year", "8.1.4.3", record.kept),
    _mlps("answered", "8.1.4.3", record.answered),
    _mlps("refused", "8.1.4.4", kept.refused),
    _mlps("settings", "8.1.4.4", kept.settings),
    _mlps("carried", "8.1.4.7", kept.carried),
    _mlps("sealed", "8.1.4.8", kept.sealed),
    _mlps("backed_up", "8.1.4.9", kept.backed_up),
    _mlps("restored", "8.1.4.9", kept.restored),
    _mlps("elsewhere", "8.1.4.9", kept.elsewhere),
    _mlps("destroyed", "8.1.4.10", persons.destroyed),
    _mlps("collected", "8.1.4.11", persons.declared),
    _mlps("beneath", "8.1.1", kept.beneath),
    Check("declared", PERSONAL, "5.2", persons.declared),
    Check("limited", PERSONAL, "6.1", persons.limited),
    Check("nameless", PERSONAL, "6.2", persons.without_names),
    Check("sealed", PERSONAL, "6.3", kept.sealed),
    Check("second_person", PERSONAL, "7.1", access.second_person),
    Check("masked", PERSONAL, "7.2", persons.masked),
    Check("purposes", PERSONAL, "7.3", persons.purposes),
    Check("subjects", PERSONAL, "8", persons.subjects),
    Check("shared", PERSONAL, "9", persons.shared),
    Check("third_parties", PERSONAL, "9.7", persons.third_parties),
    Check("processing", PERSONAL, "11.3", persons.processing),
)


@dataclass(frozen=True)
class Looked:
    """What was found of each check, and when."""

    at: datetime
    found: Mapping[int, Found]

    def number(self, state: str) -> int:
        """Return how many checks came out so."""
        return sum(one.state == state for one in self.found.values())


def looked(desk: Desk, who: Person | None) -> Looked:
    """Return what every check finds now, by its place in CHECKS; raises AccessError for whoever the page does not open for."""
    desk.gate.check_door(who, doors.of_page(PATH))
    now = datetime.now(UTC)
    key = ("compliance", journal_reading.last(desk.store), int(now.timestamp() // LASTS_S))
    found: Looked = desk.memory.get(key, lambda: Looked(now, {at: _look(desk, one) for at, one in enumerate(CHECKS)}))
    return found


def _look(desk: Desk, check: Check) -> Found:
    """A check that fails has found nothing; the others go on."""
    try:
        return check.look(desk)
    except LayerError as error:
        return unknown("saw_failed", why=type(error).__name__)
