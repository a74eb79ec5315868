"""The import page as it opens: where a file is dropped, what was handed in, and how the files of each source are read."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.access import SHARED
from dashboard.drafts import LARGEST
from dashboard.importing import source_title
from dashboard.pages import Asked
from dashboard.text import UNKNOWN, both, figure, listed, moment, pick
from layers.intake import handed_in, profiles
from layers.intake.feeds import all_feeds
from layers.intake.readers import FORMATS

SHOWN = 40  # deliveries on the page


def drop_zone(asked: Asked) -> Component:
    """Return the place to drop a file on; assets/import.js does the rest."""
    w, most = asked.say, LARGEST // 1_000_000
    kinds = " ".join(form[1:].upper() for form in FORMATS)
    inside = [
        html.Span(className="import-arrow", **{"aria-hidden": "true"}),
        html.B(w("import_start.drop_file_here")),
        html.Span(w("import_start.or")),
        html.Button(w("import_start.choose_file"), id="import-choose", className="button primary", n_clicks=0),
        html.Small(f"{kinds} · {w('import_start.up')} {most} MB"),
        html.Small(w("import_start.first_rehearsal_shows")),
    ]
    more = {"data-formats": ",".join(FORMATS), "data-most": str(LARGEST)}
    return html.Div(
        [html.Div(inside, id="import-drop", className="import-drop", **more), progress()], className="import-zone"
    )


def progress() -> Component:
    """Return the place where assets/import.js shows how far something is."""
    return html.Div(id="import-progress", className="import-progress", role="status")


def titles(asked: Asked) -> dict[str, str]:
    """Return feed -> title in the page's language."""
    return {name: pick(feed.title, asked.lang) for name, feed in all_feeds().items()}


def address(asked: Asked, **options: str) -> str:
    """Return the query string of the page with other options; those of the steps are left out."""
    kept = {
        k: v for k, v in (asked.here.options or {}).items() if k not in ("draft", "batch", "profile", "feed", "source")
    }
    return asked.here.at(options=kept | {k: v for k, v in options.items() if v}, pick=None).search


def back(asked: Asked) -> Component:
    """Return the way back to the list."""
    return dcc.Link(
        asked.say("import_start.all_deliveries"), href="/imports" + address(asked), className="button import-back"
    )


# ---- what was handed in


def deliveries(asked: Asked) -> Component:
    """Return the list of deliveries with its two filters."""
    w, given = asked.say, asked.here.options or {}
    feed, source = given.get("feed", ""), given.get("source", "")
    desk, view = asked.desk, asked.here.view
    rows = desk.gate.read(desk.store, asked.who, lambda v: handed_in.listed(v, feed, source), view, SHARED)
    known = desk.gate.read(desk.store, asked.who, handed_in.sources, view, SHARED)
    body = listing(asked, rows.head(SHOWN)) if len(rows) else parts.empty(w("import_start.no_file_handed"))
    note = parts.first_of(min(len(rows), SHOWN), int(known["n"].sum()) if len(known) else 0, asked.lang)
    return parts.panel(
        w("import_start.deliveries"), [filters(asked, known, feed, source), body], note=note, name="deliveries"
    )


def filters(asked: Asked, known: pd.DataFrame, feed: str, source: str) -> Component:
    """Return the choice of feed and of source."""
    w, names = asked.say, titles(asked)
    feeds = [{"value": "", "label": w("import_start.all_feeds")}]
    feeds += [{"value": name, "label": names.get(name, name)} for name in sorted(set(known["feed"]))]
    mine = known[known["feed"] == feed] if feed else known
    sources = [{"value": "", "label": w("import_start.all_sources")}]
    sources += [
        {"value": name, "label": source_title(name, of, asked.lang)}
        for name, of in mine.drop_duplicates("source")[["source", "feed"]].itertuples(index=False)
    ]
    for options, stated in ((feeds, feed), (sources, source)):  # a field drops a choice that it does not know
        if stated not in {one["value"] for one in options}:
            options.append({"value": stated, "label": stated})
    return html.Div(
        [
            dcc.Dropdown(feeds, feed, id="imports-feed", clearable=False, searchable=False),
            dcc.Dropdown(sources, source, id="imports-source", clearable=False),
        ],
        className="import-filters",
    )


