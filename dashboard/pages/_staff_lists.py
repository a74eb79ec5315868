"""The tables in the drawer of the staff page: need by hospital and skill, teams at work, who can lend to whom, workers by street."""

from typing import Any

import pandas as pd
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.pages._frame import district_names, missing
from dashboard.pages._grid import grid
from dashboard.pages._staff_tables import DUE, hospital_names
from layers.decisions._proposal import Plan
from layers.decisions.staff import SKILL_WORDS

WORKERS = ("compounds", "sealed", "households", "gate_workers", "check_workers", "delivery_workers", "workers")


def gap(asked: Asked) -> Component:
    """Return what every hospital needs, has and lacks of each skill, the largest lack first; a row selects the hospital."""
    rows = plan_of(asked).tables["gap"]
    if rows.empty:
        return missing(asked, "staff")
    names, w = hospital_names(asked), asked.say
    said = rows.assign(
        name=[names.get(code, code) for code in rows["hospital"]],
        skill=[SKILL_WORDS[skill].said(asked.lang) for skill in rows["skill"]],
        pick=rows["hospital"],
        **{name: rows[name].astype(float).round(0) for name in ("need", "have", "gap", "after")},
    ).sort_values(["gap", "name", "skill"], ascending=[False, True, True])
    columns: dict[str, Any] = {
        "name": {"headerName": w("staff_tables.hospital_head"), "minWidth": 160, "pinned": "left"},
        "skill": {"headerName": w("staff_tables.skill"), "minWidth": 100},
        "need": {"headerName": w("staff_lists.need"), "minWidth": 80},
        "have": {"headerName": w("staff_lists.have"), "minWidth": 80},
        "gap": {"headerName": w("staff_lists.gap"), "minWidth": 80},
        "after": {"headerName": w("staff_lists.after"), "minWidth": 120},
        "pick": {"headerName": w("lists.code"), "minWidth": 90},
    }
    return grid(asked, numbered(said), columns, "staff-gap", picks="hospitals", sums=("need", "have"))


def teams(asked: Asked) -> Component:
    """Return every team at work, who has worked longest first; a row selects its hospital."""
    rows = plan_of(asked).tables["terms"]
    if rows.empty:
        return missing(asked, "staff")
    names, w = hospital_names(asked), asked.say
    said = rows.assign(
        hospital=[names.get(code, code) for code in rows["hospital"]],
        due=[asked.words(*DUE[due]) or None for due in rows["due"]],
        pick=rows["hospital"],
    ).sort_values(["worked_days", "name"], ascending=[False, True])
    columns: dict[str, Any] = {
        "name": {"headerName": w("staff_tables.team"), "minWidth": 160, "pinned": "left"},
        "hospital": {"headerName": w("staff_tables.hospital_head"), "minWidth": 160},
        "people": {"headerName": w("staff_tables.people"), "minWidth": 80},
        "worked_days": {"headerName": w("staff_tables.days"), "minWidth": 90},
        "due": {"headerName": w("staff_tables.rest"), "minWidth": 100},
        "team": {"headerName": w("lists.code"), "minWidth": 100},
        "pick": {"headerName": w("staff_lists.hospital_code"), "minWidth": 90, "initialHide": True},
    }
    return grid(asked, numbered(said), columns, "staff-teams", picks="hospitals", sums=("people",))


def lending(asked: Asked) -> Component:
    """Return every lending that the plan proposes."""
    rows = plan_of(asked).tables["lending"]
    if rows.empty:
        return parts.empty(asked.say("staff_tables.no_hospital_has"))
    names, w = hospital_names(asked), asked.say
    said = rows.assign(
        skill=[SKILL_WORDS[skill].said(asked.lang) for skill in rows["skill"]],
        **{name: [names.get(code, code) for code in rows[name]] for name in ("giver", "taker")},
        **{name: rows[name].astype(float).round(1) for name in ("hours", "km")},
    )
    columns: dict[str, Any] = {
        "skill": {"headerName": w("staff_tables.skill"), "minWidth": 100, "pinned": "left"},
        "giver": {"headerName": w("staff_tables.from"), "minWidth": 160},
        "taker": {"headerName": w("staff_tables.to"), "minWidth": 160},
        "people": {"headerName": w("staff_tables.people"), "minWidth": 80},
        "hours": {"headerName": w("staff_tables.hours_day"), "minWidth": 100},
        "km": {"headerName": w("staff_tables.km"), "minWidth": 80},
    }
    return grid(asked, numbered(said), columns, "staff-lending", sums=("people",))


def community(asked: Asked) -> Component:
    """Return the workers that closed compounds take, a row a street."""
    rows = plan_of(asked).tables["community"]
    if rows.empty:
        return parts.empty(asked.say("staff_tables.no_compound_under"))
    names, w = district_names(asked), asked.say
    said = rows.assign(district=[names.get(code, code) for code in rows["district"]])
    heads = ("closed", "sealed", "households", "gates", "checks", "deliveries", "workers")
    columns: dict[str, Any] = {
        "district": {"headerName": w("lists.district"), "minWidth": 90, "pinned": "left"},
        "street": {"headerName": w("staff_tables.street"), "minWidth": 120},
        **{name: {"headerName": w(f"staff_tables.{head}"), "minWidth": 90} for name, head in zip(WORKERS, heads, strict=True)},
    }  # fmt: skip
    return grid(asked, numbered(said), columns, "staff-community", sums=("workers",))


def numbered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with ids of their own, so that the grid knows each; what a row selects stands in `pick`."""
    return rows.assign(id=[str(at) for at in range(len(rows))]).reset_index(drop=True)


def plan_of(asked: Asked) -> Plan:
    """Return the plan of staff of the view."""
    return asked.desk.plan(asked.who, "staff", asked.here.view)


TABLES = {
    "gap": ("staff_lists.by_hospital", gap),
    "teams": ("staff_lists.teams", teams),
    "lending": ("staff_tables.lending", lending),
    "community": ("staff_tables.community", community),
}
