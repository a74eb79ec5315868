"""What figures that were made public give away of a few persons, and which others must be hidden so that they do not.

A small count points at persons: in a street, two new cases of a day have neighbours. Hiding it is not enough. A total, the other rows,
the change since last week, or an earlier release may give it back by subtraction, as a public dashboard once did: it hid the
week of a small area and showed the change since the week before. So everything that was ever published about a measure is one system of equations over
the counts of each area and stretch of days, and the least and the largest whole number that a hidden count can still be is found by
integer programming (HiGHS). A count of 1..k-1 is safe while at least k-1 numbers are possible for it; those between are counted too, for
changes may leave only every second number of a range.

Who reads the releases is taken to know that a hidden count is not 0, since zeros are shown, and that the counts of the past stay
as they are. Not considered: what neighbours know already, and conclusions from the order in which this program hides.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import connected_components

from layers._errors import LayerError
from layers._times import day_start

SPAN = ("first", "last")  # days of a cell, both inclusive, as day numbers
LESS = ("less_first", "less_last")  # a change: days whose count is taken off, NaN where nothing is
CELL = ("area", *SPAN, *LESS)
Parts = Mapping[
    str, Sequence[str]
]  # area -> the smallest areas that it consists of; one of those itself consists of itself
MOST = 1_000_000  # of one area in one stretch of days; a count that can be as large has no limit
INFEASIBLE = 2  # what scipy.optimize.milp answers where nothing agrees with what is published


class DisclosureError(LayerError):
    """Figures may not be published: they would tell a count of a few persons, whatever else is hidden."""


class _Contradiction(Exception):
    """Releases that cannot all be true: figures were corrected between them."""


def possible(published: pd.DataFrame, asked: pd.DataFrame, parts: Parts) -> pd.DataFrame:
    """Return the asked cells with `least` and `most`: what each count can be for somebody who knows what is published.

    published  area, first, last, count (NaN: hidden), and for changes less_first, less_last
    asked      area, first, last; most is inf where nothing limits it
    Raises ValueError where no counts at all agree with what is published.
    """
    system = _System(published, parts, asked)
    try:
        ranges = [system.range_of(row) for row in system.rows_of(asked)]
    except _Contradiction:
        raise ValueError("the published figures contradict each other") from None
    return asked.assign(least=[low for low, _ in ranges], most=[high for _, high in ranges])


def revealed(
    release: pd.DataFrame, earlier: Sequence[pd.DataFrame], truth: pd.DataFrame, parts: Parts, k: int
) -> pd.DataFrame:
    """Return the counts of 1..k-1 that a release gives away, alone or with earlier ones: area, first, last, count, least, most.

    truth  area (a smallest one), day, count: what is believed; a day without a row is 0
    Asked about are all areas over every stretch of days that one of the releases tells apart, over the days of each cell, and over
    stretches in a row that are linked by what is published. Areas together that are no area of their own are not asked about.
    Where a correction makes releases contradict each other, each earlier one is held against the new one by itself.
    """
    earlier = [one for one in earlier if len(one)]
    try:
        return _revealed([*earlier, release], truth, parts, k)
    except _Contradiction:
        found = [_revealed([release], truth, parts, k)]
        for one in earlier:
            try:
                found.append(_revealed([one, release], truth, parts, k))
            except _Contradiction:  # they tell of different states of knowledge: neither adds to the other
                continue
        return pd.concat(found).drop_duplicates(["area", *SPAN], ignore_index=True)


def protect(
    release: pd.DataFrame, earlier: Sequence[pd.DataFrame], truth: pd.DataFrame, parts: Parts, k: int
) -> pd.DataFrame:
    """Return a release with as many counts hidden (NaN) as it takes that none of 1..k-1 persons is given away.

    First the small ones; then, while one can be worked out, the smallest other count that meets it in area and days, areas before
    totals. Raises DisclosureError where hiding helps no more, because of what was published before.
    """
    given = with_changes(release)
    small = given["count"].abs().between(1, k - 1)
    safe = given.assign(count=given["count"].mask(small))
    while True:
        found = revealed(safe, earlier, truth, parts, k)
        if found.empty:
            return safe
        at = _next(safe, found, parts)
        if at is None:
            raise _refusal(found.iloc[0])
        safe.loc[at, "count"] = np.nan


def with_changes(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with every column of a change; one that lacks them is no change."""
    found = cells.reset_index(drop=True).reindex(columns=[*CELL, "count"])
    return found.astype({"count": float, **dict.fromkeys(LESS, float)})


