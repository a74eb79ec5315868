"""The process that test servers are forked from imports this: the program, once before any fork."""

import gc
import os
import resource
import secrets
import signal
import tempfile
from pathlib import Path

from sqlalchemy import Engine, event

from dashboard.__main__ import main, modules
from dashboard.pages import all_pages
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.run import run
from layers.store import open_store

modules("serve")
modules("import")
all_pages()
all_feeds()
gc.freeze()  # no fork searches for garbage among what it inherits, nor copies its pages by doing so


def command(arguments: list[str], words: str, **settings: str) -> None:
    """Do what `python -m dashboard` does with these arguments, without the settings of this machine but these; what is said goes to a file."""
    with open(words, "w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    for name in [name for name in os.environ if name.startswith("FANGYI_")]:
        del os.environ[name]
    os.environ.update(settings)
    raise SystemExit(main(arguments))


def mortal(arguments: list[str], words: str, tally: str, last: int) -> None:
    """Do what a command does, and kill the process by SIGKILL just before its change of the store number `last` (0: let it live).

    A byte for each change that is begun goes to the file `tally`.
    """
    Path(tally).write_bytes(b"")

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split(None, 1)[0].upper() not in ("INSERT", "UPDATE", "DELETE"):
            return
        with open(tally, "ab") as out:
            out.write(b".")
        if Path(tally).stat().st_size == last:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    command(arguments, words)


def cramped(arguments: list[str], words: str, size: int) -> None:
    """Do what a command does while no file may grow beyond some bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    command(arguments, words)


def serve(store: str, port: int, words: str) -> None:
    """Serve a drill store."""
    command(["serve", "--store", store, "--port", str(port)], words)


def intake(url: str, keys: str, files: str, acknowledged: str) -> None:
    """Import the files of a folder into a drill store in their order; the name of each goes to `acknowledged` once it is in.

    Files that are named there already are left out; one that went in, but was not named, is handed in again.
    """
    store = open_store(url, "drill", keys=Path(keys))
    with open(acknowledged, "a+") as out:
        out.seek(0)
        done = set(out.read().split())
        for path in sorted(Path(files).iterdir()):
            if path.name not in done:
                run(store, feed_named("cases"), path)
                out.write(path.name + "\n")
                out.flush()
    store.close()


def serve_production(store: str, port: int, words: str) -> None:
    """Serve a store of production by plain HTTP, on this machine alone."""
    _production(store, port, words)


def serve_strictly(store: str, port: int, words: str) -> None:
    """Serve a store of production in which nobody takes out more than four rows a day alone."""
    _production(store, port, words, FANGYI_SECOND_ROWS="4")


def serve_with_second_factors(store: str, port: int, words: str) -> None:
    """Serve a store of production whose districts need a second factor."""
    _production(store, port, words, FANGYI_SECOND_FACTOR="district")


def serve_behind_tls(store: str, port: int, words: str) -> None:
    """Serve a store of production to a proxy on this machine that speaks TLS."""
    _production(store, port, words, FANGYI_PROXY="127.0.0.1")


def _production(store: str, port: int, words: str, **more: str) -> None:
    settings = {"FANGYI_MODE": "production", "FANGYI_SECRET": secrets.token_urlsafe(48)} | more
    command(["serve", "--store", store, "--port", str(port)], words, **settings)


def serve_two(store: str, port: int, words: str) -> None:
    """Serve a drill store with two workers."""
    command(["serve", "--store", store, "--port", str(port), "--workers", "2"], words)


def serve_production_with(
    store: str, port: int, words: str, secret: str, workers: int, place: str | None = None
) -> None:
    """Serve a store of production, whose secret the caller knows, with some workers; temporary files go to `place`."""
    tempfile.tempdir = place
    settings = {"FANGYI_MODE": "production", "FANGYI_SECRET": secret}
    command(["serve", "--store", store, "--port", str(port), "--workers", str(workers)], words, **settings)
