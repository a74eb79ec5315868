"""What the staff decision looks at, read from the store for one view."""

from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd
from sqlalchemy import or_, select

from layers import hospitals as hospital_layer
from layers._times import day_number, to_ms
from layers._view import View
from layers.decisions._inputs import Facts, blank
from layers.decisions._silence import hear, no_deliveries
from layers.store import Store, care
from layers.store.asof import as_known, inside, known, newest
from layers.store.schema import compound, control, orders, team

FEEDS = ("staff", "beds")
UNDER_ORDER = ("sealed", "building_sealed", "controlled")
STANDING = ("given", "acknowledged", "done")  # states of an order that people follow


@dataclass(frozen=True)
class StaffFacts(Facts):
    """Frames for one view; every one may be empty.

    hospitals  as in the bed plan: one row per site and kind of bed reported
    teams      team, name, origin, skill, people, hospital ("" or None: not assigned): those present at as_of
    feeds      feed, source, last: newest delivery of each source; without rows: nothing was ever delivered
    terms      team, since_day (number of the day it could start), leaves_day (NaN: not told): those present
    ordered    team, hospital: where standing orders send a team of those present; a new plan keeps to them unless much is gained
    compounds  code, name, district, street, community, households, state: those under an order to stay closed
    """

    hospitals: pd.DataFrame = field(
        default_factory=lambda: blank("id name kind district capacity lon lat bed_kind open used free planned")
    )
    teams: pd.DataFrame = field(default_factory=lambda: blank("team name origin skill people hospital"))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)
    terms: pd.DataFrame = field(default_factory=lambda: blank("team since_day leaves_day"))
    ordered: pd.DataFrame = field(default_factory=lambda: blank("team hospital"))
    compounds: pd.DataFrame = field(
        default_factory=lambda: blank("code name district street community households state")
    )

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the digests of the frames, worked out once, for the digest of the inputs."""
        return self.digested({f.name: getattr(self, f.name) for f in fields(self)})


def gather(store: Store, view: View) -> StaffFacts:
    """Read the facts of `view`: hospitals and closed compounds of its district, teams that have arrived and not left."""
    view = view.narrowed(view.district)
    c = team.c
    present = as_known(
        select(c.team, c.name, c.origin, c.skill, c.people, c.hospital, c.happened_at, c.leaves_at), team, view
    ).where(or_(c.leaves_at.is_(None), c.leaves_at > to_ms(view.as_of)))
    sites = store.read(hospital_layer.query(view))[list(StaffFacts().hospitals.columns)]
    teams = store.read(present)
    free = teams["hospital"].isna() | (teams["hospital"] == "")
    here = teams[free | teams["hospital"].isin(sites["id"])].reset_index(drop=True)
    return StaffFacts(
        hospitals=sites,
        teams=here[list(StaffFacts().teams.columns)],
        feeds=hear(store, view, FEEDS),
        terms=_terms(here),
        ordered=_ordered(store, view, here["team"]),
        compounds=_compounds(store, view),
    )


def _terms(teams: pd.DataFrame) -> pd.DataFrame:
    days = teams.assign(
        since_day=[float(day_number(moment)) for moment in teams["happened_at"]],
        leaves_day=[float("nan") if pd.isna(moment) else float(day_number(moment)) for moment in teams["leaves_at"]],
    )
    return days.groupby("team", sort=True)[["since_day", "leaves_day"]].min().reset_index()


def _ordered(store: Store, view: View, teams: pd.Series) -> pd.DataFrame:
    c = orders.c
    asked = as_known(select(c.subject, c.state, c.action, c.frozen), orders, view)
    rows = store.read(asked.where(c.decision == "staff", c.action == "assign", c.state.in_(STANDING)).order_by(c.id))
    found = [(subject, where) for subject, frozen in zip(rows["subject"], rows["frozen"], strict=True)
             if (where := _hospital_of(frozen))]  # fmt: skip
    rows = pd.DataFrame(found, columns=["team", "hospital"]).drop_duplicates("team", keep="last")
    return rows[rows["team"].isin(teams)].reset_index(drop=True)


def _hospital_of(frozen: Any) -> str:
    proposal = (frozen or {}).get("proposal", frozen or {})
    return str((proposal.get("figures") or {}).get("hospital") or "")


def _compounds(store: Store, view: View) -> pd.DataFrame:
    c = compound.c
    about = select(c.code, care.title(view), c.district, c.street, c.community, c.households)
    about = about.where(known(compound, view), care.standing(view), inside(compound, view))
    places = store.read(about.order_by(c.code)).drop_duplicates("code")
    newest_order = newest(control, view, by=("compound",)).subquery()
    closed = store.read(
        select(newest_order.c.compound, newest_order.c.state).where(newest_order.c.state.in_(UNDER_ORDER))
    )
    rows = places.merge(closed, left_on="code", right_on="compound").drop(columns="compound")
    rows = rows.assign(households=pd.to_numeric(rows["households"]).astype(float))
    return rows[list(StaffFacts().compounds.columns)].reset_index(drop=True)
