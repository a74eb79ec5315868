"""Server and browser on a machine that has nothing but itself: run by `unshare -n`, it opens pages and prints what they asked and what failed.

`python -m tests.alone STORE /path ...` prints one JSON object: `reach` (hosts outside that could be reached), `hosts`, `failed`, `said`, `titles`.
"""

import fcntl
import json
import socket
import struct
import sys

from tests.browser import chromium, listen, serving
from tests.looking import opened

UP, GET_FLAGS, SET_FLAGS = 0x1, 0x8913, 0x8914  # IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS of Linux
LEFT = "net::ERR_ABORTED"  # the pulse of a page that is left
OUTSIDE = (("192.0.2.1", 443), ("8.8.8.8", 53))


def loopback_up() -> None:
    """Switch the loopback interface of this network on; a new one has it off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        wish = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack("16xH14x", fcntl.ioctl(control, GET_FLAGS, wish))
        fcntl.ioctl(control, SET_FLAGS, struct.pack("16sH14x", b"lo", flags | UP))


def reached() -> list[str]:
    """Return which hosts outside have a route from here."""
    found = []
    for host, port in OUTSIDE:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((host, port))  # of datagrams: asks for a route and sends nothing
                found.append(host)
            except OSError:
                continue
    return found


def main(store: str, *paths: str) -> dict[str, object]:
    """Open the pages one after the other and return what was asked, what failed and what was said."""
    loopback_up()
    failed: list[str] = []
    titles = {}
    with serving(store) as address, chromium() as browser:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        listen(page)
        page.on(
            "requestfailed",
            lambda request: failed.append(f"{request.url}: {request.failure}") if request.failure != LEFT else None,
        )
        page.on(
            "response", lambda answer: failed.append(f"{answer.url}: {answer.status}") if answer.status >= 400 else None
        )
        for path in paths:
            opened(page, address + path)
            titles[path] = page.title()
        return {
            "reach": reached(),
            "hosts": sorted(page.hosts - {None}),
            "failed": failed,
            "said": page.said,
            "titles": titles,
        }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), ensure_ascii=False))
