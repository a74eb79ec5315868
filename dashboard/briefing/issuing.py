"""A print leaves the house: composed, written, digested, signed, kept in the table of prints. And the way back: is this ours?"""

import hashlib
import json
import re
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

from dashboard.briefing.blocks import Choice
from dashboard.briefing.content import Briefing, compose
from dashboard.briefing.edition import edition
from dashboard.briefing.printing import Progress
from dashboard.briefing.signing import Key, about, claims_of, key_path, load_key, sidecar, signed_by
from dashboard.briefing.writers import write
from dashboard.desk import Desk
from dashboard.roles import Person
from dashboard.text import both
from dashboard.view import Here
from layers._books import DAMAGED
from layers._errors import Cancelled
from layers._times import parse_time
from layers._view import View
from layers.store import printed

CODE = re.compile(r"FY(?:-[2-9A-HJ-NP-Z]{4}){3}")
MEMBER_BYTES, SEARCHED_BYTES = (
    4_000_000,
    32_000_000,
)  # of one part of a zipped document that is searched for its code, and of all
GENUINE, KNOWN, ALTERED, UNKNOWN = "genuine", "known", "altered", "unknown"


@dataclass(frozen=True)
class Issued:
    """A print that was kept: its row in the table, and the file that goes beside it."""

    row: dict[str, Any]
    sidecar: bytes


@dataclass(frozen=True)
class Verdict:
    """What is known of a file or a code.

    said    genuine, altered or unknown; of a code on paper "known": the paper itself nobody has compared
    row     the print that it is, or claims to be
    why     what was found, for a reader of either language: (zh, en)
    again   whether printing the state again gives the same bytes; None: nobody asked
    """

    said: str
    why: tuple[str, str]
    row: dict[str, Any] | None = None
    again: bool | None = None


def key_of(desk: Desk) -> Key:
    """Return the key of this place; one that signed prints and is gone raises BriefingError."""
    return load_key(key_path(desk.settings, desk.store), first=not printed.newest(desk.store, 1))


def issue(
    desk: Desk, who: Person | None, here: Here, choice: Choice, out: Path, *, actor: str = "",
    progress: Progress | None = None, cancel: Event | None = None,
) -> Issued:  # fmt: skip
    """Print a briefing into a file and keep it; raises Cancelled, with nothing kept, when `cancel` was set on the way."""

    def told(zh: str, en: str) -> None:
        _heed(cancel)
        if progress:
            progress(0, 1, zh, en)

    said = compose(desk, who, here, choice, told)
    write(said, out, progress, cancel)
    key = key_of(desk)
    row = {
        "code": said.code, "at": datetime.now(UTC), "actor": actor or (who.name if who else ""), "format": choice.form,
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(), "state": {**said.state, "told": told_of(said)}, "key_id": key.id,
    }  # fmt: skip
    _heed(cancel)  # the last moment at which it can be stopped
    kept = printed.keep(desk.store, row | {"signature": key.sign(row)})
    return Issued(kept, sidecar(kept, key.public))


