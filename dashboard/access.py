"""The one gate: who may see which area and which field. Pages, tables, exports and routes ask here and nowhere else.

A pass names a role and its area. Which addresses a role may open at all is listed in `doors`; `public`, `auditor` and `admin`
get no row from here but the journal's for the auditor and the accounts for the admin. The city sees everything, a district its district, a street its street, a community its
street or its one compound. A view that names no area is the person's own; one that lies elsewhere is refused. Rows reach:

  OWN       the person's area and nothing else (compounds, cases, persons, orders, counts, lockdown): the rule for all
            that is not named below, so that what is added later is closed until somebody decides otherwise
  DISTRICT  the district around it: hospitals, beds, teams and stock are kept and moved by district, and no row of them
            is a person's; a street or a compound sees those of its district
  SHARED    the whole city, for every role: outlines and names of districts with their published daily counts, the base
            map, how fresh the feeds are and what each delivery brought; nothing in them is about one person or compound
  CITY      the city alone: what no district could be found for, and the rows of a delivery that were refused

Rows without a district reach no district, street or community. Medical teams that wait for a hospital are the city's
reserve; a plan of staff proposes among them whatever district it is for. Decisions about matches are taken by the city and
the districts: a match that waits has no street yet. The gazetteer is changed by the city; a district teaches aliases of its own. Orders are
given by the city and, in their own area, by the districts; whose area an order's owner belongs to (or whoever answers for more
around it) acknowledges and reports, the giver's closes, reopens and withdraws. Rules of alert are written, and alerts
acknowledged, by the city and, in their own area, by the districts. Rows that one person may not take out alone are released by
somebody else who answers for the same area or for more around it. What is printed every day is said by the city. An order is seen where its subject lies and where its owner belongs. A packed table is fetched by the digest of its content (80 bits), which
a page tells only to those whom this gate let read the rows.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from flask import Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Select, select

from dashboard import cookies, doors
from dashboard.cookies import A_SHIFT_S, Carried
from dashboard.purposes import PURPOSES
from dashboard.roles import Person, Place, fits, is_whole, named, refusal, require_fit, roles_named
from dashboard.settings import Settings
from dashboard.text import both
from dashboard.text import named as named_in
from geo.address import strip_unit
from layers._errors import ViewError
from layers._view import View, level_of
from layers.store import Store, alerts, journal, people, sessions
from layers.store.order_states import GIVE, STEPS
from layers.store.profiles import all_profiles
from layers.store.row_security import CITY as CITY_SCOPE
from layers.store.row_security import path
from layers.store.schema import FOREVER, compound, district

COOKIE = cookies.PASS
SEEN = "fangyi.who"  # in a request's environment: who sends it, asked once
REVIEWERS = ("city", "district")
WARNERS = ("city", "district")  # who writes rules of alert and acknowledges alerts, in their own area
# What each role may change about the gazetteer; a district in its own area, undoing what it may do included.
CARERS = {"city": ("alias", "rename", "merge", "split", "apart"), "district": ("alias",)}
IMPORTERS = ("city",)  # who hands in files and takes deliveries back: they change what everybody counts
# Which steps of an order each role takes, each for the owners or givers of its own area.
OWNS = ("acknowledge", "report")
ORDERERS = {
    **dict.fromkeys(("city", "district"), (GIVE, "close", "reopen", "withdraw", *OWNS)),
    **dict.fromkeys(("street", "community"), OWNS),
}
HIDDEN = ("person", "note")  # of persons: in no list, panel or file; what may be shown for a purpose says `purposes`
OWN, DISTRICT, SHARED, CITY = "own", "district", "shared", "city"
LAYERS = dict.fromkeys(("borders", "districts", "labels", "roads", "water"), SHARED) | dict.fromkeys(
    ("hospitals", "staff", "supplies"), DISTRICT
)
PLANS = {"lockdown": OWN}  # the others are made by district
DISTRICTS = ((district, district.c.code), (compound, compound.c.district))  # a city may deliver no outlines


@dataclass(frozen=True)
class Gate:
    """Decides for every request.

    store  holds the sessions of those who signed in; without one passes alone open the door
    """

    settings: Settings
    visitor: Person = field(default=Person("drill", "city"))
    store: Store | None = None

    def who(self, request: Request) -> Person | None:
        """Return who sends the request, None for nobody. In a drill everybody is the drill's visitor."""
        if self.settings.is_drill:
            return self.visitor
        if SEEN not in request.environ:  # no header of a browser comes under this name
            carried = self.carried(request)
            found = self._holder(carried.token) if carried else None
            request.environ[SEEN] = found or self.read_pass(request.cookies.get(COOKIE, ""))
        person: Person | None = request.environ[SEEN]
        return person

    def carried(self, request: Request) -> Carried | None:
        """Return the session that a browser carries, as its cookie says it; whether it still stands is for `who` to say."""
        return cookies.opened(self.settings.secret, request.cookies.get(cookies.SESSION, ""))

    def check_guard(self, request: Request) -> None:
        """Raise AccessError for what may change something and does not show the token of the browser that carries it."""
        if self.settings.is_drill or request.method not in cookies.UNSAFE or self.who(request) is None:
            return
        if not cookies.shows(request, self.guard(request)):
            raise refusal("unguarded")

    def guard(self, request: Request) -> str:
        """Return the token that goes with what a browser carries: a session, else a pass."""
        carried = self.carried(request)
        return cookies.guard(self.settings.secret, carried.token if carried else request.cookies.get(COOKIE, ""))

    def opens(self, person: Person | None, roles: Collection[str]) -> bool:
        """Return whether a door of these roles opens for a person; in a drill every door that opens for anybody does."""
        return person is not None and (bool(roles) if self.settings.is_drill else person.role in roles)

    def check_door(self, person: Person | None, roles: Collection[str]) -> None:
        """Raise AccessError unless a door of these roles (`doors`) opens for a person."""
        if person is None:
            raise refusal("sign_in")
        if not self.opens(person, roles):
            raise refusal("no_door", person)

    def _holder(self, token: str) -> Person | None:
        found = sessions.holder(self.store, token, self.settings.second_factor) if self.store else None
        person = Person(*found) if found else None
        return person if person and fits(person) else None

    def issue_pass(self, person: Person) -> str:
        """Return a signed pass for a person, good for one shift; a role without an area of its kind gets none."""
        require_fit(person)
        return self._signer().dumps([person.name, person.role, person.area])

    def read_pass(self, text: str) -> Person | None:
        """Return the person of a pass, None when it is forged, spoilt or out of date."""
        if self.settings.is_drill or not text:
            return None
        try:
            name, role, area = self._signer().loads(text, max_age=A_SHIFT_S)
        except (BadSignature, ValueError):
            return None
        person = Person(name, role, area)
        return person if fits(person) else None

    def read(
        self, store: Store, person: Person | None, query: Callable[[View], Select[Any]], view: View, reach: str = OWN
    ) -> pd.DataFrame:
        """Return the rows that a person may see of `query`, which is asked for the view that the gate allows."""
        allowed = self.allowed(store, person, view, reach)
        assert person is not None
        rows = store.within(scope_of(store, person, reach)).read(query(allowed))
        return masked(within(rows, store, person, reach))

    def stream(
        self,
        store: Store,
        person: Person | None,
        pages: Callable[[Store, View], Iterator[pd.DataFrame]],
        view: View,
        reach: str = OWN,
    ) -> Iterator[pd.DataFrame]:
        """Return the pages of rows that a person may see, one at a time; who may see none is refused before the first."""
        allowed = self.allowed(store, person, view, reach)
        assert person is not None

        def seen(rows: pd.DataFrame) -> pd.DataFrame:
            return masked(within(rows, store, person, reach))

        theirs = store.within(scope_of(store, person, reach))
        # A map, unlike a comprehension, holds no page while it asks for the next.
        return map(seen, pages(theirs, allowed))

    def reveal(
        self, store: Store, person: Person | None, view: View, kind: str, subject: str, purpose: str
    ) -> dict[str, str]:
        """Return a person's fields whole, as far as a purpose opens them to a role (`purposes`), after the journal took it down.

        Who may not see them is refused, and so is a person who is not in their area; an empty field is "".
        """
        person = seer(person)
        asked = PURPOSES.get(purpose)
        if asked is None or person.role not in asked.roles:
            raise refusal("no_purpose", person)
        allowed = self.allowed(store, person, view)
        rows = store.within(scope_of(store, person)).read(people.one(kind, subject)(allowed))
        found = within(rows, store, person, OWN)
        if found.empty:
            raise refusal("not_known_of", person, area=subject)
        told = {"purpose": purpose, "fields": list(asked.fields), "role": person.role, "area": person.area}
        journal.add(
            store, person.name, "reveal", f"{kind}:{subject}", told
        )  # first: what cannot be told of is not shown
        return {name: found[name].iloc[0] or "" for name in asked.fields}

    def allowed(self, store: Store, person: Person | None, view: View, reach: str = OWN) -> View:
        """Return the view as far as it reaches for a person: an area left out is their own.

        Raises AccessError where it lies outside their area, ViewError where there is no such area.
        """
        person = seer(person)
        if reach == CITY and not person.sees_all:
            raise refusal("city_only", person)
        if reach == SHARED:
            return view
        area = view.area or person.area
        if not area and person.sees_all:
            return view
        found = place_of(store, area)
        place = found or named(area)
        around = reach == DISTRICT and place.district and place.district == _own(store, person).district
        if not (person.may_see(place) or around):
            raise refusal("not_theirs", person, area=area or both("access.whole_city"))
        if found is None and area != person.area:
            raise ViewError(*both("access.no_area", area=repr(area), compound="compound:")[::-1])
        return view.narrowed(area if reach == OWN else _district(place, area))

    def read_profiles(self, store: Store, person: Person | None) -> pd.DataFrame:
        """Return how the files of each source are read, for those who import."""
        self.importer(person)
        return store.read(all_profiles())

    def reaches(self, store: Store, person: Person | None, place: Place, reach: str = OWN) -> None:
        """Raise AccessError unless what is read about a place reaches a person, whatever its rows carry."""
        person = seer(person)
        around = reach == DISTRICT and place.district and place.district == _own(store, person).district
        if not (person.may_see(place) or around):
            raise refusal("not_known_of", person, area="/".join(place) or both("access.city"))

    def reviewer(self, person: Person | None) -> Person:
        """Return the person; raises AccessError unless their role decides about matches."""
        if person is None or person.role not in REVIEWERS:
            raise refusal("no_reviewer", person, roles=roles_named(REVIEWERS))
        return person

    def importer(self, person: Person | None) -> Person:
        """Return the person; raises AccessError unless their role hands in files and takes deliveries back."""
        if person is None or person.role not in IMPORTERS:
            raise refusal("no_importer", person, roles=roles_named(IMPORTERS))
        return person

    def scheduler(self, person: Person | None) -> Person:
        """Return the person; raises AccessError unless they may say what is printed every day: the city."""
        if person is None or not person.sees_all:
            raise refusal("no_scheduler", person)
        return person

    def carer(self, person: Person | None, kind: str = "") -> Person:
        """Return the person; raises AccessError unless their role makes this kind of change of the gazetteer, or any."""
        may = CARERS.get(person.role, ()) if person else ()
        if person is None or not may or (kind and kind not in may):
            raise refusal("no_carer", person, kind=kind or "change")
        return person

    def orderer(self, person: Person | None, step: str = GIVE) -> Person:
        """Return the person; raises AccessError unless their role takes this step of an order."""
        if person is None or step not in ORDERERS.get(person.role, ()):
            raise refusal("no_orderer", person, step=both(f"access.step_{step}") if step in (GIVE, *STEPS) else step)
        return person

    def alerts(self, store: Store, person: Person | None, query: Select[Any], area: str = "") -> pd.DataFrame:
        """Return the alerts or rules (`layers.store.alerts`) of a person's area, as far as they lie in `area`.

        How fresh the feeds are is for every role, so alerts about their age are too.
        """
        person = seer(person)
        rows = store.read(query)
        people = [one for one in (person, Person("", "district", area)) if not one.sees_all and one.area]
        if not people:
            return rows
        areas = [None if row["kind"] == "age" else alerts.area_of(row) for row in rows.to_dict("records")]
        places = {area: place_of(store, area) or named(area) for area in set(areas) - {None}}
        seen = [area is None or all(one.may_see(places[area]) for one in people) for area in areas]
        return rows[pd.Series(seen, index=rows.index, dtype=bool)].reset_index(drop=True)

    def warner(self, person: Person | None) -> Person:
        """Return the person; raises AccessError unless their role writes rules of alert and acknowledges alerts."""
        if person is None or person.role not in WARNERS:
            raise refusal("no_warner", person, roles=roles_named(WARNERS))
        return person

    def releases(self, store: Store, person: Person | None, area: str) -> bool:
        """Return whether a person may release rows that somebody who answers for `area` wants to take out: who answers for as much or more."""
        if person is None or person.role not in doors.OFFICE:
            return False
        return person.sees_all or (bool(area) and person.may_see(place_of(store, area) or named(area)))

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.settings.secret, salt="pass")


