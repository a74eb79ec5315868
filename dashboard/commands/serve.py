"""Serve the map."""

import argparse
from threading import Thread

import waitress

from dashboard.app import create_app
from dashboard.commands._shared import add_store, settings_of

NAME = "serve"
HELP = "serve the map to browsers"
EXAMPLE = "python -m dashboard serve --host 127.0.0.1 --port 8050"
THREADS = 8


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default PORT, else 8050)")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    settings = settings_of(args)
    app = create_app(settings)
    address = f"http://{settings.host}:{settings.port}"
    print(f"Fangyi 防疫指挥图  {address}  ·  wall {address}/wall  ·  stop with Ctrl+C", flush=True)
    Thread(target=app.server.extensions["desk"].warm, name="warm", daemon=True).start()
    waitress.serve(app.server, host=settings.host, port=settings.port, threads=THREADS, _quiet=True)
    return 0
