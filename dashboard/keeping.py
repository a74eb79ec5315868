"""What the account administrator does: make an account, close it, give it a new password, reset its second factor, sign it out. The gate is asked each time.

A new password is made here, shown to the administrator once, and kept as its hash alone. Every change stands in the journal with
who made it, in the same transaction (`layers.store.accounts`).
"""

from dataclasses import dataclass

import pandas as pd

from dashboard import doors
from dashboard.access import place_of
from dashboard.desk import Desk
from dashboard.roles import Person, fits, refusal
from dashboard.text import both
from layers.store import accounts, factors, passwords
from layers.store.accounts import AccountError


@dataclass(frozen=True)
class Keeper:
    """The accounts of a desk, for whoever may administer them; raises AccessError for anybody else, and in a drill."""

    desk: Desk
    who: Person | None

    def __post_init__(self) -> None:
        self.desk.gate.check_door(self.who, doors.of_page("/accounts"))
        if self.desk.settings.is_drill:
            raise refusal("no_accounts")

    @property
    def name(self) -> str:
        """Who does it, as the journal says it."""
        return self.who.name if self.who else ""

    def every(self) -> pd.DataFrame:
        """Return all accounts: `layers.store.accounts.listed`."""
        return accounts.every(self.desk.store)

    def add(self, name: str, role: str, area: str) -> str:
        """Make an account and return its password; raises AccountError where role and area do not fit each other."""
        person = Person(accounts.named(name), role, area.strip())
        if not fits(person):
            raise AccountError(*both("accounts.unfit")[::-1])
        if person.area and place_of(self.desk.store, person.area) is None:
            raise AccountError(*both("accounts.no_area", area=person.area)[::-1])
        password = passwords.made()
        accounts.add(self.desk.store, self.name, person.name, person.role, person.area, password)
        return password

    def set_disabled(self, name: str, disabled: bool) -> None:
        """Close an account or open it again; nobody closes their own."""
        if disabled and name == self.name:
            raise AccountError(*both("accounts.own")[::-1])
        accounts.set_disabled(self.desk.store, self.name, name, disabled)

    def new_password(self, name: str) -> str:
        """Give an account a new password, which ends its sessions, and return it."""
        password = passwords.made()
        accounts.set_password(self.desk.store, self.name, name, password)
        return password

    def reset_factor(self, name: str) -> None:
        """Take the second factor of somebody away, with their sessions; nobody takes away their own without a code."""
        if name == self.name:
            raise AccountError(*both("accounts.own_factor")[::-1])
        factors.reset(self.desk.store, self.name, name)

    def end_sessions(self, name: str) -> int:
        """Sign out every browser that holds an account; return how many there were."""
        return accounts.end_sessions(self.desk.store, self.name, name)
