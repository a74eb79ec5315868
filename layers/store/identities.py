"""Accounts that a provider of identities signs in: known by issuer and subject, never by a name, for names change hands."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from layers._times import to_ms
from layers.store import accounts, journal
from layers.store.accounts import Account, AccountError
from layers.store.database import Store
from layers.store.schema import account, identity

NO_PASSWORD = ""  # nosec B105 # the hash of none
DISABLED, TAKEN = "disabled", "taken"


class IdentityError(AccountError):
    """Somebody whom a provider vouches for does not come in: `why` is DISABLED, or TAKEN where the name is another's account."""

    def __init__(self, why: str, en: str, zh: str) -> None:
        super().__init__(en, zh)
        self.why = why


def enter(store: Store, issuer: str, subject: str, name: str, role: str, area: str) -> Account:
    """Return the account of somebody whom a provider vouches for, made at the first time, with the role and area that they have now.

    The caller has checked that role and area fit each other. Raises IdentityError for a disabled account, and for a first time under a
    name that is another's; AccountError for what is no name.
    """
    name = accounts.named(name)
    with store.writing() as connection:
        found = connection.execute(
            select(account).join(identity).where(identity.c.issuer == issuer, identity.c.subject == subject)
        ).first()
        if found is None:
            return _made(connection, issuer, subject, Account(0, name, role, area))
        if found.disabled:
            raise IdentityError(DISABLED, f"the account {found.name!r} is disabled", f"账号“{found.name}”已停用")
        if (found.role, found.area) != (role, area):
            connection.execute(update(account).where(account.c.id == found.id).values(role=role, area=area))
            told = {"role": role, "area": area, "before": f"{found.role} {found.area}".strip()}
            journal.write(connection, found.name, "account-role", found.name, told)
        return Account(int(found.id), found.name, role, area, int(found.password_at))


def _made(connection: Connection, issuer: str, subject: str, who: Account) -> Account:
    if accounts.alike(connection, who.name):
        raise IdentityError(TAKEN, f"{who.name!r} is another's account", f"“{who.name}”是他人的账号")
    now = to_ms(datetime.now(UTC))
    row: dict[str, Any] = {
        "name": who.name,
        "role": who.role,
        "area": who.area,
        "password": NO_PASSWORD,
        "disabled": False,
    }
    made = connection.execute(insert(account).values(**row, made_at=now, password_at=now))
    number = int(made.inserted_primary_key[0])  # type: ignore[index]
    connection.execute(insert(identity).values(issuer=issuer, subject=subject, account=number, made_at=now))
    told = {"role": who.role, "area": who.area, "issuer": issuer}
    journal.write(connection, who.name, "account-add", who.name, told)
    return Account(number, who.name, who.role, who.area, now)
