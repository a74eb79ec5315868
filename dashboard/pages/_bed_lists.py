"""The tables in the drawer of the bed page: every site with its beds by kind, every way from a district to a hospital, every compound's reach."""

from typing import Any

import pandas as pd
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.pages._frame import district_names, missing
from dashboard.pages._grid import grid
from dashboard.text import say
from layers.decisions._bed_words import KIND_WORDS
from layers.decisions._proposal import Plan
from layers.decisions.patients import CLASSES
from layers.hospitals import KINDS

SITES = ("designated", "fangcang", "fever_clinic", "testing", "isolation", "candidate")  # kinds of site that have words


def sites(asked: Asked) -> Component:
    """Return every hospital and shelter with its beds by kind, the fullest first; a row selects it."""
    frame = asked.desk.frames(asked.who, asked.here.view, ["hospitals"], asked.lang)["hospitals"]
    if frame.empty:
        return missing(asked, "hospitals")
    rows = site_rows(asked, pd.DataFrame(frame.drop(columns="geometry")))
    w = asked.say
    columns: dict[str, Any] = {
        "name": {"headerName": w("bed_lists.site"), "minWidth": 150, "pinned": "left"},
        "district": {"headerName": w("lists.district"), "minWidth": 90},
        "kind": {"headerName": w("bed_lists.kind_of_site"), "minWidth": 100},
        "beds_open": {"headerName": w("bed_tables.open"), "minWidth": 84},
        "beds_used": {"headerName": w("bed_tables.in_use"), "minWidth": 84},
        "beds_free": {"headerName": w("bed_lists.free"), "minWidth": 80},
        "share": {"headerName": w("bed_lists.share"), "minWidth": 88},
        "beds_planned": {"headerName": w("bed_lists.planned"), "minWidth": 84},
        "capacity": {"headerName": w("bed_lists.capacity"), "minWidth": 88},
    }
    for kind in KINDS:
        if rows[f"open_{kind}"].notna().any():
            named = say(f"bed.{kind}", asked.lang)
            columns[f"open_{kind}"] = {"headerName": f"{named} · {w('bed_tables.open')}", "minWidth": 110}
            columns[f"used_{kind}"] = {"headerName": f"{named} · {w('bed_tables.in_use')}", "minWidth": 110}
    columns |= {
        "reported": {"headerName": w("bed_lists.reported"), "minWidth": 110},
        "id": {"headerName": w("lists.code"), "minWidth": 100},
    }
    return grid(asked, rows, columns, "bed-sites", picks="hospitals", sums=("beds_open", "beds_used"))


def site_rows(asked: Asked, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the sites with their codes written out and the share in use as per cent; unknown stays unknown."""
    names = district_names(asked)
    day = [None if pd.isna(one) else f"{one:%Y-%m-%d}" for one in frame["reported_for"]]
    rows = frame.assign(
        district=[names.get(code, code) for code in frame["district"]],
        kind=[asked.say(f"bed_lists.kind_{one}") if one in SITES else one for one in frame["kind"]],
        share=(frame["share_used"].astype(float) * 100).round(1),
        reported=day,
    )
    return rows.sort_values(["share", "id"], ascending=[False, True], na_position="last").reset_index(drop=True)


def ways(asked: Asked) -> Component:
    """Return every flow of the plan, a row a street, class of patients, hospital and kind of bed."""
    rows = plan_of(asked).tables["flows"]
    if rows.empty:
        return parts.empty(asked.say("bed_tables.nobody_waits_for"))
    w, names = asked.say, district_names(asked)
    hospitals = asked.desk.frames(asked.who, asked.here.view, ["hospitals"], asked.lang)["hospitals"]
    titles = dict(zip(hospitals["id"], hospitals["name"], strict=True))
    said = rows.assign(
        district=[names.get(code, code or asked.say("bed_tables.unknown")) for code in rows["district"]],
        to=[titles.get(code, code) for code in rows["hospital"]],
        bed=[KIND_WORDS[kind].said(asked.lang) for kind in rows["kind"]],
        patients=[CLASSES[name].said(asked.lang) for name in rows["class"]],
        minutes=rows["minutes"].astype(float).round(0),
    ).sort_values("n", ascending=False)
    said = said.assign(id=[str(at) for at in range(len(said))])
    columns: dict[str, Any] = {
        "district": {"headerName": w("lists.district"), "minWidth": 90, "pinned": "left"},
        "street": {"headerName": w("lists.street"), "minWidth": 110},
        "to": {"headerName": w("bed_tables.to"), "minWidth": 160},
        "bed": {"headerName": w("bed_tables.bed"), "minWidth": 100},
        "patients": {"headerName": w("bed_tables.class"), "minWidth": 110},
        "n": {"headerName": w("bed_tables.persons"), "minWidth": 80},
        "minutes": {"headerName": w("bed_lists.minutes"), "minWidth": 100},
    }
    return grid(asked, said, columns, "bed-ways", sums=("n",))


def reach(asked: Asked) -> Component:
    """Return how far every compound is from a usable bed, the farthest first; a row selects it."""
    rows = plan_of(asked).tables["reach"].dropna(subset=["nearest_min"])
    if rows.empty:
        return missing(asked, "compounds", asked.say("bed_tables.residents_not_known"))
    compounds = asked.desk.frames(asked.who, asked.here.view, ["compounds"], asked.lang)["compounds"]
    places = pd.DataFrame(compounds[["id", "name", "district", "street", "population"]])
    names, w = district_names(asked), asked.say
    found = (
        rows[["id", "nearest_min"]].merge(places, on="id").sort_values(["nearest_min", "id"], ascending=[False, True])
    )
    found = found.assign(
        district=[names.get(code, code) for code in found["district"]], nearest_min=found["nearest_min"].astype(float).round(1)
    )  # fmt: skip
    columns: dict[str, Any] = {
        "name": {"headerName": w("lists.compound"), "minWidth": 150, "pinned": "left"},
        "district": {"headerName": w("lists.district"), "minWidth": 90},
        "street": {"headerName": w("lists.street"), "minWidth": 110},
        "nearest_min": {"headerName": w("bed_lists.minutes"), "minWidth": 120},
        "population": {"headerName": w("bed_lists.residents"), "minWidth": 90},
        "id": {"headerName": w("lists.code"), "minWidth": 120},
    }
    return grid(asked, found.reset_index(drop=True), columns, "bed-reach", picks="compounds")


def plan_of(asked: Asked) -> Plan:
    """Return the plan of beds of the view."""
    return asked.desk.plan(asked.who, "beds", asked.here.view)


TABLES = {
    "sites": ("bed_lists.sites", sites),
    "ways": ("bed_tables.who_goes_where", ways),
    "reach": ("bed_tables.access", reach),
}
