"""The deck.gl script that lies inside the installed pydeck, served by us so that no page fetches it from elsewhere."""

import gzip
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pydeck
from flask import Blueprint, Response, request

FOREVER = "public, max-age=31536000, immutable"


def deckgl_url() -> str:
    """Return the address of the script; it changes with the version of pydeck, so browsers may keep it for ever."""
    return f"/vendor/{version('pydeck')}/deckgl.js"


@cache
def deckgl_bytes() -> tuple[bytes, bytes]:
    """Return the script as it is and gzipped (4.3 MB and 1.2 MB); compressed once a process."""
    path = Path(pydeck.__file__).parent / "nbextension" / "static" / "index.js"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; pydeck 0.9 carries deck.gl there, reinstall the pinned pydeck")
    raw = path.read_bytes()
    return raw, gzip.compress(raw, 6, mtime=0)


def vendor_blueprint() -> Blueprint:
    """Return the route of the script; pass `external_scripts=[deckgl_url()]` to Dash."""
    blueprint = Blueprint("vendor", __name__)

    @blueprint.get(deckgl_url())
    def deckgl() -> Response:
        raw, zipped = deckgl_bytes()
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = Response(zipped if packed else raw, content_type="text/javascript; charset=utf-8")
        response.headers["Cache-Control"] = FOREVER
        response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response

    return blueprint
