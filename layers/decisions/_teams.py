"""Whole teams to sites (整建制): greedy, then moves and swaps while they help, with a bound that says how far the best may be (DOMAIN 0.4)."""

from dataclasses import dataclass

import numpy as np

from layers.decisions._staff_need import GENERAL, SKILLS, assign, uncovered

STEPS = 600  # of the bound's ascent; it is a bound after any number of them
HOT, COLD, STRIDE = (
    0.2,
    0.0015,
    0.05,
)  # of the ascent: how widely a team is spread first and last, and how far a step goes
ROUNDS = 2_000  # moves and swaps at most; a city's 346 teams need some 150
LEAST = 1e-9
NOWHERE = -1  # stands by


@dataclass(frozen=True)
class Placed:
    """Where each team goes, and how good that is.

    site    row of `need` for each team, -1 to stand by
    unmet   weighted people missing over all sites
    bound   no plan of whole teams can have less: the linear program's bound, from below
    worst   largest share of its weighted need that one site lacks
    greedy  what the greedy plan alone would leave unmet
    kept    share of the teams with an old site that keep it; NaN where none has one
    """

    site: np.ndarray
    unmet: float
    bound: float
    worst: float
    greedy: float
    kept: float

    @property
    def gap(self) -> float:
        """(unmet - bound) / unmet: how much better any plan could be at most; 0 where nothing is unmet."""
        return max(self.unmet - self.bound, 0.0) / self.unmet if self.unmet > LEAST else 0.0


def place(
    need: np.ndarray,
    have: np.ndarray,
    teams: np.ndarray,
    weight: np.ndarray,
    *,
    old: np.ndarray | None = None,
    km: np.ndarray | None = None,
    move_share: float = 0.0,
    fair_share: float = 0.0,
    critical: float = 1.0,
) -> Placed:
    """Return the site of each team, in this order: critical people missing, then all, then the worst site's share, then travel.

    need, have  (sites, skills) people wanted, and present without these teams; skills as SKILLS
    teams       (teams, skills) people of each team; a team is never split
    weight      of each skill: a missing person of a critical one counts most; specialists may do general work
    old         (teams,) site of a plan that people follow already, -1 none: leaving it costs `move_share` of the team's weight
    km          (teams, sites) how far each team would travel; None: they all come from outside
    fair_share  share of the people missing that may be given up to help the worst site
    critical    how many times more a missing specialist counts while plans are compared, so that those come first; what is
                returned is in the weights themselves
    Ties go to the first team and the first site, so that equal inputs give equal plans.
    """
    old = np.full(len(teams), NOWHERE) if old is None else old
    if not len(teams) or not len(need):
        unmet = float((np.maximum(uncovered(need, have), 0) @ weight).sum()) if len(need) else 0.0
        return Placed(np.full(len(teams), NOWHERE), unmet, unmet, _worst(need, have, weight), unmet, float("nan"))
    sharp = weight * np.where(np.isin(SKILLS, list(GENERAL)), critical, 1.0)
    first = np.array(assign(need, have, teams, weight))
    begin = np.where(old >= 0, old, np.array(assign(need, have, teams, sharp)))
    search = _Search(need, have, teams, sharp, begin, old, move_share * (teams @ weight))
    search.improve()
    search.share_out(0.0)
    search.share_out(fair_share)
    if km is not None:
        search.shorten(km)
    had = old >= 0
    kept = float((search.site[had] == old[had]).mean()) if had.any() else float("nan")
    found, plain = (_Search(need, have, teams, weight, site) for site in (search.site, first))
    bound = min(lower_bound(need, have, teams, weight), found.unmet)
    return Placed(search.site, found.unmet, bound, found.worst, plain.unmet, kept)


def lower_bound(need: np.ndarray, have: np.ndarray, teams: np.ndarray, weight: np.ndarray) -> float:
    """Return a bound on what any plan leaves unmet, within some per cent of the linear program that may split teams.

    A price of at most its weight is put on each missing person; for any prices, what is missing at them less what each
    team is worth at its best site is a bound. The best prices are looked for by ascent on the smoothed bound (each team
    spread over the sites that are nearly as good, ever less so), in a tenth of the time that the program itself takes.
    """
    short, teams = need - np.asarray(have, dtype=float), np.asarray(teams, dtype=float)
    prices = _allowed(np.where(short > 0, weight * 0.5, 0.0), weight)
    spread, found = float((teams @ weight).mean()) or 1.0, 0.0
    mean, square = np.zeros_like(prices), np.zeros_like(prices)
    for step in range(STEPS):
        worth = teams @ prices.T
        best = worth.max(axis=1, keepdims=True)
        found = max(found, float((prices * short).sum() - np.maximum(best, 0).sum()))
        share = np.exp((worth - best) / (spread * HOT * (COLD / HOT) ** (step / STEPS)))
        slope = short - (share / share.sum(axis=1, keepdims=True)).T @ teams
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        length = STRIDE * (1 - step / STEPS) + 1e-3
        push = mean / (1 - 0.9 ** (step + 1)) / (np.sqrt(square / (1 - 0.99 ** (step + 1))) + LEAST)
        prices = _allowed(prices + length * weight * push, weight)
    return found


