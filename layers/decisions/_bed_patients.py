"""Who is ill now: one row per person with what decides about a bed, read in one pass over the dated transitions."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Select, and_, case, func, select, type_coerce

from layers._times import DAY_MS, OFFSET_MS
from layers._view import View
from layers.decisions._inputs import blank
from layers.store import Store
from layers.store.asof import begun, known
from layers.store.schema import person, person_status, placement
from layers.store.totals import RANK, STATUSES

PATIENTS = "compound district status severity age since"
ILL = ("suspected", "clinical", "confirmed")
SEVERITIES = ("mild", "ordinary", "severe", "critical")
ROOM = 16  # codes that fit below a millisecond: moment and code in one number, so that the greatest is the last
# Two transitions on one day count in the order in which an illness runs, as in the totals.
CODES = {name: at for at, name in enumerate(sorted(STATUSES, key=lambda name: (RANK.get(name, len(RANK)), name)))}


def patients_of(store: Store, view: View) -> pd.DataFrame:
    """Return compound ("" not placed), district, status, severity ("" unknown), age (NaN unknown), since (day number).

    One row per person whose last status is suspected, clinical or confirmed, in the order of the persons' ids, which are not
    returned. since: the first day on which the person was any of them, so that a conversion is no new patient.
    """
    rows = store.read(_query(view))
    if rows.empty:
        return blank(PATIENTS)
    names, severities = np.array(list(CODES)), np.array([*SEVERITIES, ""])
    at = (rows["severity"].fillna(ROOM - 1) % ROOM).astype(int).clip(upper=len(SEVERITIES))
    return pd.DataFrame(
        {
            "compound": rows["compound"].fillna(""),
            "district": rows["district"].fillna(""),
            "status": names[(rows["last"] % ROOM).to_numpy()],
            "severity": severities[at],
            "age": rows["age"].astype(float),
            "since": ((rows["since"] + OFFSET_MS) // DAY_MS).astype("int64"),
        }
    )


def _query(view: View) -> Select[Any]:
    steps = _steps(view).subquery()
    joined = steps.join(person, and_(person.c.subject == steps.c.subject, person.c.kind == "case", known(person, view)))
    joined = joined.join(
        placement,
        and_(placement.c.subject == steps.c.subject, placement.c.kind == "case", known(placement, view)),
        isouter=True,
    )
    columns = (steps.c.last, steps.c.severity, steps.c.since, person.c.age, placement.c.compound, placement.c.district)
    query = select(*columns).select_from(joined).where((steps.c.last % ROOM).in_([CODES[name] for name in ILL]))
    query = query.where(placement.c.district == view.district) if view.district else query
    return query.order_by(steps.c.subject)


def _steps(view: View) -> Select[Any]:
    """Last status and last severity (moment and code in one number), and since when ill, per person."""
    s = person_status.c
    at, is_status = type_coerce(s.happened_at, BigInteger), s.dimension == "status"
    code = case(CODES, value=s.value, else_=ROOM - 1)
    severity = case({name: n for n, name in enumerate(SEVERITIES)}, value=s.value, else_=ROOM - 1)
    return (
        select(
            s.subject,
            func.max(case((is_status, at * ROOM + code))).label("last"),
            func.max(case((s.dimension == "severity", at * ROOM + severity))).label("severity"),
            func.min(case((and_(is_status, s.value.in_(ILL)), at))).label("since"),
        )
        .where(known(person_status, view), begun(person_status, view), s.kind == "case")
        .group_by(s.subject)
    )