def _heed(cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("the briefing was stopped; nothing was written")


def told_of(briefing: Briefing) -> dict[str, Any]:
    """Return what a print keeps of its footnotes, so that a code on paper leads to its lineage at once."""
    notes = {
        one.code: {"what": one.what, "value": one.value if one.value == one.value else None, "unit": one.unit,
                   "query": str(one.query), "kind": one.query.how, "receipts": list(one.receipts)}
        for one in briefing.footnotes.values()
    }  # fmt: skip
    receipts = {
        one.code: {"batch": one.batch, "feed": one.feed, "source": one.source, "file": one.file, "sha256": one.sha256,
                   "known_at": one.known_at.isoformat(), "rows": one.rows, "deliveries": one.deliveries, "undone": one.undone}
        for one in briefing.receipts.values()
    }  # fmt: skip
    return {"footnotes": notes, "receipts": receipts, "path": briefing.path}


def verify_file(desk: Desk, content: bytes, beside: bytes | None = None) -> Verdict:
    """Say whether a file is a print of this place, byte for byte; `beside` is the content of its PRINT.sig, if there is one."""
    sha256 = hashlib.sha256(content).hexdigest()
    row = printed.by_digest(desk.store, sha256)
    if row:
        return _kept(desk, row)
    code = code_in(content)
    row = printed.by_code(desk.store, code) if code else None
    if row:
        return Verdict(ALTERED, both("brief.issuing.altered", code=code), row)
    if beside is not None:
        return _beside(desk, sha256, beside)
    return Verdict(UNKNOWN, both("brief.issuing.unknown_code", code=code) if code else both("brief.issuing.no_code"))


def verify_code(desk: Desk, code: str) -> Verdict:
    """Say what is known of a code that stands on paper: of which state it is. Anybody can copy a code, so it makes no paper genuine."""
    row = printed.by_code(desk.store, code.strip().upper())
    if row is None:
        return Verdict(UNKNOWN, both("brief.issuing.unknown_code", code=code))
    found = _kept(desk, row)
    return Verdict(KNOWN, both("brief.issuing.compare"), row) if found.said == GENUINE else found


def print_again(desk: Desk, verdict: Verdict, progress: Progress | None = None, cancel: Event | None = None) -> Verdict:
    """Return the verdict with whether its state, printed again now, gives the same bytes; Cancelled when `cancel` was set on the way."""

    def told(zh: str, en: str) -> None:
        _heed(cancel)
        if progress:
            progress(0, 1, zh, en)

    row = verdict.row
    if row is None:
        return verdict
    state = row["state"]
    who, here, choice = asked_by(state)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"again.{choice.form}"
        write(compose(desk, who, here, choice, told), out, progress, cancel)
        same = hashlib.sha256(out.read_bytes()).hexdigest() == row["sha256"]
    why = verdict.why
    if not same and state["edition"] != edition():
        changed = both("brief.issuing.changed", was=state["edition"], now=edition())
        why = (why[0] + changed[0], f"{why[1]} {changed[1]}")
    return Verdict(verdict.said, why, row, same)


def asked_by(state: dict[str, Any]) -> tuple[Person | None, Here, Choice]:
    """Return who asked for a print, of which place and with which choice, from its state."""
    view = View(parse_time(state["as_of"]), parse_time(state["known_at"]), state["area"], state["filters"])
    asker = state["asker"]
    who = Person("", asker["role"], asker["area"]) if asker else None
    choice = Choice(tuple(state["parts"]), tuple(state["districts"]), state["form"], state["size"], state["secrecy"])
    return who, Here("/briefing", view, state["lang"]), choice


def code_in(content: bytes) -> str:
    """Return the code that a file bears in its metadata or text, "" for none; zipped documents are looked into."""
    found = CODE.search(content.decode("latin-1"))
    if found:
        return found[0]
    with suppress(*DAMAGED):  # no code to be read
        return _code_in_zip(content)
    return ""


def _code_in_zip(content: bytes) -> str:
    left = SEARCHED_BYTES
    with zipfile.ZipFile(BytesIO(content)) as book:
        for member in book.infolist():
            if member.file_size <= MEMBER_BYTES and member.filename.endswith((".xml", ".rels")):
                left -= member.file_size
                if left < 0:
                    return ""  # no print of ours is so large
                found = CODE.search(book.read(member).decode("utf-8", "replace"))
                if found:
                    return found[0]
    return ""


def _kept(desk: Desk, row: dict[str, Any]) -> Verdict:
    """A row of the table counts only with the signature of this place's key, over all that the row claims."""
    key = key_of(desk)
    if signed_by(key.public, row, about(row)):
        return Verdict(GENUINE, both("brief.issuing.genuine"), row)
    if row["key_id"] != key.id:
        return Verdict(UNKNOWN, both("brief.issuing.other_key", code=row["code"]), row)
    return Verdict(ALTERED, both("brief.issuing.not_ours"), row)


def _beside(desk: Desk, sha256: str, beside: bytes) -> Verdict:
    """The record is not here, but the print carries a signature of its own."""
    try:
        told = json.loads(beside)
        code, claimed, claims = str(told["code"]), str(told["sha256"]), claims_of(told)
        ours = signed_by(key_of(desk).public, told, claims)
    except (ValueError, KeyError, TypeError):
        return Verdict(UNKNOWN, both("brief.issuing.unreadable"))
    if claimed != sha256:
        return Verdict(ALTERED, both("brief.issuing.other_content", code=code))
    if ours:
        return Verdict(GENUINE, both("brief.issuing.elsewhere", code=code))
    return Verdict(UNKNOWN, both("brief.issuing.other_key", code=code))
