"""The second factor of accounts: one-time codes (RFC 6238: SHA-1, six digits, 30 seconds) and recovery codes for whoever lost the device.

The secret lies sealed, bound to its account, under a key of the folder of keys; a code counts once, in all processes of all servers.
Until its first code it lies nowhere: it is drawn from what one browser holds, so that nobody else is shown the secret that its holder sets up.
Recovery codes are kept as keyed digests. Every change stands in the journal, in the same transaction; no secret and no code ever does.
"""

import base64
import hmac
import secrets
import time
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyotp
from sqlalchemy import Connection, delete, exists, func, insert, select, update

from layers._errors import StoreError
from layers._times import from_ms, to_ms
from layers.store import accounts, journal, sessions
from layers.store.accounts import Account, AccountError
from layers.store.database import Store
from layers.store.schema import recovery_code, second_factor
from layers.store.sealing import Sealed, opened, ring_of, seal

STEP_S, DIGITS = 30, 6
WINDOW = (-1, 0, 1)  # steps: a clock that is half a minute off, or a slow hand
SECRET = Sealed("second_factor.secret")
KEY = "factors"  # name of the key that seals them
BYTES = 20  # of a secret (RFC 4226, 4: 160 bits)
CODES, GROUPS, LETTERS = 10, 3, "abcdefghjkmnpqrstuvwxyz23456789"  # three groups of four from 31 letters: 59 bits
GROUP = 4
CODE, RECOVERY = "code", "recovery"  # how somebody proved themselves
NOBODY = "A" * 32  # the secret of nobody: what is asked without an account costs the same
_f, _r = second_factor.c, recovery_code.c


@dataclass(frozen=True)
class Factor:
    """That an account has a second factor: since when, and how many recovery codes are left."""

    since: datetime
    left: int


def of(store: Store, number: int) -> Factor | None:
    """Return the second factor of an account, None for one that has none that counts."""
    left = select(func.count()).where(_r.account == number, _r.used_at.is_(None)).scalar_subquery()
    with store.snapshot() as connection:
        row = connection.execute(
            select(_f.confirmed_at, left.label("left")).where(_f.account == number, _f.confirmed_at.is_not(None))
        ).first()
    return Factor(from_ms(row.confirmed_at), int(row.left)) if row else None


def in_use(store: Store) -> bool:
    """Return whether any account has a second factor."""
    with store.snapshot() as connection:
        return bool(connection.execute(select(exists().where(_f.confirmed_at.is_not(None)))).scalar())


def shown(store: Store, who: Account, held: str) -> str:
    """Return the secret that an account is to confirm by a first code; AccountError where it has a second factor, or can have none.

    held  what this browser alone holds, such as the token of its session: it is shown the same secret each time, every other one another
    """
    with store.snapshot() as connection:
        _require_none(connection, who, _row(connection, who.id))
        return _drawn(connection, who, held)


def confirm(connection: Connection, who: Account, text: str, held: str, at: float | None = None) -> list[str] | None:
    """Let the secret that a browser was shown count from now on, by a first code, inside a transaction; return the recovery codes, None for a wrong code.

    Sessions that began without one end, but for that of this browser.
    """
    _require_none(connection, who, _row(connection, who.id))
    secret = _drawn(connection, who, held)
    step = _fitting(secret, text, at)
    if not step:
        return None
    _keep(connection, who.id, secret, step)
    sessions.end_all(connection, who.id, "factor", held)
    journal.write(connection, who.name, "account-factor", who.name)
    return _codes(connection, who.id)


def give(store: Store, by: str, name: str) -> tuple[str, list[str]]:
    """Give an account a second factor that counts at once, which ends its sessions; return its secret and recovery codes, which nobody is told again."""
    with store.writing() as connection:
        who = accounts.need(connection, name)
        _require_none(connection, who, _row(connection, who.id))
        secret = pyotp.random_base32()
        _keep(connection, who.id, secret, 0)
        sessions.end_all(connection, who.id, "factor")
        journal.write(connection, by, "account-factor", who.name)
        return secret, _codes(connection, who.id)


def reset(store: Store, by: str, name: str) -> None:
    """Take the second factor of an account away, with all of its sessions; AccountError for one that has none."""
    with store.writing() as connection:
        take_away(connection, by, accounts.need(connection, name))


def take_away(connection: Connection, by: str, who: Account) -> None:
    """Do that inside a transaction."""
    if not connection.execute(delete(second_factor).where(_f.account == who.id, _f.confirmed_at.is_not(None))).rowcount:
        raise AccountError(f"{who.name!r} has no second factor", f"“{who.name}”没有启用双因素")
    connection.execute(delete(recovery_code).where(_r.account == who.id))
    sessions.end_all(connection, who.id, "factor")
    journal.write(connection, by, "account-factor-reset", who.name)


def renew(connection: Connection, who: Account) -> list[str]:
    """Make new recovery codes inside a transaction; the older ones count no more."""
    journal.write(connection, who.name, "account-recovery-new", who.name)
    return _codes(connection, who.id)


