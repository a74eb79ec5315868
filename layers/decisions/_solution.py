"""What every solver hands back: what is open, who goes where, what it costs, and how far that may be from the best."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Solution:
    """The answer of a solver; rows of `assignment` are demand points (supplies in a transport), columns are sites (demands).

    objective   cost of what is assigned, in the unit of the costs; what is left unserved costs nothing here
    open        sites in use, as column numbers, ascending
    assignment  amounts, (n, m)
    status      "optimal" (proven), "feasible" (stopped before the proof), "infeasible", "heuristic" (no proof was tried)
    gap         (objective - bound) / objective as the solver proved it; 0 for an optimum, NaN where there is no bound
    unserved    how much demand found no place
    """

    objective: float
    open: np.ndarray
    assignment: np.ndarray = field(repr=False)
    status: str = "optimal"
    gap: float = 0.0
    unserved: float = 0.0
