"""The receipt of one delivery: what it did, who handed it in, and the way back."""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.access import CITY, IMPORTERS, SHARED
from dashboard.importing import source_title
from dashboard.pages import Asked
from dashboard.pages._import_preview import found, rows, status_title
from dashboard.pages._import_start import address, back, progress, state, titles
from dashboard.text import UNKNOWN, both, change, figure, listed, moment, say
from layers.intake import handed_in, receipt
from layers.intake.feeds import all_feeds
from layers.intake.notes import column_title
from layers.intake.unbatch import Undone
from layers.intake.unbatch_rows import WHY

KEPT_SHOWN = 12
TABLES = {
    "district": both("import_receipt.tables_district"), "basemap": both("import_receipt.tables_basemap"), "compound": both("import_receipt.tables_compound"),
    "hospital": both("import_receipt.tables_hospital"), "bed": both("import_receipt.tables_bed"), "stock": both("import_receipt.tables_stock"),
    "handout": both("import_receipt.tables_handout"), "team": both("import_receipt.tables_team"), "assessment": both("import_receipt.tables_assessment"),
    "control": both("import_receipt.tables_control"), "person": both("import_receipt.tables_person"), "person_status": both("import_receipt.tables_person_status"),
    "withdrawal": both("import_receipt.tables_withdrawal"), "placement": both("import_receipt.tables_placement"),
}  # fmt: skip


def panel(asked: Asked, number: int) -> list[Component]:
    """Return the receipt of a batch, with its undo for those who may."""
    w, desk = asked.say, asked.desk
    frame = desk.gate.read(desk.store, asked.who, lambda v: handed_in.one(v, number), asked.here.view, SHARED)
    if frame.empty:
        return [
            back(asked),
            parts.empty(w("import_receipt.batch_no_delivery", number=number)),
        ]
    row = frame.iloc[0].to_dict()
    told = row["receipt"] or {}
    kind = w("import_receipt.receipt") if row["kind"] == "import" else w("import_receipt.receipt_undo")
    title = f"{kind} · {w('import_receipt.batch')} {number}"
    body = [
        about(asked, row, told),
        *(_undo_told(asked, told) if row["kind"] == "undo" else _imported(asked, row, told)),
    ]
    may = asked.who is not None and asked.who.role in IMPORTERS
    return [
        html.Div([back(asked), state(asked, row)], className="import-head"),
        parts.panel(title, body, name="import-receipt"),
        *([undo_panel(asked, row)] if may else []),
    ]


def about(asked: Asked, row: dict[str, Any], told: dict[str, Any]) -> Component:
    """Return who handed in what, when, and the digest that leads back to the very file."""
    w = asked.say
    pairs: list[tuple[str, Any]] = [
        (w("import_receipt.file"), row["file"] or UNKNOWN),
        (w("import_receipt.feed"), titles(asked).get(row["feed"], row["feed"])),
        (w("import_receipt.source"), source_title(row["source"], row["feed"], asked.lang)),
        (w("import_receipt.by"), told.get("actor") or UNKNOWN),
        (w("import_receipt.known"), moment(row["known_at"], asked.lang)),
        (w("import_receipt.datum"), (told.get("datum") or UNKNOWN).upper()),
        (w("import_receipt.took"), f"{figure(told['seconds'], 1)} s" if told.get("seconds") else UNKNOWN),
        ("SHA-256", html.Code(row["sha256"]) if row["sha256"] else UNKNOWN),
    ]
    undone = asked.desk.gate.read(
        asked.desk.store, asked.who, lambda v: handed_in.undos_of(v, int(row["id"])), asked.here.view, SHARED
    )
    links = [
        _to(
            asked,
            one["id"],
            say("import_receipt.undo_batch", asked.lang, id=one["id"], known_at=moment(one["known_at"], asked.lang)),
        )
        for one in undone.to_dict("records")
    ]
    if links:
        pairs.append((w("import_receipt.undone_batch"), html.Span(links)))
    if told.get("undoes"):
        pairs.append((w("import_receipt.undoes_batch"), _to(asked, told["undoes"], str(told["undoes"]))))
    if told.get("why"):
        pairs.append((w("import_receipt.reason"), told["why"]))
    return parts.facts(pairs)


def _to(asked: Asked, number: Any, text: str) -> Component:
    return dcc.Link(text, href="/imports" + address(asked, batch=str(number)))


def _imported(asked: Asked, row: dict[str, Any], told: dict[str, Any]) -> list[Component | None]:
    if "rows" not in told:
        return [html.P(asked.say("import_receipt.batch_has_no"), className="dim")]
    number = int(row["id"])
    personal = told.get("dropped_columns") or []
    dropped = asked.say(
        "import_receipt.personal_dropped",
        names=listed((column_title(n, all_feeds().get(row["feed"]), asked.lang) for n in personal), asked.lang),
    )
    return [
        *found(asked, told, row["feed"]),
        html.P(dropped, className="dim") if personal else None,
        _rows(asked, number, row["feed"], told),
    ]


