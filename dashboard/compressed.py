"""Answers leave gzipped; scripts and style sheets, which never change under their address, are compressed once a process."""

from collections import OrderedDict
from threading import Lock

from flask import Flask, Request, Response, request
from flask_compress import Compress

ONCE = ("/_dash-component-suites/", "/assets/")  # addresses that name the version of what they lead to
FOREVER = "public, max-age=31536000, immutable"
KEPT = 128  # compressed files; there are about a hundred, 4 MB in all


def connect(server: Flask) -> None:
    """Let every answer be gzipped that is text, larger than 500 bytes and wanted so; what is gzipped already passes by."""
    server.config |= {
        "COMPRESS_ALGORITHM": ["gzip"],  # what every browser in a government network takes
        "COMPRESS_ALGORITHM_STREAMING": [],  # a file that is written as it is sent stays as it is
        "COMPRESS_STREAMS": False,
        "COMPRESS_LEVEL": 5,
        "COMPRESS_CACHE_BACKEND": _Kept,
        "COMPRESS_CACHE_KEY": _key,
    }
    Compress(server)

    @server.after_request
    def once(answer: Response) -> Response:
        """An asset whose address holds the time of its last change need never be asked for again."""
        if request.path.startswith("/assets/") and answer.status_code == 200:
            file, answer.direct_passthrough = answer.response, False
            answer.make_sequence()  # a file that some servers would send piece by piece, which is not gzipped
            file.close()
            if "m" in request.args:
                answer.headers["Cache-Control"] = FOREVER
        return answer


def _key(request: Request) -> str:
    """Return the address of what may be kept, "" for the rest."""
    fixed = request.method == "GET" and request.path.startswith(ONCE)
    return request.full_path if fixed else ""


class _Kept:
    """Compressed files by address, the newest `KEPT`; keys without an address (they end in a semicolon) are not kept."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        """Return the file, None when it has not been compressed yet."""
        return self._files.get(key)

    def set(self, key: str, value: bytes) -> None:
        """Keep a file."""
        if key.endswith(";"):
            return
        with self._lock:
            self._files[key] = value
            while len(self._files) > KEPT:
                self._files.popitem(last=False)
