"""What a proxy that speaks TLS says about who asks, and how, believed from its address alone; from anybody else it is dropped."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]
CLAIMS = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST",
          "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX", "HTTP_X_FORWARDED_BY", "HTTP_X_FORWARDED_SSL", "HTTP_X_REAL_IP")  # fmt: skip


def behind(app: WSGI, proxy: str) -> WSGI:
    """Return the app as seen through a proxy at an address; "" for none."""
    trusted = ipaddress.ip_address(proxy) if proxy else None

    def seen(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        claims = {name: environ.pop(name, "") for name in CLAIMS}
        if trusted is not None and _address(environ.get("REMOTE_ADDR", "")) == trusted:
            asker = _address(claims["HTTP_X_FORWARDED_FOR"].rpartition(",")[2])  # the last one is the proxy's own word
            if asker is not None:
                environ["REMOTE_ADDR"] = str(asker)
            if claims["HTTP_X_FORWARDED_PROTO"] in ("http", "https"):
                environ["wsgi.url_scheme"] = claims["HTTP_X_FORWARDED_PROTO"]
        return app(environ, start)

    return seen


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
