"""Whom a provider of identities lets in: a table of claims, each with the role and area that it stands for. Whoever is in none stays out."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.errors import Refusal
from dashboard.roles import Person, fits

KEYS = {"claim", "value", "role", "area"}
NAME = "preferred_username"  # the claim that names an account, unless the table says another


class VouchedError(Refusal, ValueError):
    """The table cannot be used; the message says what is wrong with which row."""


@dataclass(frozen=True)
class Row:
    """Whoever has `value` in `claim` has this role and area."""

    claim: str
    value: str
    role: str
    area: str


@dataclass(frozen=True)
class Vouched:
    """The table, and the claim that names an account."""

    name: str
    rows: tuple[Row, ...]

    def place(self, claims: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return the role and area that claims stand for; None for none, and for more than one, for nobody says which."""
        found = {(row.role, row.area) for row in self.rows if _has(claims, row)}
        return found.pop() if len(found) == 1 else None

    def named(self, claims: Mapping[str, Any]) -> str:
        """Return the name of an account for claims: the subject where the claim of names is empty."""
        name = _of(claims, self.name)
        return name if isinstance(name, str) and name.strip() else str(claims["sub"])


def read(path: Path) -> Vouched:
    """Return the table of a TOML file; raises VouchedError for what is no table, or a role that does not fit its area."""
    try:
        with path.open("rb") as file:
            given = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise VouchedError(f"FANGYI_OIDC_ROLES {path}: cannot be read: {error}") from error
    allow = given.get("allow", [])
    if given.keys() - {"name", "allow"} or not isinstance(allow, list) or not allow:
        raise VouchedError(
            f"FANGYI_OIDC_ROLES {path}: wanted `name` (a claim) and at least one [[allow]], found {sorted(given)}"
        )
    return Vouched(str(given.get("name", NAME)), tuple(_row(path, at, one) for at, one in enumerate(allow, start=1)))


def _row(path: Path, at: int, given: Any) -> Row:
    where = f"FANGYI_OIDC_ROLES {path}, [[allow]] number {at}"
    if not isinstance(given, dict) or not KEYS - {"area"} <= given.keys() <= KEYS:
        raise VouchedError(f"{where}: wanted claim, value, role and area, found {sorted(given)}")
    if not all(isinstance(one, str) for one in given.values()) or not given["claim"] or not given["value"]:
        raise VouchedError(f"{where}: wanted texts, and neither claim nor value empty")
    row = Row(given["claim"], given["value"], given["role"], given.get("area", ""))
    if not fits(Person("", row.role, row.area)):
        raise VouchedError(f"{where}: role {row.role!r} with area {row.area!r} fit no account")
    return row


def _has(claims: Mapping[str, Any], row: Row) -> bool:
    found = _of(claims, row.claim)
    return row.value in found if isinstance(found, list) else found == row.value


def _of(claims: Mapping[str, Any], path: str) -> Any:
    """The value of a claim; "realm_access.roles" is the one inside the other."""
    found: Any = claims
    for name in path.split(".") if path not in claims else [path]:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
