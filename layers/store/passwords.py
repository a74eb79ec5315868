"""Passwords: which are good enough, and their hashes. Nothing here writes, logs or repeats one."""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from layers._errors import LayerError

SHORTEST, LONGEST = 12, 200  # characters; hashing longer ones would only keep the machine busy
DIFFERENT = 6  # characters that differ: "aaaaaaaaaaaa" is guessed at once
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another
HASHER = PasswordHasher()  # Argon2id as RFC 9106 proposes for machines with little memory: 64 MiB, 3 passes


class PasswordError(LayerError):
    """A password is too weak; said in both languages, without the password."""


def hashed(password: str, name: str) -> str:
    """Return the hash of a new password with its salt and costs; raises PasswordError for one that is too weak for `name`."""
    text = _plain(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise PasswordError(
            f"the password has {len(text)} characters; wanted {SHORTEST} to {LONGEST}",
            f"密码有 {len(text)} 字；须为 {SHORTEST} 至 {LONGEST} 字",
        )
    if len(set(text)) < DIFFERENT:
        raise PasswordError(
            f"the password repeats too few characters; wanted {DIFFERENT} different ones",
            f"密码重复的字符太多；至少要有 {DIFFERENT} 个不同字符",
        )
    if name and _plain(name).casefold() in text.casefold():
        raise PasswordError("the password holds the account's name; choose another", "密码中不能含账号名")
    return HASHER.hash(text)


def made() -> str:
    """Return a new password that can be read out and typed: four groups of five from 55 letters and digits, 115 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))


def fits(password: str, kept: str) -> bool:
    """Return whether a password is the one of a hash; takes as long for a wrong one as for the right one."""
    try:
        return HASHER.verify(kept, _plain(password)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False


def is_old(kept: str) -> bool:
    """Return whether a hash was made with other costs than those of today."""
    return HASHER.check_needs_rehash(kept)


def _plain(text: str) -> str:
    """The text as every keyboard writes it: one form for letters that can be composed in several ways."""
    return unicodedata.normalize("NFKC", text)