def _revealed(releases: Sequence[pd.DataFrame], truth: pd.DataFrame, parts: Parts, k: int) -> pd.DataFrame:
    published = pd.concat([with_changes(one) for one in releases], ignore_index=True)
    daily = _daily(truth)
    asked = _sensitive(published, daily, parts, k)
    system = _System(published, parts, asked)
    asked = pd.concat([asked, system.runs(daily, k)]).drop_duplicates(["area", *SPAN], ignore_index=True)
    told = system.met_by(releases[-1])
    rows = [
        (at, row) for at, row in enumerate(system.rows_of(asked)) if told[row != 0].any()
    ]  # of others nothing new is told
    ranges = np.array([system.range_of(row) for _, row in rows], dtype=float).reshape(-1, 2)
    few = [system.is_one_of_few(row, low, high, k - 1) for (_, row), (low, high) in zip(rows, ranges, strict=True)]
    found = asked.iloc[[at for at, _ in rows]].assign(least=ranges[:, 0], most=ranges[:, 1])
    return found[few].reset_index(drop=True)


def _daily(truth: pd.DataFrame) -> pd.DataFrame:
    """What is true: a row a day, a column a smallest area."""
    return (
        truth.astype({"day": int, "count": int})
        .pivot_table(index="day", columns="area", values="count", aggfunc="sum", fill_value=0)
        .sort_index()
    )


def _sensitive(published: pd.DataFrame, daily: pd.DataFrame, parts: Parts, k: int) -> pd.DataFrame:
    """The cells of 1..k-1 persons: every area over the stretches and the spans of what is published."""
    spans = {(int(a), int(b)) for names in (SPAN, LESS) for a, b in published[list(names)].dropna().to_numpy()}
    spans |= set(_stretches(published))
    rows = []
    for first, last in sorted(spans):
        counts = daily.loc[first:last].sum()
        for area, members in parts.items():
            count = int(counts.reindex(list(members), fill_value=0).sum())
            if 1 <= count < k:
                rows.append((area, first, last, count))
    return pd.DataFrame(rows, columns=["area", *SPAN, "count"])


def _stretches(published: pd.DataFrame) -> list[tuple[int, int]]:
    """The days between any two edges of published cells, as first and last day."""
    edges = set()
    for first, last in (SPAN, LESS):
        edges |= set(published[first].dropna().astype(int)) | set(published[last].dropna().astype(int) + 1)
    return [(first, after - 1) for first, after in pairwise(sorted(edges))]