HEADS = (both("import_start.batch"), both("import_start.known"), both("import_start.feed"), both("import_start.source"), both("import_start.file"), both("import_start.by"),
         both("import_start.read"), both("import_start.new"), both("import_start.changed"), both("import_start.same"), both("import_start.refused"), ("", ""))  # fmt: skip


def listing(asked: Asked, rows: pd.DataFrame) -> Component:
    """Return deliveries as a table, each a link to its receipt."""
    names = titles(asked)
    facts = asked.say("import_start.facts_note")  # without it more new than read looks like a fault
    hints = dict.fromkeys(map(both, ("import_start.new", "import_start.changed", "import_start.same")), facts)
    head = html.Thead(html.Tr([html.Th(asked.words(*each), title=hints.get(each)) for each in HEADS]))
    body = [_delivery(asked, row, names) for row in rows.to_dict("records")]
    return html.Div(html.Table([head, html.Tbody(body)], className="plain-table imports"), className="import-scroll")


def _delivery(asked: Asked, row: dict[str, Any], names: dict[str, str]) -> Component:
    told = row["receipt"] or {}
    undo = row["kind"] == "undo"
    counts = told.get("rows", {})
    numbers = [
        told.get("rows_read"),
        counts.get("new"),
        counts.get("changed"),
        counts.get("unchanged"),
        told.get("rows_rejected"),
    ]
    link = dcc.Link(str(row["id"]), href="/imports" + address(asked, batch=str(row["id"])))
    cells = [
        html.Td(link),
        html.Td(moment(row["known_at"], asked.lang)),
        html.Td(names.get(row["feed"], row["feed"])),
        html.Td(source_title(row["source"], row["feed"], asked.lang)),
        html.Td(row["file"] or UNKNOWN, title=row["file"], className="file"),
        html.Td(told.get("actor") or UNKNOWN),
        *(html.Td(UNKNOWN if undo or n is None else figure(n), className="number") for n in numbers),
        html.Td(state(asked, row)),
    ]
    return html.Tr(cells, className="gone" if row["gone"] else "")


def state(asked: Asked, row: dict[str, Any]) -> Component | None:
    """Return the sign of a delivery that was taken back, or of an undo."""
    if row["kind"] == "undo":
        number = (row["receipt"] or {}).get("undoes")
        return parts.badge(asked.say("import_start.undo", number=number), "violet", "↺")
    return parts.badge(asked.say("import_start.undone"), "amber", "↺") if row["gone"] else None


# ---- profiles


def profiles_panel(asked: Asked) -> Component:
    """Return how the files of each source are read, with the ways to change and delete it."""
    w, names = asked.say, titles(asked)
    found = profiles.kept(asked.desk.gate.read_profiles(asked.desk.store, asked.who))
    if not found:
        text = w("import_start.kept_import_next")
        return parts.panel(w("import_start.profiles"), parts.empty(text))
    heads = (
        both("import_start.feed"),
        both("import_start.source"),
        both("import_start.columns"),
        both("import_start.datum"),
        both("import_start.kept"),
        ("", ""),
    )
    rows = [
        html.Tr(
            [
                html.Td(names.get(one.feed, one.feed)),
                html.Td(source_title(one.source, one.feed, asked.lang)),
                html.Td(
                    figure(len(one.mapping.columns)), className="number", title=listed(one.mapping.columns, asked.lang)
                ),
                html.Td(one.mapping.datum or UNKNOWN),
                html.Td(f"{one.made_by} · {moment(one.made_at, asked.lang)}"),
                html.Td(_profile_buttons(asked, one.number), className="import-acts"),
            ]
        )
        for one in found
    ]
    head = html.Thead(html.Tr([html.Th(asked.words(*each)) for each in heads]))
    return parts.panel(
        w("import_start.profiles"),
        html.Table([head, html.Tbody(rows)], className="plain-table"),
        note=w("import_start.one_source"),
    )


def _profile_buttons(asked: Asked, number: int) -> list[Component]:
    w = asked.say
    return [
        dcc.Link(w("import_start.edit"), href="/imports" + address(asked, profile=str(number)), className="quiet"),
        html.Button(
            w("import_start.delete"),
            id={"type": "import-do", "index": f"drop-profile-{number}"},
            className="quiet",
            n_clicks=0,
        ),
    ]
