"""A real server and a real browser for tests and measurements; neither reaches beyond this machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--accept-lang=zh-CN",  # pages whose address states no language follow the browser
    # Chromium asks its maker's hosts by itself; every name but this machine's is unknown to it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(store: str, port: int | None = None) -> Iterator[str]:
    """Serve a drill store in a process of its own; yield the address."""
    port = port or free_port()
    process = start(store, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        end(process)


def start(store: str, port: int) -> subprocess.Popen[bytes]:
    """Start a server of a drill store and return its process once it answers."""
    command = [sys.executable, "-m", "dashboard", "serve", "--store", store, "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FANGYI_")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _await(f"http://127.0.0.1:{port}/healthz", process)
    except BaseException:
        process.kill()
        end(process)
        raise
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process that was told to end."""
    process.wait(20)
    if process.stdout:
        process.stdout.close()


@contextmanager
def chromium() -> Iterator[Any]:
    """Start headless Chromium with software WebGL; yield the browser."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError("no Chromium found; `make test` installs it, or install the package chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def listen(page: Any) -> None:
    """Let a page note the hosts that it asks (`hosts`) and what goes wrong in it (`said`)."""
    page.hosts, page.said = set(), []
    page.on("request", lambda request: page.hosts.add(urlsplit(request.url).hostname))
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))


def until(page: Any, expression: str, seconds: float = 30.0) -> None:
    """Wait until an expression holds in a page that listens; its policy forbids what the browser driver would do by itself."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise AssertionError(f"{expression} did not come true; said: {page.said}")
        time.sleep(0.05)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            said = process.stdout.read().decode() if process.stdout else ""
            raise RuntimeError(f"the server ended with {process.returncode}: {said}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within a minute")
