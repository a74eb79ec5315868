"""Build the web application: read this first. One map, one page around it, one gate in front of everything."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from flask import Flask, Response, abort, make_response, redirect, request

from dashboard import (
    answers,
    api,
    compressed,
    cookies,
    doors,
    downloads,
    headers,
    importing,
    linked,
    presses,
    refusals,
    scrub,
    search,
    sign_in_page,
    vendor,
    wording,
)
from dashboard import map as deck
from dashboard.access import COOKIE, Gate, check_origin
from dashboard.briefing import BriefingError
from dashboard.calls import CallError, Json, check_call
from dashboard.desk import Desk
from dashboard.live import code_of, live_blueprint
from dashboard.own_factor import OwnFactor
from dashboard.pages import Asked, Page, _drill, _live, _person, all_pages
from dashboard.pages import _compound as compound_panel
from dashboard.pages import _grid as grids
from dashboard.pages import _order as order_dialog
from dashboard.pages import _ordering as ordering
from dashboard.pages import _saved as saved_views
from dashboard.pages import _selection as selection
from dashboard.pages import _timeline as time_machine
from dashboard.pages._drawing import drawing
from dashboard.presses import press, pressed
from dashboard.prints import prints_blueprint
from dashboard.roles import AccessError
from dashboard.row_routes import rows_blueprint
from dashboard.runner import Runner
from dashboard.settings import ROOT, Settings
from dashboard.shelf import Shelf
from dashboard.shell import notice, waiting
from dashboard.sign_in import Door
from dashboard.tables import TableStore, tables_blueprint
from dashboard.tasks import TASKS
from dashboard.text import LANGS, both, say
from dashboard.view import Here
from dashboard.watch import Watch
from dashboard.wording import preferred
from layers._errors import LayerError, StoreError, ViewError
from layers._palette import light_table
from layers.intake import review
from layers.store import Store, journal, open_store

OPEN_FILES = (sign_in_page.MARK, *linked.ALL)  # what the door itself is drawn with
CALLBACK = "/_dash-update-component"  # the endpoint as Dash names it
PICKED = {"pick": "compounds", "pick-hospital": "hospitals"}  # button -> layer that it selects in
PANELS = {  # layer -> the panel of what is selected in it; others show what their layer knows
    **dict.fromkeys(("compounds", "cases"), compound_panel.panel),
    **dict.fromkeys(("area", "community"), _drill.panel),
    "person": _person.panel,
}
PROGRAM = (
    ROOT / "assets",
    ROOT / "dashboard",
)  # what a screen was made by: it loads itself anew when any of it has changed
STATUS = {
    AccessError: 403,
    review.ElsewhereError: 403,
    CallError: 400,
    BriefingError: 400,
    ViewError: 400,
    StoreError: 503,
    LayerError: 400,
}


def create_app(settings: Settings, store: Store | None = None, shelf: Shelf | None = None) -> Dash:
    """Return a fresh app on the store of the settings; call it as often as you like (tests do).

    shelf  what this process shares with the others of its server; without one it is alone, and does long work itself
    """
    store = store or open_store(settings.store, settings.mode, must_exist=True, keys=settings.keys)
    desk = Desk(settings, store, Gate(settings, store=store), TableStore(shelf=shelf), shelf or Shelf())
    if desk.shelf.alone:
        Runner(desk, TASKS).stand_by()
    app = Dash(
        "dashboard",
        server=Flask("dashboard", static_folder=None),
        assets_folder=str(ROOT / "assets"),
        title=" ".join(both("app.name")),
        update_title=None,
        suppress_callback_exceptions=True,
        external_scripts=[wording.script_url()],
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        serve_locally=True,
        compress=False,
    )
    app.server.extensions["desk"] = desk
    app.server.extensions["watch"] = Watch(desk, desk.shelf.boot)
    app.layout = shell
    deck.connect(app)
    sheets = _live.Sheets(app.server.extensions["watch"])
    _connect(app, desk, sheets)
    _connect_news(app)
    _live.connect(app, desk, sheets)
    _connect_choices(app, desk)
    presses.connect(app)
    for part in (time_machine, ordering, selection, saved_views, grids, _person):
        part.connect(app, desk)
    for page in all_pages().values():
        page.connect(app, desk)
    _serve(app, desk, sheets)
    return app


def shell() -> html.Div:
    """Return what stands once in every browser: the address, the map, and the stores that parts talk through."""
    stores = ("pulse", "drawn", "live-at", "scale", "pick", "review", "clocks")
    return html.Div(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            *(dcc.Store(id=name) for name in stores),  # with data=None each would ask its callbacks at the start
            dcc.Store(id="wall-page", data=""),
            html.Div(id="palette", hidden=True, **{"data-light": json.dumps(light_table())}),
            selection.holder(),
            html.Div(waiting(), id="page"),
            deck.canvas(),  # behind the page, and after it for whoever goes by keyboard
            *order_dialog.holder(),
            html.Div(id="working", role="status"),  # written by assets/pulse.js
            html.Div(id="selfcheck", role="alert"),  # written by assets/selfcheck.js
            *saved_views.stores(),
            *presses.stores(),
        ]
    )


def _connect(app: Dash, desk: Desk, sheets: _live.Sheets) -> None:
    @app.callback(
        Output("page", "children"),
        Output("deck-spec", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("drawn", "data"),
        Input("scale", "data"),
        Input("wall-page", "data"),
        State("pick", "data"),
        State("review", "data"),
    )
    def show(
        path: str, search: str, _drawn: Any, scale: float | None, turn: str, pick: Any, review_at: Any
    ) -> tuple[Any, Any]:
        if scale is None or (turn and path != "/wall" and ctx.triggered_id == "wall-page"):
            return no_update, no_update  # without the size of the letters a page would be made twice
        who, stand = desk.gate.who(request), sheets.watch.beat(0)  # before anything is read
        try:
            here = desk.here(who, path, search)
        except ViewError as error:
            return refused(desk, search, error), no_update
        page = all_pages().get(path) if path in doors.PAGES else None
        if page is None:
            return refused(desk, search, say("state.no_page", here.lang)), no_update
        asked = Asked(here, who, desk, scale, turn or "", review_at)
        if not (asked.has_begun or page.bare):
            return nothing_yet(desk, here), no_update
        try:
            chosen = chosen_of(pick, asked)
            layout, drawn = _shown(asked, page, chosen)
            answers.is_whole()
            return _live.stamped(layout, stand, page, search or ""), drawn
        except LayerError as error:  # a rule or a feed that a plan cannot do without: the page says which
            return refused(desk, search, error), no_update

    @app.callback(
        Output("detail", "children"),
        Input("pick", "data"),
        State("url", "pathname"),
        State("url", "search"),
        State("scale", "data"),
    )
    def pick_shown(pick: Any, path: str, search: str, scale: float) -> Any:
        asked = _asked(desk, path, search, scale)
        return detail(asked, chosen_of(pick, asked))


def _shown(asked: Asked, page: Page, chosen: tuple[str, str] | None) -> tuple[Any, Any]:
    layout = page.layout(asked)
    if "detail" in layout and chosen:
        layout["detail"].children = detail(asked, chosen)
    return layout, drawing(asked, page.scene(asked), chosen)


def _connect_news(app: Dash) -> None:
    @app.callback(
        Output("drawn", "data"),
        Input("pulse", "data"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def heard(pulse: Any, path: str, search: str) -> Any:
        """Something new came in: let the page be made anew, unless parts of it follow by themselves or somebody is at work on it."""
        page = all_pages().get(path)
        stays = page is not None and page.still(search or "")
        return no_update if stays or _live.only_parts(pulse, path) else pulse


def _asked(desk: Desk, path: str, search: str, scale: float | None, turn: str = "") -> Asked:
    who = desk.gate.who(request)
    return Asked.at(desk, who, path, search, scale=scale or 1, turn=turn or "")


def _connect_choices(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("pick", "data"),
        Input("map-event", "data"),
        press("pick"),
        prevent_initial_call=True,
    )
    def pick(event: Any, button: Any) -> Any:
        if ctx.triggered_id == "map-event":
            return (
                {"layer": event["layer"], "id": event["id"], "from": "map"} if event and event.get("id") else no_update
            )
        if not button:
            return no_update
        trigger = pressed(button)
        if trigger["type"] == "go":  # a place on the way from the city down to a case
            layer, _, id = unquote(trigger["index"]).partition(":")
            return {"layer": layer, "id": id}
        layer = PICKED.get(trigger["type"], "")
        return {"layer": layer, "id": trigger["index"] if layer else ""}

    app.clientside_callback(
        "function(pick) { if (window.Fangyi && Fangyi.select) Fangyi.select(pick); return window.dash_clientside.no_update; }",
        Output("map-drawn", "data", allow_duplicate=True),
        Input("pick", "data"),
        prevent_initial_call=True,
    )


def refused(desk: Desk, search: str, why: str | LayerError) -> Any:
    """Return the page that says why another one cannot be shown."""
    stated = parse_qs((search or "").lstrip("?")).get("lang", [""])[-1]
    lang = stated if stated in LANGS else preferred()
    why = why.said(lang) if isinstance(why, LayerError) else why
    home = html.A(say("state.home", lang), href=f"/?lang={lang}" if stated in LANGS else "/", className="button")
    return notice(say("state.refused", lang), why, lang, drill=desk.settings.is_drill, home=home)


def nothing_yet(desk: Desk, here: Here) -> Any:
    """Return the page of a store that knew nothing yet: it leads to the import, or from before the first file to the present."""
    begun, lang = desk.store.revision(desk.store.latest()) > 0, here.lang
    leads = ("home", "/") if begun else ("first_file", "/imports")
    way = html.A(
        say(f"state.{leads[0]}", lang),
        href=f"{leads[1]}?lang={lang}" if "lang" in here.fixed else leads[1],
        className="button",
    )
    told = say("state.no_data_then" if begun else "state.no_data", lang)
    return notice(say("state.nothing_yet", lang), told, lang, drill=desk.settings.is_drill, home=way)


def chosen_of(pick: Any, asked: Asked) -> tuple[str, str] | None:
    """Return layer and id of what is selected: by hand, or by the address while nobody selected or closed anything."""
    if pick is None:
        return asked.here.pick
    return (pick["layer"], pick["id"]) if pick.get("id") else None


def detail(asked: Asked, chosen: tuple[str, str] | None) -> Any:
    """Return the panel of what is selected, nothing when nothing is."""
    if not chosen or not chosen[0]:
        return None
    if chosen[0] in PANELS:
        return PANELS[chosen[0]](asked, chosen[1])
    return compound_panel.other(asked, *chosen)


def _serve(app: Dash, desk: Desk, sheets: _live.Sheets) -> None:
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = 2_000_000
    server.json = Json(server)
    compressed.connect(server)
    server.register_blueprint(vendor.vendor_blueprint())
    server.register_blueprint(wording.words_blueprint())
    server.register_blueprint(tables_blueprint(desk.tables, lambda req: desk.gate.who(req) is not None))
    server.register_blueprint(live_blueprint(desk, server.extensions["watch"], code_of(*PROGRAM)))
    server.register_blueprint(search.search_blueprint(desk))
    server.register_blueprint(downloads.downloads_blueprint(desk))
    server.register_blueprint(scrub.scrub_blueprint(desk))
    server.register_blueprint(downloads.jobs_blueprint(desk))
    server.register_blueprint(prints_blueprint(desk))
    server.register_blueprint(rows_blueprint(desk))
    server.register_blueprint(importing.imports_blueprint(desk))
    door = Door(desk)
    server.register_blueprint(door.routes())
    server.register_blueprint(OwnFactor(desk, door).routes())

    _guard(app, desk, answers.Answers(sheets), api.connect(server, desk))
    _routes(server, desk)
    headers.connect(app)
    refusals.register(server, STATUS)
    _renew(server, desk)


def _guard(app: Dash, desk: Desk, kept: answers.Answers, admitted: api.guard.Admission) -> None:
    server = app.server
    make = answers.made_by(server, CALLBACK)

    @server.before_request
    def guard() -> Response | None:
        if api.guard.is_api(request):
            return admitted()
        check_origin(request)
        roles = doors.of_rule(request.url_rule.rule) if request.url_rule else doors.SIGNED_IN  # no rule: Flask says why
        who = None if "" in roles else desk.gate.who(request)  # what opens for anybody answers without the store
        if "" not in roles and request.path not in OPEN_FILES:
            if who is None:
                return _to_the_door()
            desk.gate.check_guard(request)
            if not roles:
                abort(404)  # nobody listed it
            desk.gate.check_door(who, roles)
        if request.endpoint in headers.PAGES:  # Dash would answer any address with its page
            home = "" if desk.settings.is_drill or who is None else doors.HOME.get(who.role, "")
            if request.path == "/" and home:
                return make_response(redirect(home))
            if request.path not in all_pages() or request.path not in doors.PAGES:
                abort(404)
            with suppress(ViewError):  # an address that makes no sense gets a page that says so
                desk.here(who, request.path, request.query_string.decode())
            default = "" if request.query_string else saved_views.opens_with(desk, who, request.path)
            if default:
                return make_response(redirect(request.path + default))
        elif request.endpoint == CALLBACK:
            body = request.get_json(silent=True)
            desk.gate.check_door(who, doors.of_call(body))
            check_call(body, app.callback_map)
            return kept.get(desk, body, make) if body["output"] == answers.SHOWN else None
        return None


def _to_the_door() -> Response:
    """Lead a person to the page of signing in and back; a script or a program gets 401."""
    if not refusals.wants_page(request):
        abort(401)
    there = request.full_path.rstrip("?")
    return make_response(redirect("/sign-in" + ("" if there == "/" else f"?{urlencode({'next': there})}")))


def _routes(server: Flask, desk: Desk) -> None:
    @server.get("/enter")
    def enter() -> Response:
        person = desk.gate.read_pass(request.args.get("pass", ""))
        if person is None:
            abort(401)
        came = {"address": request.remote_addr or "", "role": person.role, "area": person.area, "by": "pass"}
        journal.add(desk.store, person.name, "sign-in", person.name, came)
        answer = make_response(redirect("/"))
        text, secure = request.args["pass"], request.is_secure
        cookies.clear(answer)
        answer.set_cookie(COOKIE, text, max_age=cookies.A_SHIFT_S, httponly=True, samesite="Strict", secure=secure)
        cookies.put_guard(answer, cookies.guard(desk.settings.secret, text), secure)
        return answer


def _renew(server: Flask, desk: Desk) -> None:
    @server.after_request
    def renew(answer: Response) -> Response:
        """Carry a session on when a hand moved; half an hour without one ends it."""
        if desk.settings.is_drill or request.endpoint == "sign_in.leave" or api.guard.is_api(request):
            return answer
        carried = desk.gate.carried(request)
        if carried is None or carried.age_s < cookies.RENEWED_S:
            return answer
        moved = request.endpoint in headers.PAGES or cookies.moved(request, carried)
        if moved and desk.gate.who(request) is not None:
            cookies.put(answer, desk.settings.secret, carried.token, request.is_secure)
        return answer