class _System:
    """The published cells as equations over the counts of each smallest area in each stretch of days."""

    def __init__(self, published: pd.DataFrame, parts: Parts, asked: pd.DataFrame) -> None:
        published = with_changes(published)
        self._parts = parts
        self._stretches = _stretches(pd.concat([published, with_changes(asked.assign(count=np.nan))]))
        self._areas = {area: at for at, area in enumerate(sorted({one for some in parts.values() for one in some}))}
        width = len(self._stretches) * len(self._areas)
        rows = [csr_array(row[np.newaxis]) for row in self.rows_of(published)]
        self._matrix = csr_array(vstack(rows)) if rows else csr_array((0, width))
        counts = published["count"].to_numpy(float)
        hidden = np.isnan(counts)
        change = published[LESS[0]].notna().to_numpy()
        self._least = np.where(
            hidden, np.where(change, -np.inf, 1), counts
        )  # a hidden count is not 0; a hidden change may be anything
        self._most = np.where(hidden, np.inf, counts)
        linked = abs(self._matrix).T @ abs(self._matrix)
        _, self._island = connected_components(linked, directed=False)

    def rows_of(self, cells: pd.DataFrame) -> Iterator[NDArray[np.float64]]:
        """Return per cell how often it counts each unknown."""
        for cell in _records(with_changes(cells.assign(count=np.nan))):
            row = self._spread(cell["area"], cell["first"], cell["last"])
            if not np.isnan(cell["less_first"]):
                row = row - self._spread(cell["area"], cell["less_first"], cell["less_last"])
            yield row

    def met_by(self, cells: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which unknowns some cells are about, or are linked with by other cells."""
        about = sum((row != 0 for row in self.rows_of(cells)), start=np.zeros(len(self._island), dtype=bool))
        return np.isin(self._island, np.unique(self._island[about]))

    def runs(self, daily: pd.DataFrame, k: int) -> pd.DataFrame:
        """Return the counts of 1..k-1 of areas over several stretches in a row that what is published may link: area, first, last, count.

        Two stretches may each be many numbers, and their sum one. A run whose first or last stretch is linked with none of the others
        is left out: what is known of it is known of that stretch and of the rest, which are asked about themselves.
        """
        rows = []
        for area, members in self._parts.items():
            ahead, back = self._linked(members)
            counts = [
                int(daily.loc[a:b].reindex(columns=list(members), fill_value=0).to_numpy().sum())
                for a, b in self._stretches
            ]
            before = np.concatenate([[0], np.cumsum(counts, dtype=int)])
            for first, last in combinations(range(len(counts)), 2):
                n = int(before[last + 1] - before[first])
                if 1 <= n < k and ahead[first] <= last and back[last] >= first:
                    rows.append((area, self._stretches[first][0], self._stretches[last][1], n))
        return pd.DataFrame(rows, columns=["area", *SPAN, "count"])

    def _linked(self, members: Sequence[str]) -> tuple[list[float], list[float]]:
        """Return for each stretch the next one, and the one before, that is linked with it in some of the areas; infinite where none is."""
        columns = [self._areas[one] for one in members]
        islands = self._island.reshape(len(self._stretches), len(self._areas))[:, columns]
        seen: dict[int, int] = {}
        ahead, back = [np.inf] * len(islands), [-np.inf] * len(islands)
        for at in reversed(range(len(islands))):
            ahead[at] = min((seen[one] for one in islands[at] if one in seen), default=np.inf)
            seen |= dict.fromkeys(islands[at], at)
        seen = {}
        for at in range(len(islands)):
            back[at] = max((seen[one] for one in islands[at] if one in seen), default=-np.inf)
            seen |= dict.fromkeys(islands[at], at)
        return ahead, back

    def range_of(self, row: NDArray[np.float64]) -> tuple[float, float]:
        """Return the least and the largest whole number that a cell can be."""
        mine, limits = self._about(row)
        least, most = (self._end(mine, limits, sign) for sign in (1, -1))
        if least is None or most is None:
            raise _Contradiction
        return least, most

    def is_one_of_few(self, row: NDArray[np.float64], least: float, most: float, number: int) -> bool:
        """Return whether a cell can be fewer than so many numbers; a change may leave only every second one of its range."""
        mine, limits = self._about(row)
        found, at = 1, least
        while found < number and at < most:
            beyond = LinearConstraint(mine, at + 1, np.inf)
            following = self._end(mine, [*limits, beyond], 1)
            if following is None:
                break
            found, at = found + 1, following
        return found < number

    def _about(self, row: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[LinearConstraint]]:
        """Return a cell over the unknowns that it is linked with, and what is published of those."""
        inside = np.isin(self._island, np.unique(self._island[row != 0]))
        matrix = self._matrix[:, np.flatnonzero(inside)]
        told = np.flatnonzero(np.diff(matrix.indptr))
        limits = [LinearConstraint(matrix[told], self._least[told], self._most[told])] if len(told) else []
        return row[inside], limits

    def _end(self, row: NDArray[np.float64], limits: list[LinearConstraint], sign: int) -> float | None:
        """The least or the largest number of a cell, None where no counts agree with the limits."""
        answer = milp(sign * row, constraints=limits, integrality=np.ones(len(row)), bounds=Bounds(0, MOST))
        if answer.status == INFEASIBLE:
            return None
        if answer.x is None:
            raise RuntimeError(f"the range of a count could not be found: {answer.message}")
        found = float(round(sign * answer.fun))
        return np.inf if sign < 0 and found >= MOST else found

    def _spread(self, area: str, first: float, last: float) -> NDArray[np.float64]:
        row = np.zeros((len(self._stretches), len(self._areas)))
        days = [at for at, (start, end) in enumerate(self._stretches) if first <= start and end <= last]
        row[np.ix_(days, [self._areas[one] for one in self._parts[area]])] = 1
        return row.ravel()


def _next(safe: pd.DataFrame, found: pd.DataFrame, parts: Parts) -> int | None:
    """The shown count to hide next: it meets something that is given away, is not 0, and is the smallest of the smallest areas."""
    best: tuple[tuple[int, float], int] | None = None
    for at, cell in enumerate(_records(safe)):
        if np.isnan(cell["count"]) or cell["count"] == 0 or not _meets_any(cell, found):
            continue
        rank = (len(parts[cell["area"]]), abs(cell["count"]))
        if best is None or rank < best[0]:
            best = rank, at
    return best[1] if best else None


def _meets_any(cell: Mapping[str, Any], found: pd.DataFrame) -> bool:
    spans = [(cell["first"], cell["last"])]
    spans += [] if np.isnan(cell["less_first"]) else [(cell["less_first"], cell["less_last"])]
    return any(((found["first"] <= last) & (found["last"] >= first)).any() for first, last in spans)


def _records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    return cells.to_dict("records")  # type: ignore[return-value]  # the names of columns are text


def _date(day: int) -> str:
    return day_start(day).date().isoformat()


def _refusal(cell: Any) -> DisclosureError:
    first, last = (_date(int(cell[name])) for name in SPAN)
    span, zh_span = (first, first) if first == last else (f"{first} to {last}", f"{first}至{last}")
    known = int(cell["least"]) if cell["least"] == cell["most"] else f"{cell['least']:.0f} to {cell['most']:.0f}"
    zh_known = str(known).replace(" to ", "至")
    return DisclosureError(
        f"{cell['area']}, {span}: with what was published before, these figures would tell that the count is {known}",
        f"{cell['area']}，{zh_span}：与以前公布的数字相减，可推出人数为{zh_known}，不能公布",
    )
