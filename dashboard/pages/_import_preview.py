"""What an import would do, or did: figures, what changes in the counts, matches, datum evidence, rows refused, in plain words."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import datum_picture, parts
from dashboard.access import SHARED
from dashboard.drafts import Draft
from dashboard.pages import Asked
from dashboard.text import UNKNOWN, both, change, figure, listed, moment, percent, say
from layers.intake import handed_in
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.notes import HEADS, shown_notes
from layers.intake.suggest_values import Look, looks_personal

NOTES_SHOWN = 25
Told = Mapping[str, Any]
MATCHED = {"accepted": (*both("import_preview.matched_accepted"), "teal"), "review": (*both("import_preview.matched_review"), "amber"), "unmatched": (*both("import_preview.matched_unmatched"), "")}  # fmt: skip


def preview(asked: Asked, draft: Draft) -> Component | None:
    """Return what the rehearsal found, or why it could not be done; nothing before it."""
    w = asked.say
    if draft.problem:
        text = draft.problem[0 if asked.lang == "zh" else 1]
        said = [
            html.B(w("import_preview.not_possible_yet")),
            html.P(text),
        ]
        return html.Div(said, className="import-problem", role="alert")
    if draft.found is None:
        return None
    told = draft.found
    good = told["rows_read"] - told["rows_rejected"]
    say_so = w("import_preview.import_rows", n=figure(good)) if good else w("import_preview.import_none")
    button = html.Button(say_so, id={"type": "import-do", "index": "commit"}, className="button primary large", n_clicks=0,
                         disabled=not good or bool(told.get("repeated")))  # fmt: skip
    foot = html.Div([html.Span(w("import_preview.nothing_written_yet")), button], className="import-commit")
    body = [warnings(asked, draft, told), *found(asked, told, draft.feed), rows(asked, told["notes"], told["notes_in_all"], draft.feed, f"/imports/draft/{draft.token}.csv")]  # fmt: skip
    return html.Div([parts.panel(w("import_preview.rehearsal_if_imported"), [foot, *body], name="import-preview")])


def found(asked: Asked, told: Told, feed: str) -> list[Component | None]:
    """Return the parts that a rehearsal and a receipt share: figures, counts and matches, datum, notices."""
    return [
        figures(asked, told),
        html.Div([effects(asked, told, feed), datum(asked, told)], className="import-two"),
        notices(asked, told),
    ]


def figures(asked: Asked, told: Told) -> Component:
    """Return how many rows were read and what became of them."""
    w, rows_ = asked.say, told["rows"]
    review = sum(n for name, n in told["matched"].items() if name.startswith("review/"))
    tiles = [
        (w("import_preview.rows_read"), told["rows_read"], "", w("import_preview.rows")),
        (w("import_preview.new"), rows_["new"], "teal", w("import_preview.records")),
        (w("import_preview.changed"), rows_["changed"], "blue", w("import_preview.records")),
        (w("import_preview.unchanged"), rows_["unchanged"], "", w("import_preview.records")),
        (
            w("import_preview.rows_refused"),
            told["rows_rejected"],
            "red" if told["rows_rejected"] else "",
            w("import_preview.rows"),
        ),
        (w("import_preview.for_review"), review, "amber" if review else "", w("import_preview.persons")),
    ]
    late = figure(rows_["older"])
    extra = {w("import_preview.unchanged"): w("import_preview.more_older_than", late=late) if rows_["older"] else ""}
    made = [
        parts.tile(title, figure(n), unit, extra.get(title, ""), tone=tone, lang=asked.lang)
        for title, n, tone, unit in tiles
    ]
    return html.Div(made, className="tiles import-tiles")


def effects(asked: Asked, told: Told, feed: str) -> Component:
    """Return how the city's counts and the matches change."""
    w = asked.say
    counts = told.get("counts") or {}
    lines: list[tuple[str, Any]] = [(status_title(asked, status), change(n)) for status, n in counts.items()]
    placed: dict[str, int] = {}
    for name, n in told["matched"].items():
        status = name.split("/")[0]
        placed[status] = placed.get(status, 0) + n
    badges = [
        parts.badge(f"{asked.words(*MATCHED[s][:2])} {figure(n)}", MATCHED[s][2])
        for s, n in placed.items()
        if s in MATCHED
    ]
    none = html.P(w("import_preview.no_count_persons"), className="dim")
    held = told.get("withdrawn") or 0
    return html.Div(
        [
            html.H3(w("import_preview.change_city_s")),
            parts.facts(lines) if lines else none,
            html.P(w("import_preview.withdrawn", held=figure(held))) if held else None,
            html.H3(w("import_preview.matched_compounds")) if badges else None,
            html.Div(badges, className="import-badges"),
            html.P(_lag(asked, told), className="dim") if told.get("lag_hours_median") is not None else None,
        ],
        className="import-effects",
    )


def status_title(asked: Asked, status: str) -> str:
    """Return what persons of a status are called."""
    return asked.say(f"import_status.{status}")


def _lag(asked: Asked, told: Told) -> str:
    hours = figure(told["lag_hours_median"], 0)
    return asked.say("import_preview.median_from_event", hours=hours)


# ---- what a person should know first


