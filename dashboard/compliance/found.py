"""The shape of a check and of what it found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.desk import Desk

State = Literal["supports", "not", "unknown"]
MLPS, PERSONAL = "mlps", "personal"  # GB/T 22239-2019, level 3; GB/T 35273-2020


@dataclass(frozen=True)
class Found:
    """What a check saw: whether that supports the requirement, and the words of it (`compliance.KEY`) with their values."""

    state: State
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One requirement that the system can look into.

    name      its words are `compliance.is_NAME`
    standard  MLPS or PERSONAL
    clause    where it stands; its words are `compliance.clause_...`
    review    True: the wording of the clause was not read, so somebody who has it must look at the match
    """

    name: str
    standard: str
    clause: str
    look: Callable[[Desk], Found]
    review: bool = False


def when(ok: bool, key: str, **values: Any) -> Found:
    """Return "supports" or "not", told by one text."""
    return Found("supports" if ok else "not", key, values)


def unknown(key: str, **values: Any) -> Found:
    """Return that the system cannot tell."""
    return Found("unknown", key, values)
