"""Who somebody is here: a role and the area it answers for, and the words in which something is refused to them.

What a role may see and do says the gate (`access`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from dashboard import doors
from dashboard.errors import Refusal
from dashboard.text import LANGS, both, say
from layers._view import level_of
from layers.store.accounts import UNASKED

AREAS = {
    **{"city": ("city",), "district": ("district",), "street": ("street",), "community": ("street", "compound")},
    **dict.fromkeys((doors.PUBLIC, doors.AUDITOR, doors.ADMIN), ("city",)),  # they name no area, and see no row of any
}
ROLES = tuple(AREAS)


class AccessError(Refusal, PermissionError):
    """Somebody asks for what they may not see."""


def refusal(key: str, person: "Person | None" = None, **values: Any) -> AccessError:
    """Return the refusal `access.KEY` in both languages; `who` in it is the person's role and area."""
    return AccessError(*both(f"access.{key}", who=_who(person), **values)[::-1])


def roles_named(roles: Iterable[str]) -> tuple[str, str]:
    """Return roles as a list of words in both languages."""
    zh, en = (say("access.and_the", lang).join(say(f"access.role_{one}", lang) for one in roles) for lang in LANGS)
    return zh, en


def _who(person: "Person | None") -> tuple[str, str]:
    if person is None:
        return both("access.nobody")
    role = both(f"access.role_{person.role}") if person.role in ROLES else (person.role, person.role)
    zh, en = (f"{one} {person.area}".strip() for one in role)
    return zh, en


class Place(NamedTuple):
    """Where an area lies; "" what it does not name, or what is not known."""

    district: str = ""
    street: str = ""
    compound: str = ""


@dataclass(frozen=True)
class Person:
    """Who asks: a role and the area it answers for ("" the whole city)."""

    name: str
    role: str
    area: str = ""

    @property
    def sees_all(self) -> bool:
        """True for the city, which also sees what lies in no district."""
        return self.role == "city" and not self.area

    def may_see(self, place: Place) -> bool:
        """Return True when a place is the person's own area or lies within it."""
        mine = named(self.area)
        return self.sees_all or (any(mine) and all(not a or a == b for a, b in zip(mine, place, strict=True)))


def require_fit(person: Person) -> None:
    """Raise AccessError unless a role is one and its area is of its kind."""
    if person.role not in ROLES:
        raise AccessError(f"role {person.role!r}; wanted one of {ROLES}")
    if not fits(person):
        wanted = " or ".join(AREAS[person.role])
        raise AccessError(
            f"area {person.area!r} of role {person.role}; wanted a {wanted}, written as: nothing for the city, "
            "420102 a district, 420102/STREET a street, compound:CODE a compound"
        )


def fits(person: Person) -> bool:
    """Return whether a role has an area of its kind, whole: a district without a name would be the whole city."""
    level = level_of(person.area)
    return level in AREAS.get(person.role, ()) and (level == "city" or is_whole(person.area))


def is_whole(area: str) -> bool:
    """Return whether an area names every part that its kind has: neither "420102/" nor "compound:" does, nor what no database can be asked for."""
    if UNASKED.search(area):
        return False
    place = named(area)
    return all({"city": place[:1], "district": place[:1], "street": place[:2], "compound": place[2:]}[level_of(area)])


def named(area: str) -> Place:
    """Return the place as the area's own text names it."""
    if level_of(area) == "compound":
        return Place(compound=area.removeprefix("compound:"))
    return Place(*area.split("/", 1))
