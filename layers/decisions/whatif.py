"""What if: assumptions that a plan can be asked under, as filters of a view, so that they are linked, hashed and kept like it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from layers._errors import ViewError
from layers._view import View
from layers.decisions._proposal import Words
from layers.decisions._words import count, listed

PREFIX = "if_"  # filters of a view that change what is assumed, not what is looked at
NAMES = ("cases", "stay", "arrivals", "refused")


@dataclass(frozen=True)
class WhatIf:
    """Assumptions beside the facts; the empty one changes nothing.

    cases_pct  new cases of the coming days, in per cent more or fewer
    stay_days  days that every stay becomes longer or shorter
    arrivals   people who arrive in whole teams besides those known, in today's mix of skills
    refused    codes of sites that may not be opened
    """

    cases_pct: float = 0.0
    stay_days: float = 0.0
    arrivals: int = 0
    refused: frozenset[str] = frozenset()

    @classmethod
    def of(cls, view: View) -> "WhatIf":
        """Return the assumptions that a view states; raises ViewError naming one that cannot be understood."""
        given = {name: view.filters[PREFIX + name] for name in NAMES if view.filters.get(PREFIX + name)}
        return cls(
            _within("cases", given, -90, 300),
            _within("stay", given, -10, 20),
            int(_within("arrivals", given, 0, 50_000)),
            frozenset(code for code in given.get("refused", "").split(";") if code),
        )

    def filters(self) -> dict[str, str]:
        """Return the assumptions as filters of a view; what assumes nothing is left out."""
        found = {
            "cases": f"{self.cases_pct:g}" if self.cases_pct else "",
            "stay": f"{self.stay_days:g}" if self.stay_days else "",
            "arrivals": str(self.arrivals) if self.arrivals else "",
            "refused": ";".join(sorted(self.refused)),
        }
        return {PREFIX + name: text for name, text in found.items() if text}

    def patients(self, stay_days: float) -> float:
        """Return by what factor patients change once the assumed flow has settled: admissions x length of stay (Little)."""
        return max((1 + self.cases_pct / 100) * (stay_days + self.stay_days) / stay_days, 0.0)

    def said(self) -> Words:
        """Return the assumptions in words; empty where nothing is assumed."""
        parts = [
            Words(f"新增病例{self.cases_pct:+g}%", f"new cases {self.cases_pct:+g} %") if self.cases_pct else None,
            Words(f"住院日{self.stay_days:+g}天", f"length of stay {self.stay_days:+g} days")
            if self.stay_days
            else None,
            Words(f"另到医护{self.arrivals:,}人", f"{self.arrivals:,} more staff arrive") if self.arrivals else None,
            Words(f"{len(self.refused)}个点位不可用", f"{count(len(self.refused), 'site')} refused")
            if self.refused
            else None,
        ]
        return listed([part for part in parts if part])

    def caveats(self) -> tuple[Words, ...]:
        """Return the sentence that a plan made under assumptions must carry; empty where nothing is assumed."""
        if not self.assumes:
            return ()
        said = self.said()
        return (Words(f"假设情景，并非事实：{said.zh}。", f"What if, not what is: {said.en}."),)

    @property
    def assumes(self) -> bool:
        """True where anything is assumed that is not known."""
        return self != WhatIf()


def plain(view: View) -> View:
    """Return the view without assumptions: what is read from the store never depends on them."""
    return replace(view, filters={name: value for name, value in view.filters.items() if not name.startswith(PREFIX)})


def _within(name: str, given: Mapping[str, str], low: float, high: float) -> float:
    text = given.get(name, "0")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ViewError(
            f"{PREFIX}{name} is {text!r}; wanted a number from {low} to {high}",
            f"{PREFIX}{name}为“{text}”；应为{low}至{high}之间的数",
        )
    return value
