"""Serve the map."""

import argparse
import ctypes
import gc
import socket
import sys
from functools import partial

from dashboard.api.metrics import counted_together
from dashboard.app import ROOT
from dashboard.commands._shared import add_store, settings_of, store_file, store_of
from dashboard.gunicorn_conf import workers_here
from dashboard.live import code_of
from dashboard.serving import Family, jobs, web
from dashboard.settings import Settings, SettingsError
from dashboard.shelf import Shelf, common
from dashboard.weak import warnings, weaknesses
from layers._errors import LayerError
from layers.store import Store, roles

NAME = "serve"
HELP = "serve the map to browsers"
EXAMPLE = "python -m dashboard serve --host 127.0.0.1 --port 8050"
M_ARENA_MAX = -8  # of malloc.h
MOST_WORKERS = 64


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default PORT, else 8050)")
    parser.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        help="processes that answer browsers (default: 1 in a drill, else one a core as far as memory reaches)",
    )
    parser.add_argument("--no-jobs", action="store_true", help="leave jobs and the watch to `python -m dashboard jobs`")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    settings = settings_of(args)
    store = fit(settings)
    for one in warnings(settings):
        print(f"warning: {one}", file=sys.stderr)
    try:
        shelf = shelf_of(settings, store)
        listening = _listening(settings)  # held first: the address is printed only when it is true
    finally:
        store.close()  # each process opens it for itself
    share_arenas()
    with listening, counted_together():
        address = f"http://{settings.host}:{settings.port}"
        print(f"Fangyi 防疫指挥图  {address}  ·  wall {address}/wall  ·  stop with Ctrl+C", flush=True)
        workers = args.workers or (1 if settings.is_drill else workers_here())
        members = {"web": partial(web, settings, shelf, listening, workers)}
        if not args.no_jobs:
            members["jobs"] = partial(jobs, settings, shelf)
        gc.freeze()  # what is imported is shared by all processes, and searched for garbage by none
        return Family(members).live()


def _workers(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r}; wanted a number from 1 to {MOST_WORKERS}")
    return int(text)


def shelf_of(settings: Settings, store: Store) -> Shelf:
    """Return what the processes of this server share."""
    return common(settings, store, code_of(*(ROOT / room for room in ("assets", "dashboard", "layers", "geo"))))


def fit(settings: Settings) -> Store:
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


def share_arenas() -> None:
    """Let all threads take memory from two arenas: with one each, what the old state of the city left is spread thin and never given back.

    Of glibc; another C library does as it does.
    """
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 2)


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port}: {why}; state another --port or --host"
        ) from error
