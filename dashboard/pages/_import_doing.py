"""What happens on the import page: choices are kept with the draft as they are made, work is started, and its end is shown."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from flask import request

from dashboard import importing
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.drafts import Draft
from dashboard.jobs import BusyError, Job
from dashboard.pages import Asked, _import_map, _import_preview, _import_profile, _import_receipt
from dashboard.pages._import_start import address
from dashboard.presses import press, pressed
from dashboard.text import both
from layers._errors import LayerError
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.profiles import Reading
from layers.store import profiles as kept_profiles

PATH = "/imports"


def connect(app: Dash, desk: Desk) -> None:
    """Connect everything that a person may do here; each call asks the gate whether they may."""
    _connect_lists(app, desk)
    _connect_draft(app, desk)
    _connect_fields(app, desk)
    _connect_work(app, desk)
    _connect_profile(app, desk)


def asked_for(desk: Desk, search: str) -> Asked:
    """Return the request of somebody who may import."""
    return Asked.at(desk, desk.gate.importer(desk.gate.who(request)), PATH, search)


def draft_of(asked: Asked) -> Draft:
    """Return the draft that the address names; LayerError where it is gone."""
    draft = asked.desk.drafts.get((asked.here.options or {}).get("draft", ""), asked.who)
    if draft is None:
        raise LayerError(*both("imports.file_gone")[::-1])
    return draft


def changing(asked: Asked) -> AbstractContextManager[Draft]:
    """Return the draft that the address names for as long as something of it is changed, kept at the end; LayerError where it is gone."""
    return asked.desk.drafts.changing((asked.here.options or {}).get("draft", ""), asked.who)


def _connect_lists(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input("imports-feed", "value"),
        Input("imports-source", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def filtered(feed: str | None, source: str | None, search: str) -> Any:
        asked = Asked.at(desk, desk.gate.who(request), PATH, search)
        given = asked.here.options or {}
        if ctx.triggered_id == "imports-feed" and feed != given.get("feed", ""):
            source = ""
        new = address(asked, feed=feed or "", source=source or "")
        said = address(asked, feed=given.get("feed", ""), source=given.get("source", ""))
        return no_update if new == said else new  # a page that was made just now moves nothing


def _connect_draft(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("import-body", "children"),
        Output("import-preview", "children"),
        Input("import-feed", "value"),
        Input("import-sheet", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def chosen(feed: str | None, sheet: str | None, search: str) -> Any:
        asked = asked_for(desk, search)
        with changing(asked) as draft:
            now = draft.reading.sheet or (draft.sheets[0] if draft.sheets else "")
            if not feed or (feed == draft.feed and (not sheet or sheet == now)):
                return no_update, no_update
            if feed not in all_feeds() or (sheet and sheet not in draft.sheets):
                raise CallError(f"feed {feed[:40]!r}, sheet {str(sheet)[:40]!r}; wanted those of the file")
            importing.choose_feed(draft, feed, sheet or "")
        return _import_map.body(asked, draft), None

    @app.callback(
        Output("import-codes", "children"),
        Output("import-fills", "children"),
        Output("import-ready", "children"),
        Output("import-preview", "children", allow_duplicate=True),
        Input({"type": "import-column", "index": ALL}, "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def mapped(_values: Any, search: str) -> Any:
        asked = asked_for(desk, search)
        told = {_at(one): one.get("value") or "" for one in ctx.inputs_list[0]}
        with changing(asked) as draft:
            assert draft.sample is not None
            columns = {theirs: told[at] for at, theirs in enumerate(draft.sample.columns) if told.get(at)}
            if columns == dict(draft.reading.columns):
                return (no_update,) * 4
            _require_known(draft, columns.values())
            draft.reading = replace(draft.reading, columns=columns)
            draft.reading = replace(draft.reading, codes=importing.codes_of(draft), **_needed(draft))
            draft.kept = None
            importing.changed(draft)
        return _import_map.codes(asked, draft), _import_map.lacks(asked, draft), _import_map.ready(asked, draft), None


def _connect_fields(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("import-ready", "children", allow_duplicate=True),
        Output("import-preview", "children", allow_duplicate=True),
        Input({"type": "import-code", "of": ALL, "index": ALL}, "value"),
        Input({"type": "import-fill", "index": ALL}, "value"),
        Input({"type": "import-join", "index": ALL}, "value"),
        Input("import-source", "value"),
        Input("import-datum", "value"),
        Input("import-keep", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def filled(_codes: Any, _fills: Any, _joins: Any, source: Any, datum: Any, keep: Any, search: str) -> Any:
        asked = asked_for(desk, search)
        with changing(asked) as draft:
            before = (draft.reading, draft.source)
            _fill(draft, ctx.inputs_list, source, datum)
            draft.keep = bool(keep)
            if (draft.reading, draft.source) == before:
                return no_update, no_update
            importing.changed(draft)
        return _import_map.ready(asked, draft), None


def _at(field: dict[str, Any]) -> int:
    """The place of a field in its table."""
    text = str(field["id"]["index"])
    if not text.isdecimal() or len(text) > 6:
        raise CallError(f"field {text[:20]!r}; wanted its place in the table")
    return int(text)


def _require_known(draft: Draft, names: Any) -> None:
    known = {column.name for column in feed_named(draft.feed).columns}
    strange = sorted(set(names) - known)
    if strange:
        raise CallError(f"columns {strange[:3]}; wanted those of feed {draft.feed}")


def _needed(draft: Draft) -> dict[str, Any]:
    """What stands in for required columns, without that for those that the file has by now."""
    taken = set(draft.reading.columns.values())
    kept = {n: v for n, v in draft.reading.constants.items() if n not in taken}
    return {"constants": kept, "join": {n: v for n, v in draft.reading.join.items() if n not in taken}}


def _fill(draft: Draft, inputs: list[Any], source: Any, datum: Any) -> None:
    """Keep what the fields say: codes, values for all rows, ids made of columns, source and datum."""
    codes = {ours: dict(told) for ours, told in importing.codes_of(draft).items()}
    for one in inputs[0]:
        names = list(codes.get(one["id"]["of"], {}))
        at = _at(one)
        if at < len(names):
            codes[one["id"]["of"]][names[at]] = one.get("value") or ""
    fills = {one["id"]["index"]: str(one["value"]).strip() for one in inputs[1] if one.get("value")}
    joins = {one["id"]["index"]: tuple(one["value"]) for one in inputs[2] if one.get("value")}
    _require_known(draft, [*fills, *joins])
    draft.reading = Reading(draft.reading.columns, codes, fills, joins, datum or "", draft.reading.sheet)
    draft.source = importing.source_named((source or "").strip(), draft.feed)


# ---- work


def _connect_work(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("import-job", "data"),
        Output("url", "search", allow_duplicate=True),
        press("import"),
        State({"type": "import-why", "index": ALL}, "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def does(button: Any, why: Any, search: str) -> Any:
        if not button:
            return no_update, no_update
        asked, do = asked_for(desk, search), pressed(button)["index"]
        try:
            return _done(asked, do, str((why or [""])[0] or ""))
        except BusyError:
            return {"problem": dict(zip(("zh", "en"), both("imports.busy"), strict=True))}, no_update

    app.clientside_callback(
        ClientsideFunction("fangyi_imports", "follow"),
        Output("import-followed", "data"),
        Input("import-job", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("import-preview", "children", allow_duplicate=True),
        Output("import-steps", "children"),
        Input("import-tick", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def looked(_tick: Any, search: str) -> Any:
        asked = asked_for(desk, search)
        draft = draft_of(asked)
        return _import_preview.preview(asked, draft), _import_map.head(asked, draft)

    @app.callback(
        Output("import-undo", "children"),
        Input("import-undo-tick", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def looked_back(_tick: Any, search: str) -> Any:
        asked = asked_for(desk, search)
        said = desk.drafts.rehearsed(asked.who, (asked.here.options or {}).get("batch", ""))
        return _import_receipt.rehearsed(asked, said) if said is not None else None


def _done(asked: Asked, do: str, why: str) -> tuple[Any, Any]:
    """Do what a button says; return the job that the browser is to follow, and the address to go to."""
    desk, who = asked.desk, asked.who
    assert who is not None
    if do == "preview":
        return _told(importing.preview(desk, draft_of(asked)), do), no_update
    if do == "commit":
        draft = draft_of(asked)
        if draft.found is None:
            raise CallError("a file is imported once its rehearsal was looked at")
        return _told(importing.commit(desk, draft), do), no_update
    if do == "discard":
        draft = desk.drafts.get((asked.here.options or {}).get("draft", ""), who)
        if draft is not None:
            desk.drafts.drop(draft)
        return no_update, address(asked)
    name, _, number = do.rpartition("-")
    if not number.isdecimal() or len(number) > 15:
        raise CallError(f"button {do[:40]!r}; wanted one of the page's own")
    if name == "drop-profile":
        kept_profiles.drop(desk.store, int(number), who.name)
        return {"reload": True}, no_update
    if name not in ("undo-try", "undo-apply"):
        raise CallError(f"button {do[:40]!r}; wanted one of the page's own")
    return _told(importing.take_back(desk, who, int(number), why, apply=name == "undo-apply"), name), no_update


def _told(job: Job, do: str) -> dict[str, Any]:
    return {"id": job.id, "do": do}


# ---- a profile


def _connect_profile(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("import-profile-said", "children"),
        Input("import-profile-save", "n_clicks"),
        State({"type": "profile-column", "index": ALL}, "value"),
        State("import-profile-source", "value"),
        State("import-profile-datum", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def saved(clicks: Any, columns: Any, source: Any, datum: Any, search: str) -> Any:
        if not clicks:
            return no_update
        asked = asked_for(desk, search)
        try:
            return _import_profile.saved(asked, columns, source, datum)
        except LayerError as error:
            return error.said(asked.lang)
