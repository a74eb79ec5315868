"""Prints that left the house: the list, one print with the lineage of its numbers, and the box that verifies a file or a code."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.access import SHARED
from dashboard.briefing.clock import stamp_of
from dashboard.pages import Asked
from dashboard.prints import may_see
from dashboard.text import figure, is_unknown
from layers._times import parse_time
from layers.intake import handed_in
from layers.store import printed

SHOWN = 30


def earlier(asked: Asked) -> Component:
    """Return the newest prints that the person may look into."""
    rows = [row for row in printed.newest(asked.desk.store, SHOWN * 4) if may_see(asked.who, row)][:SHOWN]
    if not rows:
        return parts.panel(
            asked.say("briefing.earlier"), parts.empty(asked.say("briefing.none_yet")), name="briefing-earlier"
        )
    lines = [html.Li(_line(asked, row)) for row in rows]
    return parts.panel(
        asked.say("briefing.earlier"),
        html.Ul(lines, className="print-list"),
        note=figure(len(rows)),
        name="briefing-earlier",
    )


def _line(asked: Asked, row: Mapping[str, Any]) -> list[Component]:
    state = row["state"]
    names = asked.say("briefing.comma").join(asked.say(f"briefing.part_{part}") for part in state["parts"])
    return [
        dcc.Link(html.B(row["code"]), href=_to(asked, row["code"])),
        html.Span(f"{row['format'].upper()} · {stamp_of(row['at'])} · {row['actor']}", className="print-when"),
        html.Small(f"{names} · {asked.say('clock.as_of')} {stamp_of(parse_time(state['as_of']))}"),
    ]


def one(asked: Asked, code: str) -> Component:
    """Return one print: its state with the way there, its signature, and where the number of a footnote comes from."""
    row = printed.by_code(asked.desk.store, code)
    if row is None or not may_see(asked.who, row):
        return parts.panel(code, parts.empty(asked.say("briefing.no_such_print")), name="briefing-one")
    state = row["state"]
    facts = parts.facts([
        (asked.say("briefing.printed_at"), f"{stamp_of(row['at'])} · {row['actor']}"),
        (asked.say("clock.as_of"), stamp_of(parse_time(state["as_of"]))),
        (asked.say("clock.known_at"), stamp_of(parse_time(state["known_at"]))),
        (asked.say("briefing.snapshot"), state["revision"]),
        ("SHA-256", html.Code(row["sha256"], className="digest")),
        (asked.say("briefing.key"), html.Code(row["key_id"])),
    ])  # fmt: skip
    tools = html.Div([
        html.Button(asked.say("briefing.again"), className="button", **{"data-again": row["code"]}),
        html.A(asked.say("briefing.signature"), href=f"/briefing/{row['code']}.sig", download=True, className="button"),
    ], className="print-tools")  # fmt: skip
    result = html.P(className="verdict", role="status", **{"data-again-said": row["code"]})
    note = (asked.here.options or {}).get("note", "")
    return parts.panel(
        row["code"], [facts, tools, result, lineage(asked, row, note)], note=row["format"].upper(), name="briefing-one"
    )


def lineage(asked: Asked, row: Mapping[str, Any], code: str) -> Component:
    """Return the footnotes of a print, one of them open: number, snapshot, query, receipts."""
    told = row["state"]["told"]
    notes, receipts = told["footnotes"], told["receipts"]
    if code in notes:
        batches = [one["batch"] for one in receipts.values()]
        gone = asked.desk.gate.read(
            asked.desk.store, asked.who, lambda _: handed_in.taken_back_of(batches), asked.here.view, SHARED
        )
        chosen = [_footnote(asked, code, notes[code], receipts, dict(zip(gone["root"], gone["undo"], strict=True)))]
    else:
        chosen = [parts.empty(asked.say("briefing.no_such_note", note=code))] if code else []
    choices = [{"value": f"{key}", "label": f"{key}  {note['what']}"} for key, note in notes.items()]
    pick = dcc.Dropdown(
        choices, code or None, id="briefing-note", placeholder=asked.say("briefing.choose_note"), className="print-note"
    )
    return html.Div([html.H3(asked.say("briefing.lineage")), pick, *chosen], className="lineage")


def _footnote(
    asked: Asked, code: str, note: Mapping[str, Any], receipts: Mapping[str, Any], gone: Mapping[int, int]
) -> Component:
    """Return one footnote with the deliveries that it rests on; those taken back since the print say so."""
    value = (
        asked.say("briefing.as_printed") if note["kind"] == "rows" else figure(note["value"], _digits(note["value"]))
    )
    rows = [
        html.Li([html.B(f"{key} {receipts[key]['source']}"), html.Span(receipts[key]["file"]), html.Small(asked.say(
            "briefing.receipt", rows=figure(receipts[key]["rows"]), n=figure(receipts[key]["deliveries"]), batch=receipts[key]["batch"])),
            _since(asked, receipts[key], gone), html.Code(receipts[key]["sha256"], className="digest")])
        for key in note["receipts"] if key in receipts
    ]  # fmt: skip
    return html.Div([
        html.P([html.B(f"{code} "), note["what"], html.B(f" {value} ", className="print-value"), note["unit"]]),
        html.P([asked.say("briefing.query"), html.Code(note["query"], className="digest")]),
        html.Ul(rows, className="print-receipts") if rows else parts.empty(asked.say("briefing.no_receipts")),
    ], className="print-footnote")  # fmt: skip


def _since(asked: Asked, receipt: Mapping[str, Any], gone: Mapping[int, int]) -> Component | None:
    """What became of a delivery: taken back since, or others of its source taken back before."""
    if receipt["batch"] in gone:
        undo = gone[receipt["batch"]]
        badge = parts.badge(asked.say("briefing.taken_back_since", batch=undo), "amber", "↺")
        return dcc.Link(badge, href="/imports" + asked.here.elsewhere.at(options={"batch": str(undo)}).search)
    before = receipt.get("undone", 0)
    return html.Small(asked.say("briefing.taken_back_before", n=figure(before))) if before else None


def check(asked: Asked) -> Component:
    """Return the box into which a file is dropped, or a code typed, to learn whether it is ours."""
    drop = html.Div(
        [html.I(className="icon import"), asked.say("briefing.drop")],
        id="verify-drop", className="verify-drop", role="button", tabIndex="0",
    )  # fmt: skip
    code = dcc.Input(
        id="verify-code",
        type="text",
        placeholder="FY-XXXX-XXXX-XXXX",
        maxLength=24,
        autoComplete="off",
        debounce=True,
        **parts.HELD,
    )
    label = html.Label([asked.say("briefing.or_code"), code], className="verify-code")
    ask = html.Button(asked.say("briefing.verify"), id="verify-ask", className="button")
    said = html.Div(id="verify-said", className="verdict", role="status")
    return parts.panel(
        asked.say("briefing.verify_title"),
        [drop, html.Div([label, ask], className="verify-row"), said],
        name="briefing-verify",
    )


def _digits(value: Any) -> int:
    return 0 if is_unknown(value) or float(value) == int(value) else 2


def _to(asked: Asked, code: str) -> str:
    options = {**(asked.here.options or {}), "code": code, "note": ""}
    place = asked.here.at(path="/briefing", pick=None, options={k: v for k, v in options.items() if v})
    return place.path + place.search
