"""Serve the map."""

import argparse
import ctypes
import logging
import socket
import sys
from threading import Event, Thread
from typing import Any

import waitress

from dashboard import search
from dashboard.app import create_app
from dashboard.briefing.press import Press
from dashboard.commands._shared import add_store, settings_of, store_file, store_of
from dashboard.desk import Desk
from dashboard.settings import Settings, SettingsError
from dashboard.watch import Watch
from dashboard.weak import weaknesses
from layers._errors import LayerError
from layers.store import Store, roles

NAME = "serve"
HELP = "serve the map to browsers"
EXAMPLE = "python -m dashboard serve --host 127.0.0.1 --port 8050"
M_ARENA_MAX = -8  # of malloc.h
THREADS = 48  # most of them wait, each for a page that one of them makes; a screen's pulse must find one free


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default PORT, else 8050)")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    settings = settings_of(args)
    store = _fit(settings)
    _share_arenas()
    try:
        listening = _listening(settings)  # held first: the address is printed only when it is true
    except BaseException:
        store.close()
        raise
    with listening as port:
        app = create_app(settings, store)
        server = waitress.create_server(app.server, sockets=[port], threads=THREADS, **_behind(settings))
        address = f"http://{settings.host}:{settings.port}"
        print(f"Fangyi 防疫指挥图  {address}  ·  wall {address}/wall  ·  stop with Ctrl+C", flush=True)
        stop, desk = Event(), app.server.extensions["desk"]
        Thread(target=_begin, args=(desk, app.server.extensions["watch"], stop), daemon=True).start()
        Thread(target=Press(desk).run, args=(stop,), name="press", daemon=True).start()
        try:
            server.run()
        finally:
            stop.set()
    return 0


def _fit(settings: Settings) -> Store:
    """Open the store of settings that may be served; says each weakness in a line, and raises SettingsError with the last."""
    wrong = weaknesses(settings, store_file(settings))
    try:
        store = store_of(settings)
    except LayerError as error:
        wrong.append(str(error))
    else:
        wrong += [] if settings.is_drill else filter(None, [roles.why_unbound(store)])
        if not wrong:
            return store
        store.close()
    for one in wrong[:-1]:
        print(f"error: {one}", file=sys.stderr)
    raise SettingsError(wrong[-1])


def _behind(settings: Settings) -> dict[str, Any]:
    """How the server believes a proxy: who asks, and that they came by TLS, so that cookies are for TLS alone."""
    if not settings.proxy:
        return {}
    told = {"x-forwarded-for", "x-forwarded-proto"}
    return {"trusted_proxy": settings.proxy, "trusted_proxy_headers": told, "clear_untrusted_proxy_headers": True}


def _share_arenas() -> None:
    """Let all threads take memory from two arenas: with one each, what the old state of the city left is spread thin and never given back.

    Of glibc; another C library does as it does.
    """
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 2)


def _begin(desk: Desk, watch: Watch, stop: Event) -> None:
    """Work out what the first visitor would wait for, then watch; a plan that cannot be made is told by the watch and the page."""
    try:
        desk.warm()
        search.warm(desk)
    except Exception:  # whatever it is: a watch that never began would leave every wall green
        logging.getLogger(__name__).exception("nothing was worked out ahead")
    watch.run(stop)


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port}: {why}; state another --port or --host"
        ) from error
