"""The tables in the drawer of the lockdown page: every compound, or every case of the area; their rows select on the map."""

from typing import Any

import pandas as pd
from dash.development.base_component import Component

from dashboard import drill
from dashboard.orders import action_words
from dashboard.pages import Asked
from dashboard.pages._frame import district_names
from dashboard.pages._grid import grid
from dashboard.text import figure, pick
from layers._palette import CONTROL, LIFE, STATUS

COMPOUND_COLUMNS = {
    "name": "lists.compound",
    "district": "lists.district",
    "street": "lists.street",
    "community": "lists.community",
    "action": "lists.proposal",
    "score": "lists.score",
    "control": "lists.in_force",
    "now_cases": "lists.cases_now",
    "now_suspected": "lists.suspected",
    "now_contact": "lists.contacts",
    "new14_counted": "lists.new_14_d",
    "ever_counted": "lists.total",
    "clean_days": "lists.days_without",
    "life": "lists.life_cycle",
    "households": "lists.homes",
    "id": "lists.code",
}
WIDTHS = dict(
    zip(COMPOUND_COLUMNS, (150, 90, 110, 110, 110, 88, 100, 96, 84, 84, 92, 84, 100, 100, 80, 120), strict=True)
)
MOST = 3_000  # cases in the table; what is left out is counted, and a smaller area has all


def compounds(asked: Asked) -> Component:
    """Return every compound of the area with its proposal, control, life and counts; a row selects it."""
    w = asked.say
    frame, sums = compound_rows(asked)
    columns: dict[str, Any] = {
        name: {"headerName": w(key), "minWidth": WIDTHS[name]} for name, key in COMPOUND_COLUMNS.items()
    }
    columns["name"]["pinned"] = "left"
    return grid(
        asked,
        frame,
        columns,
        "compounds",
        picks="compounds",
        takes="compounds",
        sums=("now_cases", "ever_counted"),
        note=_left_out(asked, sums),
    )


def compound_rows(asked: Asked) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows of the table of compounds, the most urgent first, and the sums of their counts."""
    desk, who, view, lang = asked.desk, asked.who, asked.here.view, asked.lang
    frame = drill.counts(
        pd.DataFrame(desk.frames(who, view, ["compounds"], lang)["compounds"].drop(columns="geometry"))
    )
    plan = (
        desk.plan(who, "lockdown", view)
        .tables["compounds"]
        .set_index("code")[["action", "score", "clean_days", "life"]]
    )
    place = {p.subject: number for number, p in enumerate(desk.plan(who, "lockdown", view).proposals)}
    rows = (
        frame.join(plan, on="id").assign(place=frame["id"].map(place)).sort_values(["place", "id"])
    )  # as the plan puts them
    names = district_names(asked)
    said = rows.assign(
        district=rows["district"].map(lambda code: names.get(code, code)),
        action=[action_words(one, lang) if isinstance(one, str) else None for one in rows["action"]],
        control=[pick((CONTROL[one].zh, CONTROL[one].en), lang) if one in CONTROL else None for one in rows["control"]],
        life=[pick((LIFE[one].zh, LIFE[one].en), lang) if one in LIFE else None for one in rows["life"]],
        score=rows["score"].astype(float).round(1),
        clean_days=rows["clean_days"].clip(lower=0),  # -1: a case on a day that has not ended
    )
    return drill.known(said, desk.silent(who, view)).reset_index(drop=True), drill.summed(frame)


def _left_out(asked: Asked, sums: pd.Series) -> str:
    """Return how many cases of the area are in no compound, so that the sum under the table is not taken for all."""
    view = asked.here.view
    if view.level == "compound":
        return ""
    whole = drill.summed(drill.counts(asked.desk.totals(asked.who, view, view.level)))
    n = int(whole["ever_counted"] - sums["ever_counted"])
    return asked.say("lists.more_cases_total", n=figure(n)) if n else ""


def cases(asked: Asked) -> Component:
    """Return the cases of the area, the newest first, masked; a row opens the person."""
    w = asked.say
    rows, total = asked.desk.people(asked.who, asked.here.view, "case", MOST)
    columns: dict[str, Any] = {
        "subject": {"headerName": w("lists.case"), "minWidth": 130, "pinned": "left"},
        "status": {"headerName": w("lists.now"), "minWidth": 100},
        "since": {"headerName": w("lists.since"), "minWidth": 110},
        "onset": {"headerName": w("lists.onset"), "minWidth": 110},
        "district": {"headerName": w("lists.district"), "minWidth": 90},
        "street": {"headerName": w("lists.street"), "minWidth": 110},
        "place": {"headerName": w("lists.compound"), "minWidth": 150},
        "building": {"headerName": w("lists.building"), "minWidth": 80},
        "age": {"headerName": w("lists.age"), "minWidth": 70},
        "sex": {"headerName": w("lists.sex"), "minWidth": 70},
        "sure": {"headerName": w("lists.match"), "minWidth": 90},
    }
    told = w("lists.newest_smaller_area", n=figure(len(rows)), total=figure(total))  # fmt: skip
    note = told if total > len(rows) else ""
    return grid(asked, case_rows(asked, rows), columns, "cases", picks="person", note=note, takes="cases")


def case_rows(asked: Asked, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table of cases, with the codes written out."""
    names, lang = district_names(asked), asked.lang
    frame = asked.desk.frames(asked.who, asked.here.view, ["compounds"], lang)["compounds"]
    titles = dict(zip(frame["id"], frame["name"], strict=True))
    sexes = {"male": asked.say("lists.male"), "female": asked.say("lists.female")}
    none = asked.say("lists.not_placed")
    return pd.DataFrame(
        {
            "id": "case/" + rows["subject"].astype(str),
            "subject": rows["subject"],
            "status": [
                pick((STATUS[one].zh, STATUS[one].en), lang) if one in STATUS else one for one in rows["status"]
            ],
            "since": [f"{one:%Y-%m-%d}" for one in rows["since"]],
            "onset": [None if pd.isna(one) else f"{one:%Y-%m-%d}" for one in rows["onset_at"]],
            "district": [names.get(code, code or none) for code in rows["district"]],
            "street": rows["street"],
            "place": [titles.get(code, code) if code else none for code in rows["compound"]],
            "building": rows["building"],
            "age": pd.to_numeric(rows["age"]).astype("Int64") if len(rows) else rows["age"],
            "sex": [sexes.get(one) for one in rows["sex"]],
            "sure": (pd.to_numeric(rows["probability"]).astype(float) * 100).round(1),
        }
    )


TABLES = {"compounds": ("lists.compounds", compounds), "cases": ("lists.cases_masked", cases)}
