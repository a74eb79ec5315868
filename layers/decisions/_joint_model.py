"""One model of beds, staff and supplies over some days: who is placed where, what binds, what ten more would buy (DOMAIN 2, 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from layers.decisions._staff_need import GENERAL

BEST = 0.001  # what the best kind of bed is worth beside a worse one, as a share of a placed person
OPENING = 0.01  # what opening a bed costs, in placed persons and days, so that nothing is opened for nothing
LEAST = 1e-6
LONGEST_S = 20.0  # a city takes well under one


@dataclass(frozen=True)
class Problem:
    """What there is, for D days.

    needs     name -> persons who need a bed on each day, (D,)
    worth     need -> worth of one person placed for a day
    kinds     need -> kinds of bed that may take them, best first
    beds      kind -> open beds;  ratios: (kind, skill) -> people per bed;  staff: skill -> people
    sites     (code, kind, beds, day from which they could be used); a site is opened whole
    use       item -> what a person of staff at a filled bed uses a day;  stock, arriving: item -> there now, and a day
    A resource that nobody reported is left out and limits nothing.
    """

    needs: Mapping[str, np.ndarray]
    worth: Mapping[str, float]
    kinds: Mapping[str, Sequence[str]]
    beds: Mapping[str, float]
    ratios: Mapping[tuple[str, str], float]
    staff: Mapping[str, float]
    sites: Sequence[tuple[str, str, float, int]] = ()
    use: Mapping[str, float] | None = None
    stock: Mapping[str, float] | None = None
    arriving: Mapping[str, float] | None = None

    @property
    def days(self) -> int:
        return len(next(iter(self.needs.values()))) if self.needs else 0

    def pairs(self) -> list[tuple[str, str]]:
        """Return (need, kind of bed) in the order in which they are filled."""
        return [(need, kind) for need in self.needs for kind in self.kinds[need]]

    def with_more(self, resource: str, amount: float) -> "Problem":
        """Return the problem with more of one resource, written beds:KIND, staff:SKILL or items:ITEM."""
        group, _, name = resource.partition(":")
        held = {"beds": self.beds, "staff": self.staff, "items": self.stock or {}}[group]
        more = {**held, name: held.get(name, 0.0) + amount}
        if group == "beds":
            return replace(self, beds=more)
        return replace(self, staff=more) if group == "staff" else replace(self, stock=more)


@dataclass(frozen=True)
class Placement:
    """A plan: placed (pairs x days), sites opened, worth, and how far the best may be.

    used, limit  resource -> what is used and what there is, on the day on which it is scarcest
    price        resource -> worth of one more of it (of all its days together)
    bound        no plan is worth more; NaN for the plain plan
    """

    placed: np.ndarray
    opened: tuple[str, ...]
    worth: float
    status: str
    gap: float
    used: Mapping[str, np.ndarray]
    limit: Mapping[str, np.ndarray]
    price: Mapping[str, float]
    bound: float


def solve(problem: Problem) -> Placement:
    """Return the best plan with the prices of what there is: the linear program (HiGHS), then its sites opened whole.

    A site that is opened in part is opened whole, which takes nothing from anybody placed and costs a little more; `gap` is how
    much that is, so the plan is within it of any plan that opens whole sites. Without an answer in time it is the plain plan.
    """
    model = _Model(problem)
    bounds = [(0, None)] * model.size + [(0, 1)] * len(problem.sites)
    found = linprog(
        -model.worth,
        A_ub=model.matrix,
        b_ub=model.limit,
        bounds=bounds,
        method="highs",
        options={"time_limit": LONGEST_S},
    )
    if found.status != 0 or found.x is None or not np.isfinite(found.ineqlin.marginals).all():
        return _plain(problem)
    whole = np.r_[found.x[: model.size], found.x[model.size :] > LEAST]
    bound = float(-found.fun)
    gap = (bound - float(model.worth @ whole)) / bound if bound > LEAST else 0.0
    return model.read(whole, "optimal" if gap <= LEAST else "feasible", max(gap, 0.0), -found.ineqlin.marginals, bound)


def _plain(problem: Problem) -> Placement:
    """The plain plan, where the solver found none in time: as far from the best as everybody placed is worth, no prices."""
    plan = greedy(problem)
    bound = float(sum(problem.worth[need] * persons.sum() for need, persons in problem.needs.items()))
    return replace(plan, bound=bound, gap=(bound - plan.worth) / bound if bound > LEAST else 0.0)


def greedy(problem: Problem) -> Placement:
    """Return the plan of a plain rule: day by day the weightiest need first, best kind of bed first, every site opened."""
    model = _Model(problem)
    x = np.r_[np.zeros(model.size), np.ones(len(problem.sites))]
    left = model.limit - model.matrix @ x
    columns = model.matrix.tocsc()
    pairs = problem.pairs()
    for day in range(problem.days):
        for at in sorted(range(len(pairs)), key=lambda i: (-problem.worth[pairs[i][0]], i)):
            column = at * problem.days + day
            span = slice(columns.indptr[column], columns.indptr[column + 1])
            rows, each = columns.indices[span], columns.data[span]
            x[column] = max(float((left[rows] / each).min()), 0.0) if len(rows) else 0.0
            left[rows] -= each * x[column]
    return model.read(x, "heuristic", float("nan"), None, float("nan"))


def gains(
    problem: Problem, best: Placement, resources: Mapping[str, float]
) -> dict[str, tuple[float, dict[str, float]]]:
    """Return resource -> (worth gained, need -> person-days gained) when there is so much more of it, solved again."""
    found = {}
    before = by_need(problem, best)
    for resource, amount in resources.items():
        more = problem.with_more(resource, amount)
        after = solve(more)
        told = by_need(more, after)
        found[resource] = (after.bound - best.bound, {need: told[need] - before[need] for need in before})
    return found


def by_need(problem: Problem, plan: Placement) -> dict[str, float]:
    """Return need -> person-days placed."""
    found = dict.fromkeys(problem.needs, 0.0)
    for (need, _), row in zip(problem.pairs(), plan.placed, strict=True):
        found[need] += float(row.sum())
    return found


class _Model:
    """The rows of the program: needs and beds by day, staff by day (specialists may do general work), supplies to each day."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.pairs = problem, problem.pairs()
        self.days = problem.days
        self.size = len(self.pairs) * self.days
        self.rows: list[np.ndarray] = []
        self.limits: list[float] = []
        self.names: list[tuple[str, int]] = []
        for day in range(self.days):
            self._needs(day)
            self._beds(day)
            self._staff(day)
            self._items(day)
        width = self.size + len(problem.sites)
        self.matrix = csr_array(np.vstack(self.rows) if self.rows else np.zeros((0, width)))
        self.limit = np.array(self.limits)
        self.worth = self._worth()

    def _row(
        self, name: str, day: int, each: Sequence[float], days: Sequence[int], limit: float, sites: np.ndarray
    ) -> None:
        """Append: sum of each[pair] x placed over `days`, less what opened sites add, is at most `limit`."""
        body = np.zeros((len(self.pairs), self.days))
        body[:, list(days)] = np.asarray(each)[:, None]
        self.rows.append(np.r_[body.ravel(), -sites])
        self.limits.append(limit)
        self.names.append((name, day))

    def _none(self) -> np.ndarray:
        return np.zeros(len(self.problem.sites))

    def _needs(self, day: int) -> None:
        for need, persons in self.problem.needs.items():
            each = [1.0 if need == mine else 0.0 for mine, _ in self.pairs]
            self._row(f"need:{need}", day, each, [day], float(persons[day]), self._none())

    def _beds(self, day: int) -> None:
        kinds = dict.fromkeys(kind for _, kind in self.pairs)
        for kind in kinds:
            adds = np.array([beds if of == kind and ready <= day else 0.0 for _, of, beds, ready in self.problem.sites])
            each = [1.0 if kind == mine else 0.0 for _, mine in self.pairs]
            limit = float(self.problem.beds.get(kind, 0.0))
            self._row(f"beds:{kind}", day, each, [day], limit, adds if len(adds) else self._none())

    def _staff(self, day: int) -> None:
        p = self.problem
        specials = {general: special for special, general in GENERAL.items()}
        for skill, people in p.staff.items():
            each = [p.ratios.get((kind, skill), 0.0) for _, kind in self.pairs]
            special = specials.get(skill)
            if (
                special is not None and special in p.staff
            ):  # general work may be done by specialists who are not needed as such
                each = [
                    own + p.ratios.get((kind, special), 0.0) for own, (_, kind) in zip(each, self.pairs, strict=True)
                ]
                people = people + p.staff[special]
            self._row(f"staff:{skill}", day, each, [day], people, self._none())

    def _items(self, day: int) -> None:
        p = self.problem
        heads = [sum(n for (of, _), n in p.ratios.items() if of == kind) for _, kind in self.pairs]
        for item, each in (p.use or {}).items():
            there = (p.stock or {}).get(item, 0.0) + (p.arriving or {}).get(item, 0.0) * day
            self._row(f"items:{item}", day, [each * n for n in heads], range(day + 1), there, self._none())

    def _worth(self) -> np.ndarray:
        p = self.problem
        first = {need: {kind: at for at, kind in enumerate(p.kinds[need])} for need in p.needs}
        each = [p.worth[need] * (1 - BEST * first[need][kind]) for need, kind in self.pairs]
        return np.r_[np.repeat(each, self.days), [-OPENING * beds for _, _, beds, _ in p.sites]]

    def read(self, x: np.ndarray, status: str, gap: float, prices: np.ndarray | None, bound: float) -> Placement:
        """Return the plan that a solution says."""
        placed = np.maximum(x[: self.size], 0.0).reshape(len(self.pairs), self.days)
        opened = tuple(site[0] for site, on in zip(self.problem.sites, x[self.size :], strict=True) if on > 0.5)
        own = np.r_[x[: self.size], np.zeros(len(self.problem.sites))]
        used, limits = self.matrix @ own, self.limit - self.matrix @ (x - own)
        by: dict[str, list[int]] = {}
        for at, (name, _) in enumerate(self.names):
            by.setdefault(name, []).append(at)
        value = {name: float(prices[rows].sum()) if prices is not None else float("nan") for name, rows in by.items()}
        worth = float(self.worth @ x)
        return Placement(
            placed,
            opened,
            worth,
            status,
            gap,
            {name: used[rows] for name, rows in by.items()},
            {name: limits[rows] for name, rows in by.items()},
            value,
            bound,
        )