def seer(person: Person | None) -> Person:
    """Return the person; raises AccessError unless their role sees rows about persons, places and plans."""
    if person is None:
        raise refusal("sign_in")
    if person.role not in doors.OFFICE:
        raise refusal("no_rows", person)
    return person


def check_origin(request: Request) -> None:
    """Raise AccessError when another site's page makes a browser send what could change something here.

    Browsers name the sender of every POST; what names none is no browser and carries nobody's pass by itself.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != request.host):
        raise refusal("foreign", origin=origin or site)


def place_of(store: Store, area: str) -> Place | None:
    """Return where an area lies by the newest version of its record, None when nobody ever delivered such an area.

    The newest version, whatever time is looked at: whose compound it is today decides who may see its past.
    """
    if not is_whole(area):
        return None
    place, c = named(area), compound.c
    if level_of(area) == "compound":
        found = store.read(select(c.district, c.street).where(c.code == place.compound).order_by(c.id.desc()).limit(1))
        return Place(*(text or "" for text in found.iloc[0]), place.compound) if len(found) else None
    if level_of(area) == "street":
        queries = [select(c.id).where(c.district == place.district, c.street == place.street)]
    else:
        queries = [select(t.c.id).where(column == place.district) for t, column in DISTRICTS]
    return place if any(len(store.read(query.limit(1))) for query in queries) else None


def district_titles(store: Store, lang: str = "zh") -> dict[str, str]:
    """Return code -> name of every district that is believed now, in English where there is one; every role may know them."""
    d = district.c
    rows = store.read(select(d.code, d.name, d.name_en).where(d.known_until == FOREVER).order_by(d.code))
    return dict(zip(rows["code"], named_in(rows, lang)["name"], strict=True))


def within(rows: pd.DataFrame, store: Store, person: Person, reach: str) -> pd.DataFrame:
    """Return the rows that lie in the person's area, by whatever of district, street and compound they carry."""
    if person.sees_all or reach == SHARED:
        return rows
    mine = pd.Series(True, index=rows.index)
    for name, own in _own(store, person)._asdict().items():
        if own and name in rows and (reach == OWN or name == "district"):
            mine &= rows[name] == own
    if "owner_area" in rows:  # an order is also its owner's
        areas = {
            area: area and person.may_see(place_of(store, area) or named(area)) for area in set(rows["owner_area"])
        }
        mine |= rows["owner_area"].map(areas).astype(bool)
    return rows[mine].reset_index(drop=True)


def scope_of(store: Store, person: Person, reach: str = OWN) -> str:
    """Return the scope that a database server holds a person's reads to: their area, or the district around it."""
    if person.sees_all:
        return CITY_SCOPE
    own = _own(store, person)
    return path(own.district) if reach == DISTRICT and own.district else path(*own)


def masked(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows without what identifies a person: no digests and no remarks, addresses without building and room."""
    rows = rows.drop(columns=[name for name in HIDDEN if name in rows])
    if "address" in rows:
        rows = rows.assign(address=[strip_unit(text) if isinstance(text, str) else "" for text in rows["address"]])
    return rows


def _own(store: Store, person: Person) -> Place:
    return place_of(store, person.area) or named(person.area)


def _district(place: Place, area: str) -> str:
    if not place.district:
        raise ViewError(*both("access.no_district", area=area)[::-1])
    return place.district