def _allowed(prices: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Prices between 0 and the weight, a specialist's never below that of the general work that one may do."""
    prices = np.clip(prices, 0.0, weight)
    for special, general in GENERAL.items():
        a, b = SKILLS.index(special), SKILLS.index(general)
        prices[:, b] = np.minimum(prices[:, b], weight[a])
        prices[:, a] = np.maximum(prices[:, a], prices[:, b])
    return prices


def _worst(need: np.ndarray, have: np.ndarray, weight: np.ndarray) -> float:
    asked = np.asarray(need, dtype=float) @ weight
    short = np.maximum(uncovered(need, have), 0) @ weight
    shares = short[asked > 0] / asked[asked > 0]
    return float(shares.max()) if len(shares) else 0.0


def _sum_at(site: np.ndarray, teams: np.ndarray, sites: int) -> np.ndarray:
    """People by site and skill."""
    found = np.zeros((sites, teams.shape[1]))
    np.add.at(found, site[site >= 0], teams[site >= 0])
    return found


class _Search:
    """A plan that is being improved; tables of what each move or swap would leave unmet are kept up to date."""

    def __init__(
        self,
        need: np.ndarray,
        have: np.ndarray,
        teams: np.ndarray,
        weight: np.ndarray,
        site: np.ndarray,
        old: np.ndarray | None = None,
        leaving: np.ndarray | None = None,
    ) -> None:
        self.need, self.weight, self.teams = need.astype(float), weight, teams.astype(float)
        self.asked = np.where(need @ weight > 0, need @ weight, np.inf)
        self.old = np.full(len(teams), NOWHERE) if old is None else old
        self.leaving = np.zeros(len(teams)) if leaving is None else leaving
        self.site = site.copy()
        self.have = have.astype(float) + _sum_at(site, self.teams, len(need))
        self.cost = self._short(self.need, self.have)
        self.with_team = np.empty((len(teams), len(need)))
        self.without = np.zeros(len(teams))
        self.swapped: np.ndarray | None = None

    @property
    def unmet(self) -> float:
        return float(self.cost.sum())

    @property
    def total(self) -> float:
        """What is missing, and what leaving old sites costs."""
        return self.unmet + float(self.leaving[(self.old >= 0) & (self.site != self.old)].sum())

    @property
    def worst(self) -> float:
        return float((self.cost / self.asked).max())

    def _short(self, need: np.ndarray, have: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.maximum(uncovered(need, have), 0) @ self.weight
        return found

    def improve(self) -> None:
        """Make the move or swap that takes most off what is missing, until none does."""
        self._tabulate(range(len(self.need)))
        for _ in range(ROUNDS):
            move, gain = self._best(self._move_costs(), self._swap_costs())
            if gain > -LEAST:
                return
            self._apply(*move)

    def share_out(self, slack: float) -> None:
        """Help the worst site while that raises no other above it and costs at most `slack` of what is missing in all."""
        best, fairest = self.site.copy(), self.worst
        limit = self.total + self.unmet * slack + LEAST
        self._tabulate(range(len(self.need)))
        for _ in range(ROUNDS):
            shares = self.cost / self.asked
            worst = int(shares.argmax())
            moves, swaps = self._move_costs(), self._swap_costs()
            after_move, after_swap = self._shares_after(worst)
            after_move[self.total + moves > limit] = np.inf
            after_swap[self.total + swaps > limit] = np.inf
            move, reached = self._best(after_move, after_swap)
            if reached > shares[worst] - 1e-6:
                break
            self._apply(*move)
            if self.worst < fairest - 1e-6:
                best, fairest = self.site.copy(), self.worst
        self._return_to(best)  # where several sites are as badly off, helping some of them is worth nothing

    def _return_to(self, site: np.ndarray) -> None:
        self.have -= _sum_at(self.site, self.teams, len(self.need))
        self.have += _sum_at(site, self.teams, len(self.need))
        self.site = site.copy()
        self.swapped = None
        self._tabulate(range(len(self.need)))

    def shorten(self, km: np.ndarray) -> None:
        """Swap teams while they travel less and nothing else gets worse; nobody's move counts where it has no place."""
        far = np.column_stack([km, np.zeros(len(km))])  # the last column: stands by
        for _ in range(ROUNDS):
            swaps, here = self._swap_costs(), far[np.arange(len(far)), self.site]
            other = far[:, self.site]
            shorter = other + other.T - here[:, None] - here[None, :]
            shorter[(swaps > LEAST) | ~self._no_worse()] = np.inf
            one, two = np.unravel_index(int(shorter.argmin()), shorter.shape)
            if shorter[one, two] > -LEAST:
                return
            self._apply(int(one), int(two), True)

    def _no_worse(self) -> np.ndarray:
        assert self.swapped is not None
        asked = np.append(self.asked, np.inf)[self.site]
        share = self.swapped / asked[:, None]
        fine: np.ndarray = np.maximum(share, share.T) <= self.worst + LEAST
        return fine

    def _shares_after(self, worst: int) -> tuple[np.ndarray, np.ndarray]:
        """The larger share of the two sites that a move to, or a swap with, the worst site touches; infinite for all others."""
        asked = np.append(self.asked, np.inf)
        moves = np.full(self.with_team.shape, np.inf)
        comes = self.site != worst
        left = self.without / asked[self.site]
        moves[comes, worst] = np.maximum(self.with_team[comes, worst] / self.asked[worst], left[comes])
        assert self.swapped is not None
        share = self.swapped / asked[self.site][:, None]
        swaps = np.where((self.site == worst)[:, None] & comes[None, :], np.maximum(share, share.T), np.inf)
        return moves, swaps

    def _move_costs(self) -> np.ndarray:
        """What each team's move to each site adds to what is missing, and to what moving costs."""
        here = np.append(self.cost, 0.0)[self.site]
        delta = self.with_team - self.cost + (self.without - here)[:, None]
        had = self.old >= 0
        home = had[:, None] & (np.arange(len(self.need)) == self.old[:, None])
        away = had & (self.site != self.old)
        delta = delta + self.leaving[:, None] * (had[:, None] & ~home) - (self.leaving * away)[:, None]
        placed = np.flatnonzero(self.site >= 0)
        delta[placed, self.site[placed]] = 0.0
        return delta

    def _swap_costs(self) -> np.ndarray:
        """What changing places of each two teams adds."""
        if self.swapped is None:
            self.swapped = np.zeros((len(self.teams), len(self.teams)))
            self._swap_rows(np.flatnonzero(self.site >= 0))
        here = np.append(self.cost, 0.0)[self.site]
        gains = self.swapped - here[:, None]
        had = self.old >= 0
        away = had & (self.site != self.old)
        there = self.leaving[:, None] * (had[:, None] & (self.site[None, :] != self.old[:, None]))
        gains_moving = there - (self.leaving * away)[:, None]
        found: np.ndarray = gains + gains.T + gains_moving + gains_moving.T
        found[self.site[:, None] == self.site[None, :]] = 0.0
        return found

    def _best(self, moves: np.ndarray, swaps: np.ndarray) -> tuple[tuple[int, int, bool], float]:
        one, two = int(moves.argmin()), int(swaps.argmin())
        if swaps.flat[two] < moves.flat[one] - LEAST:
            a, b = np.unravel_index(two, swaps.shape)
            return (int(a), int(b), True), float(swaps.flat[two])
        a, b = np.unravel_index(one, moves.shape)
        return (int(a), int(b), False), float(moves.flat[one])

    def _apply(self, team: int, other: int, is_swap: bool) -> None:
        """Move a team to a site, or let two teams change places."""
        before = self.site[team]
        after = self.site[other] if is_swap else other
        changes = [(team, before, after), (other, after, before)] if is_swap else [(team, before, after)]
        for who, source, target in changes:
            if source >= 0:
                self.have[source] -= self.teams[who]
            if target >= 0:
                self.have[target] += self.teams[who]
            self.site[who] = target
        self._tabulate(sorted({int(at) for at in (before, after) if at >= 0}))

    def _tabulate(self, sites: "range | list[int]") -> None:
        """Bring the tables up to date for these sites and the teams at them."""
        at = np.array(list(sites), dtype=int)
        self.cost[at] = self._short(self.need[at], self.have[at])
        self.with_team[:, at] = self._short(self.need[at], self.have[at] + self.teams[:, None, :])
        here = np.flatnonzero(np.isin(self.site, at))
        self.without[here] = self._short(self.need[self.site[here]], self.have[self.site[here]] - self.teams[here])
        self.without[self.site < 0] = 0.0
        if self.swapped is not None:
            self.swapped[self.site < 0] = 0.0
            self._swap_rows(here)

    def _swap_rows(self, rows: np.ndarray) -> None:
        assert self.swapped is not None
        less = self.have[self.site[rows]] - self.teams[rows]
        self.swapped[rows] = self._short(self.need[self.site[rows]][:, None], less[:, None] + self.teams[None, :])
