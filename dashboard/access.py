"""The one gate: who may see which area and which field. Pages, tables, exports and routes ask here and nowhere else."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from flask import Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Select

from dashboard.settings import Settings
from geo.address import strip_unit
from layers._view import View
from layers.store import Store

COOKIE = "fangyi_pass"
A_SHIFT_S = 12 * 3600  # a pass lasts one shift
ROLES = ("city", "district", "street", "community")
# Fields of persons that a role sees whole; everybody else sees them masked or not at all.
OPEN_FIELDS = {"city": {"note"}, "district": {"note"}, "street": set(), "community": set()}
HIDDEN = ("person", "note")


class AccessError(PermissionError):
    """Somebody asks for what they may not see."""


@dataclass(frozen=True)
class Person:
    """Who asks: a role and the area it answers for ("" the whole city)."""

    name: str
    role: str
    area: str = ""

    def may_see(self, area: str) -> bool:
        """Return True when `area` is the person's own or lies within it; compounds are checked row by row."""
        return not self.area or area == self.area or area.startswith((f"{self.area}/", "compound:"))


@dataclass(frozen=True)
class Gate:
    """Decides for every request."""

    settings: Settings
    visitor: Person = field(default=Person("drill", "city"))

    def who(self, request: Request) -> Person | None:
        """Return who sends the request, None for nobody. In a drill everybody is the drill's visitor."""
        if self.settings.is_drill:
            return self.visitor
        return self.read_pass(request.cookies.get(COOKIE, ""))

    def issue_pass(self, person: Person) -> str:
        """Return a signed pass for a person, good for one shift."""
        if person.role not in ROLES:
            raise AccessError(f"role {person.role!r}; wanted one of {ROLES}")
        return self._signer().dumps([person.name, person.role, person.area])

    def read_pass(self, text: str) -> Person | None:
        """Return the person of a pass, None when it is forged, spoilt or out of date."""
        if self.settings.is_drill or not text:
            return None
        try:
            name, role, area = self._signer().loads(text, max_age=A_SHIFT_S)
        except (BadSignature, ValueError):
            return None
        return Person(name, role, area) if role in ROLES else None

    def read(self, store: Store, person: Person | None, query: Select[Any], view: View) -> pd.DataFrame:
        """Return the rows of a select for a person: refused outside the person's area, person fields masked."""
        self.check(person, view)
        assert person is not None
        rows = store.read(query)
        if person.area and "district" in rows:
            district = person.area.split("/")[0]
            rows = rows[rows["district"].isna() | (rows["district"] == district)].reset_index(drop=True)
        return masked(rows, person)

    def check(self, person: Person | None, view: View) -> None:
        """Raise AccessError unless the person may see the view's area."""
        if person is None:
            raise AccessError("sign in first")
        if not person.may_see(view.area):
            raise AccessError(f"{person.role} {person.area} may not see {view.area or 'the whole city'}")

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.settings.secret, salt="pass")


def check_origin(request: Request) -> None:
    """Raise AccessError when another site's page makes a browser send what could change something here.

    Browsers name the sender of every POST; what names none is no browser and carries nobody's pass by itself.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != request.host):
        raise AccessError(f"a request from {origin or site} may not change anything here; open the map itself")


def masked(rows: pd.DataFrame, person: Person) -> pd.DataFrame:
    """Return rows without what identifies a person: no digests, addresses without building and room, notes by role."""
    hidden = [name for name in HIDDEN if name in rows and name not in OPEN_FIELDS[person.role]]
    rows = rows.drop(columns=hidden)
    if "address" in rows:
        rows = rows.assign(address=[strip_unit(text) if isinstance(text, str) else "" for text in rows["address"]])
    return rows
