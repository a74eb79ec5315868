"""A real server and a real browser for tests and measurements; neither reaches beyond this machine."""

import os
import shutil
import socket
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.server import serve

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 90.0  # what a page may take where many share a machine; nothing that passes waits for it
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.server"])
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--accept-lang=zh-CN",  # pages whose address states no language follow the browser
    # Chromium asks its maker's hosts by itself; every name but this machine's is unknown to it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]

WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
FLAT = ("--disable-gpu", "--disable-software-rasterizer")


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(store: str, port: int | None = None, target: Callable[..., object] = serve) -> Iterator[str]:
    """Serve a store in a process of its own, a drill where `target` says nothing else; yield the address."""
    port = port or free_port()
    server = start(store, port, target)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        end(server)


def start(store: str, port: int, target: Callable[..., object] = serve) -> BaseProcess:
    """Start a server on a store and return its process once it answers."""
    words = tempfile.NamedTemporaryFile("r", prefix="fangyi-serve-", suffix=".log")  # noqa: SIM115  it outlives this call
    server = forked(target, store, port, words.name)
    server.words = words
    try:
        _await(f"http://127.0.0.1:{port}/healthz", server)
    except BaseException:
        server.kill()
        end(server)
        raise
    return server


def forked(target: Callable[..., object], *args: object) -> BaseProcess:
    """Start a process of its own that calls a function of tests/server.py.

    All are forked from one process that has imported the program and done nothing else: importing takes seconds, a fork none.
    """
    with _house_on_the_path():
        process = FORKS.Process(target=target, args=args)
        process.start()
    return process


def end(server: BaseProcess) -> None:
    """Wait for the end of a server that was told to end."""
    server.join(20)
    server.words.close()
    if server.exitcode is None:
        raise RuntimeError(f"the server {server.pid} does not end")


@contextmanager
def _house_on_the_path() -> Iterator[None]:
    """What is forked from is started by the first process; it must find the program from wherever tests are run."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else [])])
    try:
        ensure_running()
        yield
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)


@contextmanager
def chromium(*, webgl: bool = True) -> Iterator[Any]:
    """Start headless Chromium and yield the browser; webgl: with WebGL by software, which makes every frame of a large window dear."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError("no Chromium found; `make test` installs it, or install the package chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=[*FLAGS, *(WEBGL if webgl else FLAT)])
        yield browser
        browser.close()


def listen(page: Any) -> None:
    """Let a page note the hosts that it asks (`hosts`) and what goes wrong in it (`said`); a busy machine is waited for."""
    page.set_default_timeout(PATIENCE_S * 1000)
    page.hosts, page.said = set(), []
    page.on("request", lambda request: page.hosts.add(urlsplit(request.url).hostname))
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))


def until(page: Any, expression: str, seconds: float = PATIENCE_S) -> None:
    """Wait until an expression holds in a page that listens; its policy forbids what the browser driver would do by itself."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise AssertionError(f"{expression} did not come true; said: {page.said}")
        time.sleep(0.05)


def _await(url: str, server: BaseProcess, seconds: float = 120.0) -> None:
    late = time.monotonic() + seconds
    while time.monotonic() < late:
        if server.exitcode is not None:
            raise RuntimeError(f"the server ended with {server.exitcode}: {server.words.read()}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer within {seconds:.0f} s: {server.words.read()}")
