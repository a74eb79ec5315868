"""What is being looked at: an area, the two clocks, and filters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

CITY = ""  # the area of a view that is not narrowed to a district, street or compound


def level_of(area: str) -> str:
    """Return the kind of an area by the way it is written: city, district, street or compound."""
    if area.startswith("compound:"):
        return "compound"
    return "street" if "/" in area else "district" if area else "city"


@dataclass(frozen=True)
class View:
    """What is being looked at: an area, the two clocks, and filters. Every screen, plan and print is a function of it.

    area      "" the whole city, "420102" a district, "420102/街道名" a street, "compound:CODE" one compound
    as_of     event clock: what had happened by then (aware, inclusive)
    known_at  knowledge clock: what the store knew by then (aware, inclusive)
    filters   further narrowing by name, for example {"status": "confirmed"}
    """

    as_of: datetime
    known_at: datetime
    area: str = CITY
    filters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None or self.known_at.tzinfo is None:
            raise ValueError(f"a view needs aware times; found as_of={self.as_of!r}, known_at={self.known_at!r}")

    @property
    def district(self) -> str:
        """Code of the district that the area lies in, "" for the city or a single compound."""
        return "" if self.area.startswith("compound:") else self.area.split("/")[0]

    def narrowed(self, area: str) -> "View":
        """Return the same view of another area."""
        return replace(self, area=area)

    @property
    def level(self) -> str:
        """Kind of the area: city, district, street or compound."""
        return level_of(self.area)

    @property
    def code(self) -> str:
        """Code of the area as the totals know it: a compound without its prefix."""
        return self.area.removeprefix("compound:")
