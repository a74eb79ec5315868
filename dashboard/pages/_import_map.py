"""A file on its way in: what it is, what its columns mean with how sure that is, its codes, and what it lacks."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.drafts import Draft
from dashboard.importing import ENOUGH, codes_of, source_title
from dashboard.pages import Asked
from dashboard.pages._import_start import back, progress, titles
from dashboard.text import UNKNOWN, both, figure, listed, moment, percent
from geo.datum import DATUMS
from layers._errors import LayerError
from layers.intake._feed import Column, Feed
from layers.intake.feeds import feed_named
from layers.intake.notes import spoken
from layers.intake.profile import NUMBER
from layers.intake.receipt import MASK
from layers.intake.suggest import LIKELY, SURE, Suggestion, suggest
from layers.intake.suggest_fill import fills, lacking
from layers.intake.suggest_values import Look, looks_personal

FIRST = 5  # rows shown
EXAMPLES = 3
LONGEST = 26  # characters of a value shown
CODES_SHOWN = 30


def steps(asked: Asked, at: int) -> Component:
    """Return the four steps with the present one marked."""
    names = (
        both("import_map.file"),
        both("import_map.columns"),
        both("import_map.rehearsal"),
        both("import_map.receipt"),
    )
    items = [
        html.Li(
            [html.B(str(n)), asked.words(*name)],
            className="here" if n == at else "done" if n < at else "",
            **({"aria-current": "step"} if n == at else {}),
        )
        for n, name in enumerate(names, start=1)
    ]
    return html.Ol(items, className="import-steps")


def body(asked: Asked, draft: Draft) -> list[Component]:
    """Return everything between the head of a draft and its preview."""
    return [
        html.Div([what(asked, draft), html.Div(ready(asked, draft), id="import-ready")], className="import-side"),
        columns(asked, draft) if draft.feed else parts.empty(asked.say("import_map.choose_feed")),
    ]


def head(asked: Asked, draft: Draft) -> Component:
    """Return the line that says which file this is, with the way to leave it."""
    w = asked.say
    rows = figure(draft.lines) + w("import_map.lines") if draft.lines else ""
    about = " · ".join(filter(None, [_size(draft.size), rows, f"SHA-256 {draft.sha256[:12]}…"]))
    leave = html.Button(
        w("import_map.discard"), id={"type": "import-do", "index": "discard"}, className="button", n_clicks=0
    )
    return html.Div(
        [back(asked), steps(asked, 3 if draft.found else 2), html.Span([html.B(draft.name), html.Small(about)], className="import-file"), leave],
        className="import-head",
    )  # fmt: skip


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{max(count / 1e3, 0.1):.1f} kB"


# ---- what it is


def what(asked: Asked, draft: Draft) -> Component:
    """Return the choices about the file as a whole: feed, sheet, source, datum."""
    w, names = asked.say, titles(asked)
    options = [{"value": g.feed, "label": f"{names[g.feed]}　{percent(g.score)}"} for g in draft.guesses]
    fields = [
        _field(
            w("import_map.feed"),
            dcc.Dropdown(options, draft.feed or None, id="import-feed", clearable=False),
            _why_feed(asked, draft),
        ),
        _sheets(asked, draft),
        _field(
            w("import_map.source"),
            dcc.Input(
                source_title(draft.source, draft.feed, asked.lang),
                id="import-source",
                type="text",
                debounce=True,
                maxLength=80,
            ),
            w("import_map.who_sent_source"),
        ),
        _datum(asked, draft),
    ]
    return parts.panel(w("import_map.what"), [_same_as_before(asked, draft), *fields], name="import-what")


def _field(label: str, control: Component, hint: Any = "") -> Component:
    return html.Div([html.Label(label), control, html.Small(hint) if hint else None], className="import-field")


def _why_feed(asked: Asked, draft: Draft) -> str:
    w = asked.say
    guess = next((g for g in draft.guesses if g.feed == draft.feed), None)
    if guess is None or guess.score < ENOUGH:
        return w("import_map.not_recognised_choose")
    feed = feed_named(guess.feed)
    if not guess.has:
        return w("import_map.none_required_columns")
    return w("import_map.has_required", names=listed((_title(asked, feed.column(n)) for n in guess.has), asked.lang))


def _same_as_before(asked: Asked, draft: Draft) -> Component | None:
    if draft.kept is None:
        return None
    kept, w = draft.kept, asked.say
    when = moment(kept.made_at, asked.lang)
    said = w(
        "import_map.matched_itself_last",
        source_title=source_title(kept.source, kept.feed, asked.lang),
        made_by=kept.made_by,
        when=when,
    )
    return html.P([html.Span("✓ ", **{"aria-hidden": "true"}), said], className="import-known")


def _sheets(asked: Asked, draft: Draft) -> Component | None:
    if not draft.sheets:
        return html.Div(dcc.Dropdown([], None, id="import-sheet"), hidden=True)
    chosen = draft.reading.sheet or draft.sheets[0]
    hint = asked.say("import_map.in_file_one", n=len(draft.sheets))
    return _field(
        asked.say("import_map.sheet"), dcc.Dropdown(draft.sheets, chosen, id="import-sheet", clearable=False), hint
    )


def _datum(asked: Asked, draft: Draft) -> Component:
    w = asked.say
    placed = {"lon", "geometry"} & set(draft.reading.columns.values())
    names = {
        "wgs84": "WGS-84（GPS）",
        "gcj02": f"GCJ-02 · {w('import_map.gcj_02_amap')}",
        "bd09": f"BD-09 · {w('import_map.bd_09_baidu')}",
        "cgcs2000": "CGCS2000",
    }
    options = [{"value": "auto", "label": w("import_map.find_out")}]
    options += [{"value": one, "label": names.get(one, one)} for one in DATUMS]
    hint = w("import_map.wrong_one_0")
    field = _field(
        w("import_map.datum"),
        dcc.Dropdown(options, draft.reading.datum or None, id="import-datum", clearable=True),
        hint,
    )
    return field if placed else html.Div(field, hidden=True)


# ---- its columns


def columns(asked: Asked, draft: Draft) -> Component:
    """Return the columns of the file, each with what it is taken for; codes, what is lacking, and the first rows."""
    w, feed = asked.say, feed_named(draft.feed)
    told = {s.theirs: s for s in _suggestions(draft, feed)}
    assert draft.sample is not None
    heads = (
        both("import_map.column_file"),
        both("import_map.values"),
        both("import_map.taken_for"),
        both("import_map.how_sure_why"),
    )
    head_ = html.Thead(html.Tr([html.Th(asked.words(*each)) for each in heads]))
    lines = [_line(asked, draft, feed, at, told[theirs]) for at, theirs in enumerate(draft.sample.columns)]
    mapped = len(draft.reading.columns)
    note = w("import_map.columns_taken", n=len(lines), mapped=mapped)
    return html.Div(
        [
            html.Div(lacks(asked, draft), id="import-fills"),
            parts.panel(
                w("import_map.columns_panel"),
                html.Table([head_, html.Tbody(lines)], className="plain-table import-map"),
                note=note,
            ),
            html.Div(codes(asked, draft), id="import-codes"),
            first_rows(asked, draft),
        ],
        className="import-main",
    )


def _suggestions(draft: Draft, feed: Feed) -> tuple[Suggestion, ...]:
    guess = next((g for g in draft.guesses if g.feed == feed.name), None)
    assert draft.sample is not None
    if guess and {s.theirs for s in guess.suggestions} == set(draft.sample.columns):
        return guess.suggestions
    return suggest(draft.sample, feed)


def _line(asked: Asked, draft: Draft, feed: Feed, at: int, told: Suggestion) -> Component:
    w = asked.say
    ours = draft.reading.columns.get(told.theirs)
    options = [{"value": "", "label": w("import_map.not_used")}]
    options += [{"value": c.name, "label": _title(asked, c) + (" *" if c.required else "")} for c in feed.columns]
    choice = dcc.Dropdown(
        options, ours or "", id={"type": "import-column", "index": str(at)}, clearable=False, optionHeight=30
    )
    return html.Tr([html.Th(told.theirs), html.Td(_examples(draft, told, asked.lang), className="examples"), html.Td(choice), html.Td(_sure(asked, draft, told, ours))],
                   className="personal" if told.personal and not ours else "" if ours else "unused")  # fmt: skip


def _title(asked: Asked, column: Column) -> str:
    return f"{column.zh}" if asked.lang == "zh" else column.name


def _sure(asked: Asked, draft: Draft, told: Suggestion, ours: str | None) -> list[Any]:
    """How sure the suggestion is, in a word and a mark; what a person or a profile chose says so."""
    w = asked.say
    if told.personal and not ours:
        return [parts.badge(w("import_map.refused"), "red", "✕"), html.Span(told.why(asked.lang))]
    if (ours or "") != told.ours:
        return [parts.badge(w("import_map.last_time") if draft.kept else w("import_map.hand"), "blue", "✎")]
    if not ours:
        return [html.Span(told.why(asked.lang), className="dim")]
    name, tone, mark = (
        (w("import_map.sure"), "teal", "●")
        if told.sure >= SURE
        else (w("import_map.likely"), "amber", "◐")
        if told.sure >= LIKELY
        else (w("import_map.check"), "red", "○")
    )
    return [parts.badge(name, tone, mark), html.Span(told.why(asked.lang))]


def _examples(draft: Draft, told: Suggestion, lang: str) -> str:
    assert draft.sample is not None
    values = list(dict.fromkeys(_text(v) for v in draft.sample.values(told.theirs)))
    if not values:
        return UNKNOWN
    return MASK if _is_personal(draft, told.theirs) else listed(values[:EXAMPLES], lang)


def _is_personal(draft: Draft, theirs: str) -> bool:
    """Whether the values of a column are not shown: it is taken for a personal one, or looks like one."""
    assert draft.sample is not None
    ours = draft.reading.columns.get(theirs)
    declared = feed_named(draft.feed).column(ours).personal if ours else None
    if declared and declared.hidden:
        return ours not in ("address", "note")  # what the city may see of a person anyway
    return looks_personal(theirs, Look.at(draft.sample.values(theirs))) is not None


def _text(value: Any) -> str:
    if hasattr(value, "geom_type"):
        return str(value.geom_type)
    text = ";".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def first_rows(asked: Asked, draft: Draft) -> Component:
    """Return the first rows of the file as they are."""
    assert draft.sample is not None
    names, rows = draft.sample.columns, draft.sample.rows.head(FIRST)
    head_ = html.Thead(html.Tr([html.Th(name) for name in names]))
    hidden = {name for name in names if _is_personal(draft, name)}
    lines = [
        html.Tr(
            [html.Td(UNKNOWN if row[name] is None else MASK if name in hidden else _text(row[name])) for name in names]
        )
        for _, row in rows.iterrows()
    ]
    table = html.Div(
        html.Table([head_, html.Tbody(lines)], className="plain-table compact first-rows"), className="import-scroll"
    )
    return parts.panel(
        asked.say("import_map.first_rows"),
        table,
        note=asked.say("import_map.personal_values_shown"),
    )


# ---- its codes, and what it lacks


def codes(asked: Asked, draft: Draft) -> Component | None:
    """Return the values that the feed does not know, each with the code it is taken for; nothing where all are known."""
    w, feed = asked.say, feed_named(draft.feed)
    assert draft.sample is not None
    theirs = {ours: name for name, ours in draft.reading.columns.items()}
    blocks = []
    for ours, told in codes_of(draft).items():
        if not told:
            continue
        column = feed.column(ours)
        words = spoken(column)
        options = [{"value": "", "label": w("import_map.refuse_such_rows")}]
        options += [
            {"value": c, "label": words[c] if asked.lang == "zh" else c}
            for c in dict.fromkeys((column.codes or {}).values())
        ]
        rows = [
            html.Div(
                [
                    html.Span(_text(value)),
                    html.Span("→", **{"aria-hidden": "true"}),
                    dcc.Dropdown(
                        options, code, id={"type": "import-code", "of": ours, "index": str(at)}, clearable=False
                    ),
                ],
                className="import-code",
            )
            for at, (value, code) in enumerate(list(told.items())[:CODES_SHOWN])
        ]
        title = f"{theirs.get(ours, ours)} → {_title(asked, column)}"
        blocks.append(html.Div([html.H3(title), html.Div(rows, className="import-codes")]))
    if not blocks:
        return None
    note = w("import_map.values_feed_does")
    return parts.panel(w("import_map.values_panel"), blocks, note=note)


def lacks(asked: Asked, draft: Draft) -> Component | None:
    """Return the required columns that the file has not, each with what may stand in for it."""
    feed = feed_named(draft.feed)
    missing = lacking(feed, draft.reading.columns)
    if not missing:
        return None
    assert draft.sample is not None
    told = fills(draft.sample, feed, draft.reading.columns)
    rows = []
    for column in missing:
        hint = (told[column.name].zh if asked.lang == "zh" else told[column.name].en) if column.name in told else ""
        meaning = column.meaning_zh if asked.lang == "zh" else column.meaning
        rows.append(_field(f"{_title(asked, column)} *", _fill(asked, draft, column), hint or meaning))
    note = asked.say("import_map.filled_in_before")
    title = asked.say("import_map.required_not_in")
    return parts.panel(title, html.Div(rows, className="import-lacks"), note=note, name="import-lacking")


def _fill(asked: Asked, draft: Draft, column: Column) -> Component:
    w = asked.say
    value = draft.reading.constants.get(column.name)
    fill = {"type": "import-fill", "index": column.name}
    if column.codes:
        words = spoken(column)
        options = [
            {"value": c, "label": words[c] if asked.lang == "zh" else c} for c in dict.fromkeys(column.codes.values())
        ]
        return dcc.Dropdown(options, value, id=fill, placeholder=w("import_map.all_rows"))
    if column.type == "text" and column.name in feed_named(draft.feed).parts[0].key:
        assert draft.sample is not None
        options = [{"value": n, "label": n} for n in draft.sample.columns] + [
            {"value": NUMBER, "label": w("import_map.running_number")}
        ]
        made = list(draft.reading.join.get(column.name, ()))
        return dcc.Dropdown(
            options,
            made,
            id={"type": "import-join", "index": column.name},
            multi=True,
            placeholder=w("import_map.made_which_columns"),
        )
    hint = w("import_map.one_value_for") + (" · 2020-02-12" if column.type == "time" else "")
    return dcc.Input(value or "", id=fill, type="text", placeholder=hint, debounce=True, maxLength=200)


# ---- whether it can go on


def ready(asked: Asked, draft: Draft) -> Component | None:
    """Return what still stands in the way, and the button that rehearses."""
    w = asked.say
    missing = unready(asked, draft) if draft.feed else [w("import_map.choose_feed_first")]
    button = html.Button(
        w("import_map.rehearse_see_what"),
        id={"type": "import-do", "index": "preview"},
        className="button primary",
        n_clicks=0,
        disabled=bool(missing),
    )
    keep = dcc.Checklist(
        [{"label": w("import_map.keep_profile_when"), "value": "keep"}],
        ["keep"] if draft.keep else [],
        id="import-keep",
    )
    items = html.Ul([html.Li(text) for text in missing], className="import-missing") if missing else None
    return parts.panel(w("import_map.next"), [items, button, progress(), keep], name="import-next")


def unready(asked: Asked, draft: Draft) -> list[str]:
    """Return what must be chosen before a rehearsal, in words."""
    w, feed, reading = asked.say, feed_named(draft.feed), draft.reading
    told = [
        w("import_map.required_missing", name=_title(asked, c))
        for c in lacking(feed, reading.columns)
        if not reading.constants.get(c.name) and not reading.join.get(c.name)
    ]
    if {"lon", "geometry"} & set(reading.columns.values()) and not reading.datum:
        told.append(w("import_map.state_datum_let"))
    if not draft.source.strip():
        told.append(w("import_map.state_source"))
    if draft.sample is not None and draft.sample.rows.empty:
        told.append(w("import_map.no_rows"))
    try:
        assert draft.sample is not None
        reading.profile(feed, draft.source, draft.sample.columns)
    except LayerError:
        told.append(w("import_map.taken_twice", twice=_twice(asked, feed, reading.columns)))
    return told


def _twice(asked: Asked, feed: Feed, columns: Mapping[str, str]) -> str:
    ours = list(columns.values())
    return asked.say("manner.listing").join(sorted({_title(asked, feed.column(n)) for n in ours if ours.count(n) > 1}))
