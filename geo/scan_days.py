"""Cylinders: a circle of places and a run of days, for the space-time permutation scan (Kulldorff et al. 2005)."""

from dataclasses import dataclass

import numpy as np

from geo.scan_zones import Floats, Ints, Zones


@dataclass(frozen=True)
class Cylinders:
    """Every circle of `zones` (its measure: cases of all days) with every run of days.

    begin, end  of each run: days [begin, end), counted from the first
    by_day      cases of each day, all places together
    """

    zones: Zones
    begin: Ints
    end: Ints
    by_day: Ints

    @classmethod
    def of(cls, zones: Zones, by_day: Ints, longest: int, alive: bool) -> "Cylinders":
        """Return the cylinders of up to `longest` days with cases; `alive`: only those that reach the last day."""
        days, upto = len(by_day), np.r_[0, np.cumsum(by_day)]
        pairs = [(b, e) for e in range(1, days + 1) for b in range(max(0, e - longest), e) if not alive or e == days]
        pairs = [(b, e) for b, e in pairs if upto[e] > upto[b]]
        begin, end = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return cls(zones, begin, end, by_day)

    @property
    def in_run(self) -> Ints:
        """Cases of each run of days."""
        upto = np.r_[0, np.cumsum(self.by_day)]
        return np.asarray(upto[self.end] - upto[self.begin], dtype=np.int64)

    def least(self, table: Ints) -> Floats:
        """Return (runs, cases + 1): the least measure of a circle with exactly so many cases in that run of days.

        table  (places, days) cases
        """
        found = np.full((len(self.begin), int(self.in_run.max(initial=0)) + 1), np.inf)
        upto = np.pad(np.cumsum(table, axis=1), ((0, 0), (1, 0)))
        for row, begin, end, total in zip(found, self.begin, self.end, self.in_run, strict=True):
            row[: total + 1] = self.zones.least(upto[:, end] - upto[:, begin], int(total))
        return found

    def cases(self, table: Ints, centre: int) -> Ints:
        """Return (K, runs): cases of each circle of a centre in each run of days."""
        upto = np.pad(np.cumsum(table, axis=1), ((0, 0), (1, 0)))
        in_run = upto[:, self.end] - upto[:, self.begin]
        return np.asarray(np.cumsum(in_run[self.zones.order[centre]], axis=0), dtype=np.int64)
