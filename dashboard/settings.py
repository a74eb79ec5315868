"""One frozen Settings, read once from the environment and the command line, then passed."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard import doors
from dashboard.errors import Refusal

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
DEBUG = ("FLASK_DEBUG", "DASH_DEBUG")
OFF = ("", "0", "false", "no", "off", "n", "f")


class SettingsError(Refusal, ValueError):
    """The settings are unsafe or contradict each other; the message says which and what is wanted."""


@dataclass(frozen=True)
class Settings:
    """How this process runs.

    store       SQLAlchemy URL of the store
    mode        "drill": everybody may look, and only a drill store is opened; "production": a secret is needed
    secret      signs the passes of production; at least 32 characters
    city        its name in Chinese and English
    var         folder for stores, caches and deliveries
    editions    folder of the daily briefings
    signing_key file of the key that signs prints; None: signing.key beside the store, made on first use
    keys        folder of the keys that seal the journals; None: `keys` beside the store's file. A store on a server must have one named
    proxy       address of the proxy that speaks TLS for this server: what it says about who asks, and how, is believed. "" for none
    second_rows rows that one account takes out alone within a day; more wait until a second one releases them
    oidc_issuer address of the provider of identities that signs people in; "" for none. With it go the name of this client there, the file of
                its secret, and the table of roles (`dashboard/vouched.py`); where no public authority signed its certificate, the file of the one that did
    second_factor roles whose accounts need a one-time code beside the password; empty: nobody has to, whoever wants to can
    oidc_factor ways of signing in (`amr`) of which the provider must name one; empty: it is not asked
    debug       names of variables that switch debugging on; production is not served with any
    real_data   a folder of real files, for `make real` and the tests that need it
    """

    store: str
    mode: str = "drill"
    secret: str = ""
    host: str = "127.0.0.1"
    port: int = 8050
    city: tuple[str, str] = ("武汉市", "Wuhan")
    var: Path = ROOT / "var"
    real_data: Path = ROOT.parent / "shared" / "data"
    signing_key: Path | None = None
    editions: Path = ROOT / "var" / "editions"
    keys: Path | None = None
    proxy: str = ""
    debug: tuple[str, ...] = ()
    second_rows: int = 1_000
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: Path | None = None
    oidc_roles: Path | None = None
    oidc_authority: Path | None = None
    second_factor: frozenset[str] = frozenset()
    oidc_factor: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.mode not in ("drill", "production"):
            raise SettingsError(f"FANGYI_MODE is {self.mode!r}; wanted drill or production")
        if not 0 < self.port < 65536:
            raise SettingsError(f"port {self.port}; wanted a number from 1 to 65535")
        if self.proxy and not _is_address(self.proxy):
            raise SettingsError(f"FANGYI_PROXY is {self.proxy!r}; wanted the address of one machine, such as 127.0.0.1")
        if self.mode == "production" and len(self.secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"FANGYI_SECRET has {len(self.secret)} characters; outside drill mode at least {SHORTEST_SECRET} random ones are "
                'wanted, for example from: python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )

        if self.second_factor - doors.SIGNED_IN:
            raise SettingsError(
                f"FANGYI_SECOND_FACTOR names {', '.join(sorted(self.second_factor - doors.SIGNED_IN))}; wanted all, or some of "
                f"{', '.join(sorted(doors.SIGNED_IN))}"
            )
        self._check_oidc()

    def _check_oidc(self) -> None:
        given = {
            "FANGYI_OIDC_ISSUER": self.oidc_issuer,
            "FANGYI_OIDC_CLIENT": self.oidc_client,
            "FANGYI_OIDC_SECRET_FILE": self.oidc_secret,
            "FANGYI_OIDC_ROLES": self.oidc_roles,
        }
        missing = [name for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise SettingsError(
                f"{' and '.join(missing)} is missing; a provider of identities needs all of {', '.join(given)}"
            )
        if self.oidc_issuer and not self.oidc_issuer.startswith(("https://", "http://")):
            raise SettingsError(
                f"FANGYI_OIDC_ISSUER is {self.oidc_issuer!r}; wanted the address of a provider, as it writes it itself"
            )
        files = {
            "FANGYI_OIDC_SECRET_FILE": self.oidc_secret,
            "FANGYI_OIDC_ROLES": self.oidc_roles,
            "FANGYI_OIDC_CA_FILE": self.oidc_authority,
        }
        for name, path in files.items():
            if isinstance(path, Path) and not path.is_file():
                raise SettingsError(f"{name} {path}: there is no such file")

    def demands(self, role: str) -> bool:
        """Return whether an account of a role needs a second factor; a drill has no door."""
        return role in self.second_factor and not self.is_drill

    @property
    def has_oidc(self) -> bool:
        """True where a provider of identities signs people in; a drill has no door."""
        return bool(self.oidc_issuer) and not self.is_drill

    @property
    def is_drill(self) -> bool:
        """True when everything on screen is invented."""
        return self.mode == "drill"


def from_environment(environment: Mapping[str, str] = os.environ, **changes: object) -> Settings:
    """Return the settings of FANGYI_* variables; `changes` that are not None win over them."""
    var = Path(environment.get("FANGYI_VAR", ROOT / "var"))
    mode = environment.get("FANGYI_MODE", "drill")
    found: dict[str, object] = {
        "store": environment.get("FANGYI_STORE", f"sqlite:///{var / ('drill.db' if mode == 'drill' else 'fangyi.db')}"),
        "mode": mode,
        "secret": environment.get("FANGYI_SECRET", ""),
        "host": environment.get("FANGYI_HOST", "127.0.0.1"),
        "port": _port(environment.get("FANGYI_PORT", environment.get("PORT", "8050"))),
        "city": _city(environment.get("FANGYI_CITY", "武汉市;Wuhan")),
        "var": var,
        "editions": Path(environment.get("FANGYI_EDITIONS", var / "editions")),
        "signing_key": Path(key) if (key := environment.get("FANGYI_SIGNING_KEY", "")) else None,
        "keys": Path(keys) if (keys := environment.get("FANGYI_KEYS", "")) else None,
        "proxy": environment.get("FANGYI_PROXY", ""),
        "second_rows": _rows(environment.get("FANGYI_SECOND_ROWS", "1000")),
        "second_factor": _roles(environment.get("FANGYI_SECOND_FACTOR", "")),
        "oidc_factor": _names(environment.get("FANGYI_OIDC_AMR", "")),
        "oidc_issuer": environment.get("FANGYI_OIDC_ISSUER", ""),
        "oidc_client": environment.get("FANGYI_OIDC_CLIENT", ""),
        "oidc_secret": Path(one) if (one := environment.get("FANGYI_OIDC_SECRET_FILE", "")) else None,
        "oidc_authority": Path(one) if (one := environment.get("FANGYI_OIDC_CA_FILE", "")) else None,
        "oidc_roles": Path(one) if (one := environment.get("FANGYI_OIDC_ROLES", "")) else None,
        "debug": tuple(name for name in DEBUG if environment.get(name, "").lower() not in OFF),
        "real_data": Path(environment.get("FANGYI_REAL_DATA", ROOT.parent / "shared" / "data")),
    }
    return Settings(**{**found, **{k: v for k, v in changes.items() if v is not None}})  # type: ignore[arg-type]


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SettingsError(f"port {text!r}; wanted a number from 1 to 65535")
    return int(text)


def _rows(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise SettingsError(f"FANGYI_SECOND_ROWS is {text!r}; wanted a number of rows, such as 1000")
    return int(text)


def _names(text: str) -> frozenset[str]:
    return frozenset(one.strip() for one in text.split(",")) - {""}


def _roles(text: str) -> frozenset[str]:
    return doors.SIGNED_IN if text.strip() == "all" else _names(text)


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _city(text: str) -> tuple[str, str]:
    zh, _, en = text.partition(";")
    return zh.strip(), (en or zh).strip()
