"""Hand in a file, look at what it would do, import it, take it back: the routes and the work behind the import page."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

from flask import Blueprint, Response, abort, make_response, request

from dashboard import export
from dashboard.access import CITY
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.edition import taken_code
from dashboard.desk import Desk
from dashboard.downloads import as_json
from dashboard.drafts import LARGEST, Draft, UploadError, too_large
from dashboard.export import csv_lines
from dashboard.jobs import IMPORTS, Job, Progress
from dashboard.roles import Person
from dashboard.text import both
from layers._errors import Cancelled, LayerError
from layers.intake import profiles, readers, receipt, unbatch
from layers.intake.chunks import WATERMARK
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.notes import shown_notes
from layers.intake.profiles import Reading
from layers.intake.run import run
from layers.intake.suggest import code_for, guesses, peek, suggest, unknown_codes
from layers.intake.suggest_fill import fills
from layers.intake.suggest_names import frame_in
from layers.store import journal
from layers.store import profiles as kept_profiles

MOST_BATCHES = 2**53  # a number beyond it names none, and no database takes much larger ones
NOTES_KEPT = 20_000  # rows of a preview that can be taken away as CSV
log = logging.getLogger(__name__)
ENOUGH = 0.3  # a feed that fits less than this is not chosen for anybody


def imports_blueprint(desk: Desk) -> Blueprint:
    """Return the routes of the import page, for those who may import.

    POST /imports/upload?name=NAME      the file as the body; answers 201 and its token
    GET  /imports/job/<id>              how far a preview, an import or an undo is, and what came of it
    POST /imports/job/<id>/stop         ask it to stop: it ends as cancelled, or as done where it was too late
    GET  /imports/draft/<token>.csv     the rows that the preview would refuse or warn about
    GET  /imports/batch/<number>.csv    those of a delivery
    """
    routes = Blueprint("imports", __name__)

    @routes.post("/imports/upload")
    def upload() -> Response:
        who = desk.gate.importer(desk.gate.who(request))
        request.max_content_length = LARGEST + 1
        name = request.args.get("name", "")
        try:
            if (request.content_length or 0) > LARGEST:
                raise UploadError(*too_large(name))
            draft = desk.drafts.take(who, name, request.stream)
        except UploadError as error:
            return _refused(error)
        try:
            with desk.drafts.changing(draft.token, who) as draft:
                begin(desk, draft)
        except Exception as error:
            desk.drafts.drop(draft)
            if not isinstance(error, LayerError):
                raise
            return _refused(error)
        return as_json({"token": draft.token}, 201)

    @routes.get("/imports/job/<id>")
    def watch(id: str) -> Response:
        job = _job(desk, id)
        result = json.loads(desk.jobs.content(job)) if job.state == "done" else None
        return as_json(job.told() | {"result": result})

    @routes.post("/imports/job/<id>/stop")
    def stop(id: str) -> Response:
        job = _job(desk, id)
        desk.jobs.stop(job)  # the work itself says whether it was in time
        return as_json(desk.jobs.now(job).told())

    _note_routes(routes, desk)
    return routes


def _note_routes(routes: Blueprint, desk: Desk) -> None:
    @routes.get("/imports/draft/<token>.csv")
    def draft_notes(token: str) -> Response:
        who = desk.gate.importer(desk.gate.who(request))
        draft = desk.drafts.get(token, who)
        if draft is None or draft.found is None:
            abort(404)
        return _notes(desk, who, draft.found["notes"], draft.feed, "preview")

    @routes.get(f"/imports/batch/<int(max={MOST_BATCHES}):number>.csv")
    def batch_notes(number: int) -> Response:
        who = desk.gate.importer(desk.gate.who(request))
        view = desk.store.view()
        rows = desk.gate.read(desk.store, who, lambda _: receipt.notes_of(number), view, CITY)
        return _notes(desk, who, rows.to_dict("records"), request.args.get("feed", ""), f"batch {number}")


def _refused(error: LayerError) -> Response:
    return as_json({"zh": error.said("zh"), "en": error.said("en"), "error": str(error)}, 400)


def _job(desk: Desk, id: str) -> Job:
    job = desk.jobs.get(id, desk.gate.importer(desk.gate.who(request)))
    return job if job is not None and job.lane == IMPORTS else abort(404)


def _notes(desk: Desk, who: Person, rows: list[dict[str, Any]], feed: str, of: str) -> Response:
    """What was wrong with which rows, watermarked: it holds what was found in them. The journal knows who took it."""
    lang = "en" if request.args.get("lang") == "en" else "zh"
    known, code = all_feeds().get(feed), taken_code()
    journal.add(desk.store, who.name, "export", "imports/notes.csv", {"code": code, "of": of, "rows": len(rows)})
    mark = csv_lines([[WATERMARK, code, who.name, stamp_of(datetime.now(UTC))]])
    answer = make_response(export.csv_bytes(shown_notes(rows, known, lang), bom=True) + mark)
    answer.content_type = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="fangyi_rows_{code}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


# ---- what a file is taken for


def begin(desk: Desk, draft: Draft) -> None:
    """Look into a file just handed in: its sheets, its feed, its columns, as last time where a kept profile fits."""
    draft.sheets = sheets_of(draft)
    known = profiles.kept(desk.gate.read_profiles(desk.store, draft.owner))
    draft.sample = peek(draft.path, draft.reading.sheet or None)
    draft.guesses = guesses(draft.sample, all_feeds())
    draft.kept = profiles.fitting(known, draft.sample.columns)
    if draft.kept is not None:
        draft.feed, draft.source, draft.reading = draft.kept.feed, draft.kept.source, draft.kept.mapping
        return
    best = draft.guesses[0]
    if best.score >= ENOUGH:
        choose_feed(draft, best.feed)


def source_title(source: str, feed: str, lang: str) -> str:
    """Return what a source is called in a language: stewards have a name in both, others are called as they call themselves."""
    known = all_feeds().get(feed)
    return known.steward[lang == "en"] if known and source in known.steward else source


def source_named(title: str, feed: str) -> str:
    """Return the source that a person names, a steward under its one name."""
    known = all_feeds().get(feed)
    return known.steward[1] if known and title in known.steward else title


def sheets_of(draft: Draft) -> list[str]:
    """Return the sheets or layers among which a person may choose, the first one first; none where there is one alone."""
    try:
        aside = readers.unread(draft.path)
    except LayerError:
        return readers.choices(draft.path)
    return readers.choices(draft.path) if aside else []


def choose_feed(draft: Draft, feed: str, sheet: str = "") -> None:
    """Take a draft for a delivery of a feed, with what is suggested for it."""
    draft.kept, draft.feed = None, feed
    if sheet and sheet != draft.reading.sheet:
        draft.sample = peek(draft.path, sheet)
    assert draft.sample is not None
    about = feed_named(feed)
    columns = {s.theirs: s.ours for s in suggest(draft.sample, about) if s.ours}
    filled = fills(draft.sample, about, columns)
    draft.source = draft.source or about.steward[1]  # as the command calls it: one source has one name
    draft.reading = Reading(
        columns,
        {},
        {name: fill.constant for name, fill in filled.items() if fill.constant},
        {name: fill.join for name, fill in filled.items() if fill.join},
        datum_of(draft, columns),
        sheet or draft.reading.sheet,
    )
    draft.reading = replace(draft.reading, codes=codes_of(draft))
    changed(draft)


def codes_of(draft: Draft) -> dict[str, dict[str, str]]:
    """Return our column -> {their value -> our code} as suggested, for values that the feed does not know."""
    assert draft.sample is not None
    found: dict[str, dict[str, str]] = {}
    for theirs, ours in draft.reading.columns.items():
        column = feed_named(draft.feed).column(ours)
        if column.codes and theirs in draft.sample.columns:
            told = draft.reading.codes.get(ours, {})
            values = unknown_codes(draft.sample.values(theirs), column)
            found[ours] = {v: told.get(v, code_for(v, column)[0]) for v in values}
    return found


def datum_of(draft: Draft, columns: dict[str, str]) -> str:
    """Return the frame that the names of the file or its columns state, else auto; "" where no place stands in it."""
    ours = {name: theirs for theirs, name in columns.items()}
    if not {"lon", "geometry"} & ours.keys():
        return ""
    return frame_in(ours.get("lon", "")) or frame_in(draft.path.stem) or "auto"


def changed(draft: Draft) -> None:
    """Forget the preview: something of what it rested on is another."""
    draft.found = draft.problem = None


# ---- the work


def preview(desk: Desk, draft: Draft) -> Job:
    """Start the dry run of a draft: everything is done in one transaction that is rolled back."""
    return desk.jobs.submit(
        f"preview {draft.name}", draft.owner, "preview-import", {"draft": draft.token}, lane=IMPORTS
    )


def commit(desk: Desk, draft: Draft) -> Job:
    """Start the import of a draft; its profile is kept where its owner wants that, and its file is deleted.

    One that its runner left in the middle is begun anew: the content that went in already is known again.
    """
    return desk.jobs.submit(f"import {draft.name}", draft.owner, "import", {"draft": draft.token}, lane=IMPORTS)


def take_back(desk: Desk, who: Person, number: int, why: str, *, apply: bool) -> Job:
    """Start taking a batch back, or its rehearsal, of which `Drafts.rehearsed` then tells."""
    about = {"number": number, "why": why, "apply": apply}
    return desk.jobs.submit(f"undo {number}", who, "undo", about, lane=IMPORTS, repeats=not apply)


def _draft(desk: Desk, who: Person, about: Mapping[str, Any]) -> Draft:
    draft = desk.drafts.get(about["draft"], who)
    if draft is None:
        raise UploadError(*both("imports.file_gone")[::-1])
    return draft


def _previewed(desk: Desk, who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    draft = _draft(desk, who, about)
    found: dict[str, Any] | None = None
    problem: tuple[str, str] | None = None
    try:
        seen = _imported(desk, draft, told, stop, dry_run=True)
    except Cancelled:
        raise
    except LayerError as error:
        problem = (error.said("zh"), error.said("en"))
    else:
        notes = [{"kind": kind, **vars(note)} for kind in ("rejected", "warned") for note in getattr(seen, kind)]
        found = seen.as_json() | {"notes": notes[:NOTES_KEPT], "notes_in_all": len(notes)}
    with desk.drafts.changing(draft.token, who) as now:
        if (now.reading, now.source, now.feed) == (draft.reading, draft.source, draft.feed):  # else of no use any more
            now.found, now.problem = found, problem
    return _problem(problem) if problem else b'{"preview": true}'


def _committed(desk: Desk, who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    draft = _draft(desk, who, about)
    try:
        found = _imported(desk, draft, told, stop, dry_run=False)
    except Cancelled:
        raise
    except LayerError as error:
        problem = (error.said("zh"), error.said("en"))
        with desk.drafts.changing(draft.token, who) as now:
            now.problem = problem
        return _problem(problem)
    # From here on the delivery is in the store: whatever fails now must not be told as an import that failed.
    unkept = _keep_profile(desk, draft) if draft.keep and not found.repeated else None
    desk.drafts.drop(draft)
    return json.dumps({"batch": found.repeated or found.batch} | ({"unkept": unkept} if unkept else {})).encode()


def _undone(desk: Desk, who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    number = about["number"]
    try:
        found = unbatch.undo(
            desk.store, number, who.name, apply=about["apply"], why=about["why"], progress=told, cancel=stop
        )
    except Cancelled:
        raise
    except LayerError as error:
        return _problem((error.said("zh"), error.said("en")))
    desk.drafts.remember(who, str(number), found)
    return json.dumps({"batch": found.batch, "undo": number}).encode()


def _problem(words: tuple[str, str]) -> bytes:
    """What goes wrong, told in both languages, so that the page can say it in its own."""
    return json.dumps({"problem": dict(zip(("zh", "en"), words, strict=True))}, ensure_ascii=False).encode()


TASKS = {"preview-import": _previewed, "import": _committed, "undo": _undone}


def _keep_profile(desk: Desk, draft: Draft) -> dict[str, str] | None:
    """Keep how the file was read; return in both languages why that could not be done, None when it was."""
    reading, who = draft.reading, draft.owner.name
    try:
        kept_profiles.keep(
            desk.store, draft.feed, draft.source, reading.columns, reading.settings(), who, desk.store.now()
        )
    except Exception as error:  # told on the receipt's page and in the log
        log.exception("the profile of %s was not kept", draft.name)
        why = error if isinstance(error, LayerError) else None
        zh, en = both("importing.profile_unkept", why=("", "") if why is None else (why.said("zh"), why.said("en")))
        return {"zh": zh, "en": en}
    return None


def _imported(desk: Desk, draft: Draft, told: Progress, stop: Any, *, dry_run: bool) -> Any:
    assert draft.sample is not None
    feed, what = feed_named(draft.feed), both("importing.rehearsing") if dry_run else both("importing.importing")

    def rows(done: int) -> None:
        told(done, max(draft.lines, done), *both("importing.rows_read", what=what, done=done))

    told(0, 1, *both("importing.opening_file", what=what))
    with desk.drafts.using(draft):
        return run(
            desk.store,
            feed,
            draft.path,
            datum=draft.reading.datum or None,
            profile=draft.reading.profile(feed, draft.source, draft.sample.columns),
            dry_run=dry_run,
            actor=draft.owner.name,
            progress=rows,
            cancel=stop,
        )