def accepted(connection: Connection, who: Account | None, text: str, at: float | None = None) -> str:
    """Return by what a text proves an account, CODE or RECOVERY, "" for nothing, inside a transaction; it is used up by that.

    who  None: nobody, which takes the same statements and is never proven
    """
    number = who.id if who else 0
    row = _row(connection, number)
    counts = row is not None and row.confirmed_at is not None
    step = _fitting(_opened(connection, number, row.secret) if counts else NOBODY, text, at)
    newer = (_f.account == number, _f.confirmed_at.is_not(None), _f.last_step < step)
    by_code = connection.execute(update(second_factor).where(*newer).values(last_step=step)).rowcount
    unused = (_r.account == number, _r.digest == _digest(connection, number, text), _r.used_at.is_(None))
    by_recovery = connection.execute(update(recovery_code).where(*unused).values(used_at=_now())).rowcount
    if who is None or not counts:
        return ""
    if by_recovery:
        left = select(func.count()).where(_r.account == number, _r.used_at.is_(None))
        journal.write(connection, who.name, "account-recovery", who.name, {"left": connection.execute(left).scalar()})
    return CODE if by_code else RECOVERY if by_recovery else ""


def unread(connection: Connection, most: int) -> list[str]:
    """Return why some secrets cannot be opened, at most so many."""
    found = []
    for row in connection.execute(select(_f.account, _f.secret).order_by(_f.account)):
        try:
            _opened(connection, row.account, row.secret)
        except StoreError as error:
            found.append(str(error))
    return found[:most]


def address(secret: str, name: str, issuer: str) -> str:
    """Return what an authenticator reads: otpauth://totp/..."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(name=name, issuer_name=issuer)


def code_of(secret: str, at: float) -> str:
    """Return the code of a moment (seconds since 1970)."""
    return _code(secret, int(at // STEP_S))


def _code(secret: str, step: int) -> str:
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).generate_otp(step)


def _fitting(secret: str, text: str, at: float | None) -> int:
    """The step whose code a text is, 0 for none; every step of the window is computed and compared, whichever fits."""
    given = "".join(unicodedata.normalize("NFKC", text).split()).encode("utf-8", "surrogatepass")
    now = int((time.time() if at is None else at) // STEP_S)
    fits = [(now + one) * hmac.compare_digest(_code(secret, now + one).encode(), given) for one in WINDOW]
    return max(fits)


def _row(connection: Connection, number: int) -> Any:
    return connection.execute(select(second_factor).where(_f.account == number)).first()


def _require_none(connection: Connection, who: Account, row: Any) -> None:
    if accounts.is_vouched(connection, who.id):
        raise AccountError(
            f"{who.name!r} is signed in by a provider, which answers for the second factor",
            f"“{who.name}”由统一认证登录，双因素由其负责",
        )
    if row is not None and row.confirmed_at is not None:
        raise AccountError(
            f"{who.name!r} has a second factor already; reset it first", f"“{who.name}”已启用双因素；请先解除"
        )


def _drawn(connection: Connection, who: Account, held: str) -> str:
    return base64.b32encode(ring_of(connection).drawn(f"factor {who.id}\n{held}", BYTES)).decode()


def _keep(connection: Connection, number: int, secret: str, step: int) -> None:
    """Keep a secret that counts from now on."""
    ring = ring_of(connection)
    if not connection.execute(select(exists().where(_f.confirmed_at.is_not(None)))).scalar():
        ring.lasting(KEY)  # never where it sealed something: a lost key is put back, and no other made in its place
    (sealed,) = seal(ring, SECRET, [str(number)], [secret], KEY)
    older = (_f.account == number, _f.confirmed_at.is_(None))  # programs before kept what nobody had confirmed
    connection.execute(delete(second_factor).where(*older))
    row = {"account": number, "secret": sealed, "made_at": _now(), "confirmed_at": _now(), "last_step": step}
    connection.execute(insert(second_factor).values(**row))


def _opened(connection: Connection, number: int, sealed: str) -> str:
    return opened(ring_of(connection), SECRET.label, str(number), sealed) or NOBODY


def _codes(connection: Connection, number: int) -> list[str]:
    one = lambda: "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))  # noqa: E731
    made = [one() for _ in range(CODES)]
    connection.execute(delete(recovery_code).where(_r.account == number))
    rows = [{"account": number, "digest": _digest(connection, number, code), "used_at": None} for code in made]
    connection.execute(insert(recovery_code), rows)
    return made


def _digest(connection: Connection, number: int, text: str) -> str:
    """The keyed digest of a recovery code, however it is typed: with or without strokes, in capitals, full-width."""
    plain = "".join(one for one in unicodedata.normalize("NFKC", text).lower() if one.isalnum())
    return ring_of(connection).blind(f"recovery:{number}:{plain}")


def _now() -> int:
    return to_ms(datetime.now(UTC))