def _rows(asked: Asked, number: int, feed: str, told: dict[str, Any]) -> Component | None:
    if asked.who is None or not asked.who.sees_all:
        return html.P(asked.say("import_receipt.rows_themselves_shown"), className="more")
    everywhere = asked.here.view.narrowed("")
    notes = asked.desk.gate.read(asked.desk.store, asked.who, lambda _: receipt.notes_of(number), everywhere, CITY)
    return rows(asked, notes.to_dict("records"), len(notes), feed, f"/imports/batch/{number}.csv")


# ---- taking it back


def undo_panel(asked: Asked, row: dict[str, Any]) -> Component | None:
    """Return the panel that takes a batch back: rehearsed first, with a reason."""
    w, number = asked.say, int(row["id"])
    if row["gone"]:
        text = w("import_receipt.delivery_undone_have")
        return html.P(text, className="import-note")
    title = w("import_receipt.take_delivery_back")
    hint = w("import_receipt.what_brought_no")
    button = html.Button(w("import_receipt.see_what_would"), id={"type": "import-do", "index": f"undo-try-{number}"}, className="button", n_clicks=0)  # fmt: skip
    why = dcc.Input(
        id={"type": "import-why", "index": "undo"},
        type="text",
        placeholder=w("import_receipt.reason_field"),
        maxLength=200,
        debounce=False,
    )
    return parts.panel(
        title,
        [
            html.P(hint, className="dim"),
            html.Div([why, button], className="import-undo-form"),
            progress(),
            html.Div(id="import-undo"),
        ],
        name="import-undo-panel",
    )


def rehearsed(asked: Asked, said: Undone) -> Component:
    """Return what taking a batch back would do, with the button that does it."""
    w = asked.say
    go = html.Button(w("import_receipt.take_back"), id={"type": "import-do", "index": f"undo-apply-{said.number}"},
                     className="button danger", n_clicks=0)  # fmt: skip
    nothing = html.P(w("import_receipt.there_nothing_left")) if not said.records else None
    told = said.as_json()
    return html.Div([nothing, *_undo_told(asked, told), go if said.records else None], className="import-rehearsed")


def _undo_told(asked: Asked, told: dict[str, Any]) -> list[Component | None]:
    """What an undo does: by table, the counts, what stays and why, and what rests on it."""
    w = asked.say
    heads = (
        both("import_receipt.records"),
        both("import_receipt.before"),
        both("import_receipt.no_longer_believed"),
        both("import_receipt.stay"),
    )
    lines = [
        html.Tr(
            [
                html.Th(asked.words(*TABLES[name])),
                *(html.Td(figure(n[k]), className="number") for k in ("back", "gone", "kept")),
            ]
        )
        for name, n in told["tables"].items()
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(asked.words(*h)) for h in heads])), html.Tbody(lines)],
        className="plain-table undo-table",
    )
    counts = [(status_title(asked, status), change(n)) for status, n in told["counts"].items()]
    matched = sum(told["matched"].values())
    return [
        html.Div(
            [
                table if lines else None,
                html.Div(
                    [
                        html.H3(w("import_receipt.change_city_s")),
                        parts.facts(counts) if counts else html.P(w("import_receipt.none"), className="dim"),
                        html.P(w("import_receipt.matched_again_persons", matched=figure(matched))) if matched else None,
                        html.P(w("import_receipt.decisions_reviewers_fall", decisions=figure(told['decisions'])), className="tone-amber") if told["decisions"] else None,
                        html.P(w("import_receipt.destroyed_stay", destroyed=figure(told['destroyed'])), className="tone-amber") if told.get("destroyed") else None,
                    ]
                ),
            ],
            className="import-two",
        ),
        *(_named(asked, told) if asked.who is not None and asked.who.sees_all else ()),
    ]  # fmt: skip


def _named(asked: Asked, told: dict[str, Any]) -> list[Component | None]:
    """What stays, and what rests on it, one by one: ids and places of the whole city, which the city alone sees."""
    return [_kept(asked, told), _rests(asked, told)]


def _kept(asked: Asked, told: dict[str, Any]) -> Component | None:
    if not told["kept"]:
        return None
    w = asked.say
    lines = [
        html.Li(f"{asked.words(*TABLES[one['table']])} {one['key']}{w('manner.colon')}{asked.words(*WHY[one['why']])}" + (w("import_receipt.by_batch", by=one['by']) if one["by"] else ""))
        for one in told["kept"][:KEPT_SHOWN]
    ]  # fmt: skip
    more = say("state.sample", asked.lang, n=len(lines), total=figure(told["kept_in_all"]))
    return html.Div([html.H3(w("import_receipt.what_stays_why")), html.Ul(lines), html.P(more, className="more")])


def _rests(asked: Asked, told: dict[str, Any]) -> Component | None:
    if not told["rests"]:
        return None
    w = asked.say
    what = {"order": both("import_receipt.what_order"), "care": both("import_receipt.what_care")}
    lines = [
        html.Li(f"{asked.words(*what[one['what']])} {one['number']} · {one['name'] or one['subject']} · {one['by']}")
        for one in told["rests"]
    ]
    title = w("import_receipt.orders_changes_made")
    return html.Div([html.H3(title), html.Ul(lines)], className="import-rests")
