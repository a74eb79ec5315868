"""What every answer carries: the policy under which a page runs, and whether a browser may keep it."""

from dash import Dash
from dash.exceptions import DependencyException
from flask import Response, request

from dashboard.downloads import as_json

PAGES = ("/", "/<path:path>")  # endpoints of pages as Dash names them


def connect(app: Dash) -> None:
    """Let every answer carry the rules, and a script of Dash that there is not be a 404."""
    server = app.server

    @server.after_request
    def headers(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = csp(app)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers.setdefault("Referrer-Policy", "no-referrer")
        answer.headers["X-Frame-Options"] = "DENY"
        if request.endpoint in PAGES and not app.server.extensions["desk"].settings.is_drill:
            answer.headers["Cache-Control"] = (
                "no-store"  # the way back of a browser leads to the door after signing out
            )
        return answer

    @server.errorhandler(DependencyException)
    def no_such_script(_error: DependencyException) -> tuple[Response, int]:
        return as_json({"error": "there is no such file"}), 404


def csp(app: Dash) -> str:
    """Return the policy under which a page runs: nothing from elsewhere, no code but ours."""
    scripts = " ".join(["'self'", *(f"'{one}'" if not one.startswith("'") else one for one in app.csp_hashes())])
    rules = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "connect-src": "'self'",
        "font-src": "'self' data:",
        "frame-ancestors": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
