"""What changed since: two knowledge times at one event time, on map and table, with what made each change."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import changes as told
from dashboard import moments, parts, table_parts
from dashboard.desk import Desk
from dashboard.importing import source_title
from dashboard.pages import Asked, Page, Scene
from dashboard.pages._frame import LAND, NAMES, desk_page, district_names
from dashboard.pages._since import SINCE, bulletins, views
from dashboard.pages.quality import receipt_panel
from dashboard.text import both, change, figure, moment, pick
from layers._palette import STATUS, Mark, rgba
from layers._view import View
from layers.store.changes import KINDS, Changes

MOST = 400  # rows in the table; the sums count all
PER_BATCH = 1_000_000  # a row's id is its batch times this, and its place
QUIET = (84, 100, 116, 110)
MARKS = {
    "more": Mark((242, 96, 78, 240), "▲", *both("changes.more")),
    "fewer": Mark((98, 216, 192, 240), "▼", *both("changes.fewer")),
    "other": Mark((176, 142, 222, 240), "◆", *both("changes.other")),
    "same": Mark((84, 100, 116, 255), "·", *both("changes.same")),
}


def _found(asked: Asked) -> tuple[Changes, View, View]:
    before, after = views(asked)
    return told.seen(asked.desk, asked.who, before, after), before, after


def scene(asked: Asked) -> Scene:
    """Compounds coloured by whether more or fewer persons are ill there than was known before."""
    found, *_ = _found(asked)
    rows = told.by_compound(found)
    frame = asked.desk.frames(asked.who, asked.here.view, ["compounds"], asked.lang)["compounds"]
    net = rows.set_index("code").reindex(frame["id"])
    colours = [_colour(n, other) for n, other in zip(net["net"], net["other"] + net["more"], strict=True)]
    height = (net["net"].abs().fillna(0) * 40).to_numpy()
    paint = pd.DataFrame({"id": frame["id"].to_numpy(), "fill_rgba": colours, "height": height})
    return Scene(
        (*LAND, "compounds", *NAMES), key=f"changes-{asked.here.view.area}", paint={"compounds": paint}, marks=MARKS
    )


def _colour(net: float, other: float) -> int:
    if net > 0:
        return rgba(*MARKS["more"].colour)
    if net < 0:
        return rgba(*MARKS["fewer"].colour)
    return rgba(*MARKS["other"].colour) if other > 0 else rgba(*QUIET)


def layout(asked: Asked) -> Component:
    """The two times and the sums at the left; by district and by row, with receipts, at the right."""
    found, before, after = _found(asked)
    left = [choice(asked, before, after), kinds(asked, found), others(asked, found)]
    right = [
        parts.panel(
            asked.say("changes.sums"), districts(asked, found, before, after), note=asked.say("changes.sums_note")
        ),
        parts.panel(
            asked.say("changes.rows"),
            rows(asked, found),
            note=asked.say("changes.rows_note"),
            grow=True,
        ),
        html.Div(id="changes-receipt"),
    ]
    return desk_page(asked, left, right, scene(asked))


def choice(asked: Asked, before: View, after: View) -> Component:
    """Return the two knowledge times and the links that set the earlier one."""
    times = [
        (asked.say("changes.from"), moment(before.known_at, asked.lang)),
        (asked.say("changes.to"), moment(after.known_at, asked.lang)),
        (asked.say("changes.as_of"), moment(after.as_of, asked.lang)),
    ]
    links = [_since(asked, words, at, before) for words, at in presets(asked)]
    return parts.panel(asked.say("changes.title"), [parts.facts(times), html.Div(links, className="presets")])


def presets(asked: Asked) -> list[tuple[str, Any]]:
    """Return (words, earlier knowledge time): the bulletins before, the last order, the last deliveries, a day ago."""
    view, desk = asked.here.view, asked.desk
    found: list[tuple[str, Any]] = [(asked.say("changes.day"), view.known_at - timedelta(days=1))]
    earlier = [one for one in bulletins(asked) if one.known_at.date() < view.known_at.date()]
    found += [(asked.say("changes.bulletin", at=moment(one.known_at, asked.lang)), one.known_at) for one in earlier[:3]]
    given = moments.orders(desk, asked.who, view)
    found += [(asked.say("changes.order", name=pick((one.zh, one.en), asked.lang)), one.known_at) for one in given[:1]]
    told_ = moments.deliveries(desk, asked.who, view)
    for row in told_.iloc[-3:].iloc[::-1].to_dict("records"):
        words = asked.say(
            "changes.delivery",
            source=source_title(row["source"], row["feed"], asked.lang),
            file=row["file"] or row["feed"],
        )
        found.append((words, row["at"].to_pydatetime() - timedelta(milliseconds=1)))
    return found


def _since(asked: Asked, words: str, at: Any, before: View) -> Component:
    options = {**(asked.here.options or {}), SINCE: at.replace(tzinfo=None).isoformat(timespec="milliseconds")}
    there = asked.here.at(options=options, pick=None)
    now = abs(at - before.known_at) < timedelta(seconds=1)
    return dcc.Link(words, href=there.path + there.search, className="preset here" if now else "preset", title=words)


def kinds(asked: Asked, found: Changes) -> Component:
    """Return a tile a kind of change: how many persons, and what they add to those ill."""
    ill = found.entries[found.entries["status"].isin(told.ILL)].groupby("change")["n"].sum()
    persons = found.rows.groupby("change")["n"].sum()
    tiles = [
        parts.tile(
            asked.say(f"changes_kind.{kind}"),
            figure(int(persons.get(kind, 0))),
            asked.say("unit.persons"),
            asked.say("changes.ill", n=change(int(ill.get(kind, 0)))),
            tone={"added": "red", "backdated": "amber", "withdrawn": "teal", "moved": "blue"}.get(kind, "violet"),
            lang=asked.lang,
        )
        for kind in KINDS
        if persons.get(kind, 0) or kind in KINDS[:4]
    ]
    return html.Div(tiles, className="tiles")


def others(asked: Asked, found: Changes) -> Component:
    """Return what else changed: orders in force, and beds."""
    facts = [
        (asked.say("changes.controls"), figure(len(found.controls))),
        (asked.say("changes.beds"), figure(len(found.beds))),
        (asked.say("changes.beds_open"), _beds(asked, found, "open")),
        (asked.say("changes.beds_used"), _beds(asked, found, "used")),
        (asked.say("changes.batches"), figure(len(found.batches))),
    ]
    return parts.panel(asked.say("changes.others"), parts.facts(facts))


def _beds(asked: Asked, found: Changes, name: str) -> str:
    moved, apart = told.beds_moved(found, name)
    return change(moved) + (asked.say("changes.beds_apart", n=apart) if apart else "")


def districts(asked: Asked, found: Changes, before: View, after: View) -> Component:
    """Return the sums: before, what each kind added or took, after."""
    lines = told.sums(asked.desk, found, before, after)
    names = district_names(asked) | {"": asked.say("changes.all")}
    shown = [kind for kind in KINDS if any(line.by_kind.get(kind) for line in lines)]
    head = [
        "",
        asked.say("changes.before"),
        *(asked.say(f"changes_kind.{kind}") for kind in shown),
        asked.say("changes.after"),
    ]
    body = []
    for line in lines:
        cells = [
            figure(line.before),
            *(change(line.by_kind[kind]) if line.by_kind.get(kind) else "" for kind in shown),
            figure(line.after),
        ]
        body.append(
            html.Tr(
                [html.Th(names.get(line.code, line.code)), *map(html.Td, cells)], className="" if line.code else "sum"
            )
        )
    return html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in head])), html.Tbody(body)], className="plain-table compact"
    )


def rows(asked: Asked, found: Changes) -> Component:
    """Return one row a way of changing, most persons first; a click opens the receipt of its batch."""
    if found.rows.empty:
        return parts.empty(asked.say("changes.nothing"))
    names = district_names(asked)
    compounds = asked.desk.frames(asked.who, asked.here.view, ["compounds"], asked.lang)["compounds"].set_index("id")[
        "name"
    ]
    batches = found.batches.set_index("batch")
    shown = found.rows.sort_values("n", ascending=False, kind="stable").head(MOST)
    records = [
        _record(asked, number, row, names, compounds, batches) for number, row in enumerate(shown.to_dict("records"))
    ]
    columns = {name: {"headerName": asked.say(f"changes.{name}"), "minWidth": width} for name, width in (("what", 84), ("where", 150), ("status", 96), ("n", 52), ("cause", 150))}  # fmt: skip
    return html.Div(
        table_parts.table(pd.DataFrame(records), columns, "changes-rows", lang=asked.lang), className="grid-box"
    )


def _record(
    asked: Asked, number: int, row: dict[str, Any], names: dict[str, str], compounds: Any, batches: Any
) -> dict[str, Any]:
    ends = [_place(asked, row, end, names, compounds) for end in ("was_", "")]
    states = [_status(asked, row[name]) for name in ("was_status", "status")]
    cause = batches.loc[row["batch"]] if row["batch"] in batches.index else None
    return {
        "id": str(int(row["batch"] if cause is not None else 0) * PER_BATCH + number),
        "what": asked.say(f"changes_kind.{row['change']}"),
        "where": _turned(ends),
        "status": _turned(states),
        "n": int(row["n"]),
        "cause": "" if cause is None else " · ".join(filter(None, [f"#{int(row['batch'])}", source_title(cause["source"], cause["kind"], asked.lang), cause["file"] or cause["kind"]])),
    }  # fmt: skip


def _turned(ends: Sequence[str]) -> str:
    """What was, and what is; said once where it is the same or one of them is nothing."""
    told_ = list(dict.fromkeys(one for one in ends if one))
    return " → ".join(told_)


def _place(asked: Asked, row: dict[str, Any], end: str, names: dict[str, str], compounds: Any) -> str:
    code, district = row[f"{end}compound"], row[f"{end}district"]
    if not row[f"{end}status"]:
        return ""
    if not (code or district):
        return asked.say("changes.elsewhere" if asked.here.view.area else "changes.unplaced")
    return " · ".join(
        filter(
            None,
            [names.get(district, district), str(compounds.get(code, code)) if code else asked.say("changes.unplaced")],
        )
    )


def _status(asked: Asked, status: str) -> str:
    return pick((STATUS[status].zh, STATUS[status].en), asked.lang) if status in STATUS else status


def connect(app: Dash, desk: Desk) -> None:
    """Let a click on a row open the receipt of the batch that made the change."""

    @app.callback(
        Output("changes-receipt", "children"),
        Input("changes-rows", "selectedRows"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def opened(chosen: Any, search: str) -> Any:
        number = int(chosen[0]["id"]) // PER_BATCH if chosen else 0
        if not number:
            return no_update
        return receipt_panel(Asked.at(desk, desk.gate.who(request), "/changes", search), number)


PAGE = Page(
    "/changes", order=18, title=both("page.changes"), layout=layout, scene=scene, connect=connect, group="epidemic"
)
