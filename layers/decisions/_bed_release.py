"""In which order to open sites, so that the shortage of the coming days is covered soonest.

Each site takes some days of work and a crew; few crews work at once. Chosen are opening days with the fewest person-days
without a bed (a mixed integer programme with one variable per site and opening day, DOMAIN 2: release order), and among
equals the fewest and nearest sites. A plain rule (most beds a day of work, then nearest) stands beside it, so that the gain
of the optimum can be seen, and takes its place where it is as good.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

NODES = 4000  # the search stops by work done, not by the clock, so that the same state gives the same plan
GAP = 1e-4


@dataclass(frozen=True)
class Release:
    """Opening days, and how good they are.

    opens      day after today on which each site takes patients, NaN: stays closed
    unmet      person-days without a bed over the horizon;  greedy: of the plain rule;  nothing: if no site is opened
    status     optimal | feasible;  gap: (unmet - bound) / unmet, 0 for an optimum
    """

    opens: np.ndarray = field(repr=False)
    unmet: float
    greedy: float
    nothing: float
    status: str
    gap: float


def release(short: np.ndarray, offered: np.ndarray, work_days: np.ndarray, far: np.ndarray, *, at_once: int) -> Release:
    """Return the opening days of sites.

    short      persons without a bed on each coming day, tomorrow first;  offered: beds per site
    work_days  days from the order to the first patient, at least 1;  far: distance of each site, any unit, for ties
    at_once    sites that can be made ready at the same time
    """
    offered, work = np.asarray(offered, dtype=float), np.maximum(np.asarray(work_days, dtype=int), 1)
    short, m = np.asarray(short, dtype=float).clip(min=0), len(offered)
    plain = greedy(short, offered, work, far, at_once=at_once)
    nothing, by_rule = float(short.sum()), unmet(short, offered, plain)
    if not m or nothing == 0:
        return Release(np.full(m, np.nan), nothing, nothing, nothing, "optimal", 0.0)
    found, bound = plain, unmet(short, offered, np.where(offered > 0, work, np.nan))  # as if crews were many
    if by_rule > bound:
        better, bound = _solve(short, offered, work, at_once, bound)
        found = plain if better is None or unmet(short, offered, better) >= by_rule else better
    opens = pruned(short, offered, work, found, np.asarray(far, dtype=float))
    left = unmet(short, offered, opens)
    gap = max(0.0, (left - bound) / left) if left > 0 else 0.0
    proven = gap <= GAP
    return Release(opens, left, by_rule, nothing, "optimal" if proven else "feasible", 0.0 if proven else gap)


def unmet(short: np.ndarray, offered: np.ndarray, opens: np.ndarray) -> float:
    """Return the person-days without a bed when sites open on these days."""
    days = np.arange(1, len(short) + 1)
    beds = np.where(opens[:, None] <= days, offered[:, None], 0.0).sum(axis=0)  # NaN is never <=
    return float((short - beds).clip(min=0).sum())


def greedy(short: np.ndarray, offered: np.ndarray, work: np.ndarray, far: np.ndarray, *, at_once: int) -> np.ndarray:
    """Return opening days by the plain rule: most useful beds a day of work first, then the nearest, to the first free crew."""
    opens, crews, left = np.full(len(offered), np.nan), np.zeros(at_once), float(short.max(initial=0.0))
    order = np.lexsort((np.arange(len(offered)), np.nan_to_num(far, nan=np.inf), -offered / work))
    for site in order:
        if left <= 0:
            break
        crew = int(crews.argmin())
        if offered[site] <= 0 or crews[crew] + work[site] > len(short):
            continue
        crews[crew] += work[site]
        opens[site] = crews[crew]
        left -= offered[site]
    return opens


def pruned(short: np.ndarray, offered: np.ndarray, work: np.ndarray, opens: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Return days as good without sites that nobody would miss, and with a nearer site in place of a farther where one will do.

    The farthest is tried first, of equals the smallest.
    """
    opens, least, far = opens.copy(), unmet(short, offered, opens), np.nan_to_num(far, nan=np.inf)
    order = np.lexsort((np.arange(len(opens)), offered, -far))
    for site in order:
        for other in (None, *order[::-1]):
            if not np.isfinite(opens[site]) or (other is not None and not far[other] < far[site]):
                break  # from the nearest outwards: none of the rest is nearer
            trial = opens.copy()
            trial[site] = np.nan
            if other is not None:
                if np.isfinite(opens[other]) or work[other] > work[site] or offered[other] <= 0:
                    continue
                trial[other] = opens[site]
            if unmet(short, offered, trial) <= least:
                opens = trial
    return opens


def _solve(
    short: np.ndarray, offered: np.ndarray, work: np.ndarray, at_once: int, least: float
) -> tuple[np.ndarray | None, float]:
    """The best opening days found, and the bound that no choice can beat; `least` is one known already."""
    horizon = len(short)
    pairs = [(j, t) for j in range(len(offered)) if offered[j] > 0 for t in range(work[j], horizon + 1)]
    site, day = np.array(pairs).T
    k, days = len(pairs), np.arange(1, horizon + 1)
    open_by = sp.csr_matrix((day[None, :] <= days[:, None]) * offered[site])
    busy = sp.csr_matrix(((day - work[site])[None, :] < days[:, None]) & (days[:, None] <= day[None, :]), dtype=float)
    once = sp.csr_matrix((np.ones(k), (site, np.arange(k))), (len(offered), k))
    none, zero = sp.identity(horizon), sp.csr_matrix((horizon, horizon))
    answer = milp(
        np.r_[np.zeros(k), np.ones(horizon)],
        constraints=[
            LinearConstraint(sp.hstack([open_by, none]).tocsr(), short, np.inf),
            LinearConstraint(sp.hstack([busy, zero]).tocsr(), -np.inf, at_once),
            LinearConstraint(sp.hstack([once, sp.csr_matrix((len(offered), horizon))]).tocsr(), -np.inf, 1),
        ],
        integrality=np.r_[np.ones(k), np.zeros(horizon)],
        bounds=Bounds(0, np.r_[np.ones(k), np.full(horizon, np.inf)]),
        options={"mip_rel_gap": GAP / 2, "node_limit": NODES},
    )
    bound = max(least, float(answer.mip_dual_bound or 0.0))
    if answer.x is None:
        return None, bound
    opens = np.full(len(offered), np.nan)
    chosen = np.flatnonzero(np.round(answer.x[:k]) > 0)
    opens[site[chosen]] = day[chosen]
    return opens, bound
