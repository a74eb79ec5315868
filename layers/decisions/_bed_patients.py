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
from layers.store.courses import CODES, ILL, KIND, ROOM, maybe_ill, stamped
from layers.store.schema import person, person_status, placement

PATIENTS = "compound district status severity age since"
SEVERITIES = ("mild", "ordinary", "severe", "critical")


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
    joined = steps.join(person, and_(person.c.subject == steps.c.subject, person.c.kind == KIND, known(person, view)))
    joined = joined.join(
        placement,
        and_(placement.c.subject == steps.c.subject, placement.c.kind == KIND, known(placement, view)),
        isouter=True,
    )
    columns = (steps.c.last, steps.c.severity, steps.c.since, person.c.age, placement.c.compound, placement.c.district)
    query = select(*columns).select_from(joined).where((steps.c.last % ROOM).in_([CODES[name] for name in ILL]))
    if view.district:  # so that the few who may be ill lead to their places, not all places of a district to them
        query = query.where(func.coalesce(placement.c.district, "") == view.district)
    return query.order_by(steps.c.subject)


def _steps(view: View) -> Select[Any]:
    """Last status and last severity (moment and code in one number), and since when ill, per person."""
    s = person_status.c
    at, is_status = type_coerce(s.happened_at, BigInteger), s.dimension == "status"
    severity = case({name: n for n, name in enumerate(SEVERITIES)}, value=s.value, else_=ROOM - 1)
    return (
        select(
            s.subject,
            func.max(stamped()).label("last"),
            func.max(case((s.dimension == "severity", at * ROOM + severity))).label("severity"),
            func.min(case((and_(is_status, s.value.in_(ILL)), at))).label("since"),
        )
        .where(known(person_status, view), begun(person_status, view), s.kind == KIND, s.subject.in_(maybe_ill(view)))
        .group_by(s.subject)
    )