def warnings(asked: Asked, draft: Draft, told: Told) -> Component | None:
    """Return what should be read before anything is imported: the same file, personal columns, columns not used."""
    w, lines = asked.say, []
    same = asked.desk.gate.read(
        asked.desk.store, asked.who, lambda v: handed_in.same_content(v, draft.sha256), asked.desk.store.view(), SHARED
    )
    for row in same.to_dict("records"):
        when = moment(row["known_at"], asked.lang)
        lines.append(
            (
                "red" if told.get("repeated") else "amber",
                w("import_preview.same_content_batch", when=when, id=row["id"], file=row["file"]),
            )
        )
    if told.get("repeated"):
        lines.append(
            (
                "red",
                w("import_preview.same_file_same"),
            )
        )
    dropped = told.get("dropped_columns") or []
    if dropped:
        names = (
            listed(dropped, asked.lang)
            if asked.lang == "en"
            else listed((feed_named(draft.feed).column(n).zh for n in dropped), asked.lang)
        )
        lines.append(
            (
                "blue",
                w("import_preview.personal_columns_checked", names=names),
            )
        )
    refused, unused = undeclared(draft, told.get("ignored_columns") or [])
    if refused:
        lines.append(
            (
                "red",
                w("import_preview.personal_refused", names=listed(refused, asked.lang)),
            )
        )
    if unused:
        lines.append(("", w("import_preview.unused", names=listed(unused, asked.lang))))
    if not lines:
        return None
    return html.Ul(
        [html.Li(text, className=f"tone-{tone}" if tone else "") for tone, text in lines], className="import-warnings"
    )


def undeclared(draft: Draft, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the columns of the file that nothing was made of: those that look personal, and the others."""
    assert draft.sample is not None
    known = set(draft.sample.columns)
    looks = {n: looks_personal(n, Look.at(draft.sample.values(n) if n in known else ())) for n in names}
    return [n for n in names if looks[n]], [n for n in names if not looks[n] and n != "geometry"]


def notices(asked: Asked, told: Told) -> Component | None:
    """Return what the importer says about the delivery as a whole."""
    shown = [n[asked.lang] for n in told.get("notices") or [] if not n["en"].startswith("columns not used")]
    return (
        html.Ul([html.Li(text, className="tone-amber") for text in shown], className="import-warnings")
        if shown
        else None
    )


# ---- the datum


def datum(asked: Asked, told: Told) -> Component | None:
    """Return what the file's own rows say about its datum: in words, as figures and as a small picture of each frame."""
    evidence, stated = told.get("datum_evidence") or {}, told.get("datum")
    if not stated:
        return None
    w = asked.say
    anchors, decided = evidence.get("anchors") or {}, bool(evidence.get("decided"))
    how = w("import_preview.found_out") if decided else w("import_preview.stated")
    lines: list[Any] = [html.P([how, " ", html.B(stated.upper())], className="import-datum")]
    median = anchors.get("median_m") or {}
    if median:
        n = figure(anchors.get("rows"))
        lines.append(html.P(w("import_preview.addresses_rows_name", n=n)))
        lines.append(frames_table(asked, median, stated, evidence.get("offsets") or {}))
        lines.append(html.P(anchors.get(asked.lang, ""), className="dim"))
    shares = (evidence.get("districts") or {}).get("share_inside") or {}
    if shares:
        told_ = listed((f"{name.upper()} {percent(share, 1)}" for name, share in shares.items()), asked.lang)
        lines.append(
            html.P(
                w("import_preview.share_inside_district", told=told_),
                className="dim",
            )
        )
    if not median and not shares:
        lines.append(html.P(w("import_preview.too_few_rows"), className="dim"))
    if evidence.get("points_used") is False:
        lines.append(
            html.P(
                w("import_preview.evidence_speaks_against"),
                className="tone-red",
            )
        )
    return html.Div([html.H3(w("import_preview.evidence_datum")), *lines], className="import-evidence")


def frames_table(asked: Asked, median: Mapping[str, Any], stated: str, offsets: Mapping[str, Any]) -> Component:
    """Return one picture a frame: the points about the place they name, and the median distance."""
    best = min(median, key=lambda name: median[name])
    boxes = [
        html.Figure(
            [
                datum_picture.picture(offsets.get(name) or [], asked.say("import_preview.read", name=name)),
                html.Figcaption([html.B(name.upper()), html.Span(f"{figure(median[name])} m", className="metres")]),
            ],
            className="datum-frame best" if name == best else "datum-frame",
        )
        for name in median
        if name in datum_picture.FRAMES
    ]
    key = asked.say("import_preview.centre_compound_address")
    return html.Div([html.Div(boxes, className="datum-frames"), html.Small(key)])


# ---- the rows


def rows(asked: Asked, notes: Sequence[Told], in_all: int, feed: str, href: str) -> Component | None:
    """Return the first refused and doubtful rows in plain words, with the file of all of them."""
    w = asked.say
    if not notes:
        return html.P(w("import_preview.no_row_refused"), className="dim")
    frame = shown_notes(notes, all_feeds().get(feed), asked.lang)
    head = html.Thead(html.Tr([html.Th(_headed(asked, name)) for name in HEADS[asked.lang]]))
    body = [
        html.Tr([html.Td(UNKNOWN if v in (None, "") else str(v)) for v in row])
        for row in frame.head(NOTES_SHOWN).itertuples(index=False, name=None)
    ]
    link = html.A(
        w("import_preview.download_all_csv"),
        href=f"{href}?lang={asked.lang}&feed={feed}",
        className="button",
        download=True,
    )
    more = html.Span(say("state.sample", asked.lang, n=len(body), total=figure(in_all)), className="more")
    title = w("import_preview.rows_refused_doubtful")
    return html.Div([html.Div([html.H3(title), more, link], className="import-rows-head"),
                     html.Div(html.Table([head, html.Tbody(body)], className="plain-table import-rows"), className="import-scroll")])  # fmt: skip


def _headed(asked: Asked, name: str) -> str:
    return name if asked.lang == "zh" else name.capitalize()
