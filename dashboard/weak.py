"""Settings that production is not served with, each said in one line with what is wanted. A drill is served as it is."""

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from dashboard.settings import Settings
from layers.store.secret_file import open_to_others

DIFFERENT = 12  # characters that a secret has at least; of 32 random ones hardly one in a million has fewer
GUESSED = ("secret", "password", "change", "fangyi", "example", "default", "12345", "abcdef", "qwerty")
RANDOM = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'
# File systems that another machine serves: SQLite's locks do not hold on them.
SHARED = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "davfs", "fuse.sshfs", "fuse.glusterfs")  # fmt: skip
MOUNTS = Path("/proc/self/mountinfo")


def weaknesses(settings: Settings, file: Path | None, mounts: str | None = None) -> list[str]:
    """Return what must not stay as it is before production is served; nothing for a drill.

    file    of the store, None for one on a server
    mounts  what the kernel says about mounted file systems; read where it is not given
    """
    if settings.is_drill:
        return []
    found = (
        _guessable(settings.secret),
        _debugs(settings.debug),
        _plain(settings),
        _far(file, mounts),
        *_provider(settings),
    )
    return [one for one in found if one]


def warnings(settings: Settings) -> list[str]:
    """Return what production may be served with, but should not for long: said at the start, and refused by nobody."""
    if settings.is_drill:
        return []
    if not settings.second_factor:
        return [
            "FANGYI_SECOND_FACTOR is empty, so nobody needs a second factor and a password alone opens an account; wanted all, or roles such as admin,city"
        ]
    if settings.has_oidc and not settings.oidc_factor:
        return [
            "FANGYI_OIDC_AMR is empty, so whom the provider signs in comes in whether it asked for a second factor or not; wanted what it calls one, such as otp,mfa"
        ]
    return []


def _guessable(secret: str) -> str:
    guess = next((word for word in GUESSED if word in secret.casefold()), "")
    if guess:
        return f"FANGYI_SECRET holds {guess!r}, so it can be guessed; wanted a random one, for example from: {RANDOM}"
    if len(set(secret)) < DIFFERENT:
        return f"FANGYI_SECRET has {len(set(secret))} different characters, so it can be guessed; wanted a random one, for example from: {RANDOM}"
    return ""


def _debugs(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"{' and '.join(names)} is set, and debugging shows the inside of the program to whoever asks; wanted: unset"


def _plain(settings: Settings) -> str:
    """What is heard beyond this machine is heard through TLS alone."""
    if settings.proxy or is_loopback(settings.host):
        return ""
    return (
        f"FANGYI_HOST {settings.host} is heard by other machines without TLS, passwords and all; wanted 127.0.0.1 behind a proxy "
        "that speaks TLS, or the proxy's address in FANGYI_PROXY and a firewall that lets nobody else to the port"
    )


def _provider(settings: Settings) -> list[str]:
    """What is said to and by the provider of identities goes through TLS, and nobody else reads the secret."""
    if not settings.has_oidc:
        return []
    found, parts = [], urlsplit(settings.oidc_issuer)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        found.append(
            f"FANGYI_OIDC_ISSUER {settings.oidc_issuer} is asked without TLS, so anybody on the way can let themselves in; wanted https://"
        )
    if settings.oidc_secret and settings.oidc_secret.is_file() and (mode := open_to_others(settings.oidc_secret)):
        found.append(
            f"FANGYI_OIDC_SECRET_FILE {settings.oidc_secret} can be read by others (mode {mode:03o}); wanted: chmod 600"
        )
    return found


def is_loopback(host: str) -> bool:
    """Return whether an address is heard by this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _far(file: Path | None, mounts: str | None) -> str:
    if file is None:
        return ""
    kind = file_system(file, mounts if mounts is not None else _mounted())
    if kind not in SHARED and not str(file).startswith(("\\\\", "//")):
        return ""
    where = kind or "a network path"
    return f"the store {file} lies on {where}, where SQLite's locks do not hold; wanted a disk of this machine, or PostgreSQL"


def file_system(path: Path, mounts: str) -> str:
    """Return the kind of file system that a path lies on, "" when nobody knows: lines as in /proc/self/mountinfo."""
    inside, best = path.absolute().resolve(), ("", "")
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) < 5 or not right:
            continue
        point = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[4])
        if inside.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, right.split()[0])
    return best[1]


def _mounted() -> str:
    return MOUNTS.read_text("utf-8", "replace") if MOUNTS.is_file() else ""
