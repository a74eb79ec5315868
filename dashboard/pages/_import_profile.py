"""One kept profile: how the files of a source are read, to be looked at and changed."""

from dataclasses import replace
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.importing import source_named, source_title
from dashboard.pages import Asked
from dashboard.pages._import_start import back, titles
from dashboard.text import UNKNOWN, both, moment, say
from geo.datum import DATUMS
from layers._errors import ProfileError
from layers.intake.feeds import feed_named
from layers.intake.profiles import Kept, kept
from layers.store import profiles


def page(asked: Asked, number: str) -> list[Component]:
    """Return the profile with its fields."""
    w, one = asked.say, find(asked, number)
    if one is None:
        return [back(asked), parts.empty(w("import_profile.profile_deleted"))]
    feed = feed_named(one.feed)
    options = [{"value": "", "label": w("import_profile.not_used")}]
    options += [{"value": c.name, "label": c.zh if asked.lang == "zh" else c.name} for c in feed.columns]
    lines = [
        html.Tr(
            [
                html.Th(theirs),
                html.Td(dcc.Dropdown(options, ours, id={"type": "profile-column", "index": str(at)}, clearable=False)),
            ]
        )
        for at, (theirs, ours) in enumerate(one.mapping.columns.items())
    ]
    head = html.Thead(html.Tr([html.Th(w("import_profile.column_file")), html.Th(w("import_profile.taken_for"))]))
    frames = [{"value": name, "label": name} for name in ("auto", *DATUMS)]
    fields = html.Div(
        [
            html.Div([html.Label(w("import_profile.source")), dcc.Input(source_title(one.source, one.feed, asked.lang), id="import-profile-source", maxLength=80)], className="import-field"),
            html.Div([html.Label(w("import_profile.datum")), dcc.Dropdown(frames, one.mapping.datum or None, id="import-profile-datum")], className="import-field"),
        ]
    )  # fmt: skip
    save = html.Button(w("import_profile.save"), id="import-profile-save", className="button primary", n_clicks=0)
    said = html.Div(id="import-profile-said", className="said", role="status")
    title = f"{w('import_profile.profile')} · {titles(asked)[one.feed]}"
    note = f"{one.made_by} · {moment(one.made_at, asked.lang)}"
    table = html.Table([head, html.Tbody(lines)], className="plain-table import-map")
    return [
        html.Div([back(asked)], className="import-head"),
        parts.panel(title, [fields, table, rest(asked, one), save, said], note=note),
    ]


def rest(asked: Asked, one: Kept) -> Component:
    """Return what else the profile says: values, and what stands in for columns that the files lack."""
    w, pairs = asked.say, []
    for name, told in one.mapping.codes.items():
        pairs.append(
            (
                w("import_profile.values") + f" {name}",
                say("manner.semicolon", asked.lang).join(f"{a} → {b or UNKNOWN}" for a, b in told.items()),
            )
        )
    pairs += [(w("import_profile.all_rows") + f" {name}", value) for name, value in one.mapping.constants.items()]
    pairs += [(w("import_profile.id_made") + f" {name}", " + ".join(made)) for name, made in one.mapping.join.items()]
    return parts.facts(pairs)


def find(asked: Asked, number: str) -> Kept | None:
    """Return the profile of a number, None when there is none."""
    every = kept(asked.desk.gate.read_profiles(asked.desk.store, asked.who))
    return next((one for one in every if str(one.number) == number), None)


def saved(asked: Asked, columns: Any, source: Any, datum: Any) -> str:
    """Keep what the fields say; return what to say about it."""
    one = find(asked, (asked.here.options or {}).get("profile", ""))
    if one is None:
        raise ProfileError(*both("imports.profile_gone")[::-1])
    theirs = list(one.mapping.columns)
    if len(columns or []) != len(theirs):
        raise ProfileError(*both("imports.profile_columns", n=len(columns or []), wanted=len(theirs))[::-1])
    told = {name: ours for name, ours in zip(theirs, columns, strict=True) if ours}
    reading = replace(one.mapping, columns=told, datum=datum or "")
    reading.profile(feed_named(one.feed), source or "", theirs)
    who, now = (asked.who.name if asked.who else ""), asked.desk.store.now()
    if not (source or "").strip():
        raise ProfileError(*both("imports.profile_source")[::-1])
    profiles.change(
        asked.desk.store, one.number, source_named(source.strip(), one.feed), told, reading.settings(), who, now
    )
    return asked.say("import_profile.kept_holds_from")
