"""Which frame coordinates are in, told from anchors: rows whose address alone names, for certain, a place that is known.

The model, to be checked by hand. An anchor is a point as given and the place it belongs to. Read in the right frame, four
points in five lie about their place like a Gaussian of 150 m; the fifth is wrong (its address or its geocode) and lies
anywhere in 40 km2. Every frame is given the sum of the logarithms of that density over the anchors; a further hypothesis,
"none", says that all of them are wrong. A frame is decided when it leads the next hypothesis by 20 (odds of 5e8 to 1) on
at least 20 anchors. One exact anchor is worth ln(0.8 / (2 pi 150^2) / (1 / 4e7)) = 5.4 against "none", a wrong one ln 0.2 = -1.6.
A place speaks once, however many rows name it: rows of one place share its mistakes.
Degrees in CGCS2000 cannot be told from WGS-84 (they differ by less than a metre) and count as such; metres are told by their
numbers: an easting of eight digits carries its 3-degree zone, one of six digits is tried in the zones about its places.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.crs import metres_a_degree
from geo.datum import to_wgs84

FRAMES = ("wgs84", "gcj02", "bd09")
NONE = "none"
SAME = "same"
SPREAD_M = 150.0
WRONG_SHARE = 0.2
ANYWHERE_M2 = 4e7
ENOUGH = 20
SURE = 20.0
# Residuals may scatter, but about zero: a median this far off means a frame that is not among the hypotheses. The shortest
# distance between two of them is some 580 m in Wuhan and 400-600 m in most of China.
OFF_CENTRE_M = 250.0
ALIKE_M = 50.0  # hypotheses nearer than this to one another are one
# A second frame shows as a knot of anchors where it would put them, and nowhere else as far off: see _second_frame.
KNOT_M = 200.0
FAR_M = 1e7  # stands for numbers that mean no place at all in a frame
KNOT_LEAST, KNOT_SHARE, KNOT_TIMES = 5, 0.05, 3.0
AREA_ROWS = 1000  # MATCHING's limit: district outlines tell frames apart only where many rows lie near a border
AREA_WRONG = 0.2
HITS_TIMES, HITS_A_COMPOUND = 1.5, 2

Floats = NDArray[np.float64]
Why = Literal["decided", "few", "alike", "mixed", "none", "off centre", "weak"]


@dataclass(frozen=True)
class Finding:
    """What anchors say about the frame of points.

    frame     the frame when it is decided, else None
    best      the likeliest hypothesis, "none" where no frame fits
    leads     hypothesis -> by how much the log-likelihood of `best` exceeds its own
    llr       the least of these over the others: the lead over the runner-up
    median_m  frame -> median distance between points and places
    mixed     frames that each hold a knot of anchors -> how many; empty when there is one frame
    """

    frame: str | None
    why: Why
    best: str
    anchors: int
    llr: float
    leads: Mapping[str, float]
    median_m: Mapping[str, float]
    reason_zh: str
    reason_en: str
    mixed: Mapping[str, int] = field(default_factory=dict)

    def confirms(self, stated: str) -> bool:
        """Return whether the frame is decided and is the stated one."""
        return self.frame is not None and plain(self.frame) == plain(stated)

    def refutes(self, stated: str) -> bool:
        """Return whether the evidence is strong that points and places do not lie in one frame when read as stated."""
        if self.why in ("few", "alike"):
            return False
        return self.why in ("mixed", "off centre") or self.leads.get(plain(stated), 0.0) >= SURE

    def as_json(self) -> dict[str, object]:
        """Return plain data for a receipt or report."""
        return {
            "frame": self.frame,
            "why": self.why,
            "best": self.best,
            "rows": self.anchors,
            "llr": round(self.llr, 1),
            "median_m": dict(self.median_m),
            "mixed": dict(self.mixed),
            "zh": self.reason_zh,
            "en": self.reason_en,
        }


def plain(stated: str) -> str:
    """Return the hypothesis that a stated datum belongs to: what is not shifted counts as WGS-84, once it is in degrees."""
    return stated if stated in ("gcj02", "bd09") else "wgs84"


def detect(lon: ArrayLike, lat: ArrayLike, place_lon: ArrayLike, place_lat: ArrayLike) -> Finding:
    """Return which frame the points are in.

    lon, lat              as given, degrees or metres
    place_lon, place_lat  WGS-84 degrees of the place that each point belongs to
    Rows in which any of the four is missing are left out.
    """
    x, y, at_x, at_y = _anchors(lon, lat, place_lon, place_lat)
    alike, metres = _of_one_kind(x, y)
    if metres:
        return _units_mixed(len(x), metres)
    x, y, at_x, at_y = x[alike], y[alike], at_x[alike], at_y[alike]
    residuals = {frame: _residual(*to_wgs84(x, y, frame), at_x, at_y) for frame in _hypotheses(x, y, at_x)}
    return _finding(residuals, len(x))


def detect_pair(case_lon: ArrayLike, case_lat: ArrayLike, place_lon: ArrayLike, place_lat: ArrayLike) -> Finding:
    """Return in which frames two sets of coordinates are that name the same places, when neither frame is known.

    The frames lie from one another in different directions, so a pair of different ones is told: "gcj02/bd09" is cases in
    GCJ-02 on places in BD-09. Two sets in one frame lie together whichever it is: that is the hypothesis "same". Degrees only.
    """
    x, y, at_x, at_y = _anchors(case_lon, case_lat, place_lon, place_lat)
    alike, metres = _of_one_kind(np.maximum(np.abs(x), np.abs(at_x)), np.maximum(np.abs(y), np.abs(at_y)))
    if metres or (alike.any() and max(abs(x[alike][0]), abs(at_x[alike][0])) > 360):
        return _units_mixed(len(x), metres or len(x))
    x, y, at_x, at_y = x[alike], y[alike], at_x[alike], at_y[alike]
    read = {frame: (to_wgs84(x, y, frame), to_wgs84(at_x, at_y, frame)) for frame in FRAMES}
    residuals = {SAME: _residual(x, y, at_x, at_y)}
    for one in FRAMES:
        for other in FRAMES:
            if one != other:
                residuals[f"{one}/{other}"] = _residual(*read[one][0], *read[other][1])
    return _finding(residuals, len(x))


def detect_in_areas(inside: Mapping[str, ArrayLike]) -> Finding:
    """Return which frame points are in, from whether each lies in the area (a district) that its row states.

    inside  frame -> one truth value a row
    Far weaker than anchors: only rows near a border tell anything, and a mix of frames is not seen. Each row that lies right
    in one frame and not in another is worth ln 4 (one row in five states a wrong area); wanted are 1,000 rows, a lead of 20,
    and four rows in five inside. `median_m` is empty.
    """
    hits = {frame: np.asarray(values, dtype=bool) for frame, values in inside.items()}
    rows = len(next(iter(hits.values())))
    worth = float(np.log((1 - AREA_WRONG) / AREA_WRONG))
    counts = {frame: int(values.sum()) for frame, values in hits.items()}
    best = max(counts, key=lambda frame: counts[frame])
    leads = {frame: worth * (counts[best] - count) for frame, count in counts.items()}
    llr = min(lead for frame, lead in leads.items() if frame != best)
    shares = ", ".join(f"{frame} {count / max(rows, 1):.1%}" for frame, count in counts.items())
    decided = rows >= AREA_ROWS and llr >= SURE and counts[best] >= (1 - AREA_WRONG) * rows
    zh = f"{rows} 行落在所填区内的比例：{shares}"
    en = f"{rows} rows, share inside the district they state: {shares}"
    if decided:
        return Finding(best, "decided", best, rows, llr, leads, {}, f"判定为 {best}：{zh}", f"decided as {best}: {en}")
    zh, en = (
        f"{zh}；判定至少需要 {AREA_ROWS} 行，且对数似然比（{llr:.1f}）达到 {SURE:.0f}",
        f"{en}; wanted {AREA_ROWS} rows and a log-likelihood ratio of {SURE:.0f} (found {llr:.1f})",
    )
    return Finding(None, "few" if rows < AREA_ROWS else "weak", best, rows, llr, leads, {}, zh, en)


def better_fit(stated: NDArray[Any], others: Mapping[str, NDArray[Any]]) -> str | None:
    """Return the frame in which clearly more points stand at a compound than in the stated one, None where none is better.

    stated, others  for each point the compound it stands in or beside, -1 for none: as stated, and read in each other frame
    For points without addresses. Homes lie in compounds, so the right frame puts most points into some; a wrong one does so by
    chance only. Counted are points that stand at a compound in one reading and not in the other, at most two a compound, so
    that one place with many cases does not decide. Wanted are half as many again and a log-likelihood ratio of 20 (against
    either reading being as good).
    """
    leads = {}
    for name, other in others.items():
        gained, lost = _only_in(other, stated), _only_in(stated, other)
        if gained >= HITS_TIMES * lost and _uneven(gained, lost) >= SURE:
            leads[name] = gained - lost
    return max(leads, key=lambda name: leads[name]) if leads else None


def _only_in(one: NDArray[Any], other: NDArray[Any]) -> int:
    """Points at a compound in one reading only, at most HITS_A_COMPOUND for each compound."""
    _, counts = np.unique(one[(one >= 0) & (other < 0)], return_counts=True)
    return int(np.minimum(counts, HITS_A_COMPOUND).sum())


def _uneven(gained: int, lost: int) -> float:
    """Log-likelihood ratio of the counts as they are to equal chances."""
    return sum(n * float(np.log(2 * n / (gained + lost))) for n in (gained, lost) if n)


def _anchors(*columns: ArrayLike) -> tuple[Floats, ...]:
    """The rows in which nothing is missing, the first of each place and of each point: a shared mistake counts once."""
    x, y, at_x, at_y = (np.asarray(column, dtype=float) for column in columns)
    kept = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & np.isfinite(at_x) & np.isfinite(at_y))
    for pair in ((at_x, at_y), (x, y)):
        _, first = np.unique(np.column_stack([pair[0][kept], pair[1][kept]]), axis=0, return_index=True)
        kept = kept[np.sort(first)]
    return x[kept], y[kept], at_x[kept], at_y[kept]


def _of_one_kind(x: Floats, y: Floats) -> tuple[NDArray[np.bool_], int]:
    """The rows in the unit (degrees or metres) of nearly all, and how many are metres where neither unit prevails (else 0)."""
    metres = (np.abs(x) > 360) | (np.abs(y) > 360)
    share = float(metres.mean()) if len(metres) else 0.0
    if KNOT_SHARE <= share <= 1 - KNOT_SHARE:
        return np.ones(len(metres), dtype=bool), int(metres.sum())
    return metres if share > 0.5 else ~metres, 0


def _hypotheses(x: Floats, y: Floats, at_x: Floats) -> tuple[str, ...]:
    """The frames that numbers like these, all degrees or all metres, can be in."""
    if not len(x) or abs(x[0]) <= 360:
        return FRAMES
    if ((x >= 25e6) & (x < 46e6)).all():
        return ("cgcs2000",)
    middle = 3 * round(float(np.median(at_x)) / 3)
    return tuple(f"cgcs2000:{zone}" for zone in (middle - 3, middle, middle + 3) if 75 <= zone <= 135)


def _residual(x: Floats, y: Floats, at_x: Floats, at_y: Floats) -> Floats:
    """Metres east and north from each place to its point, one row an anchor."""
    east, north = metres_a_degree(at_y)
    return np.nan_to_num(np.column_stack([(x - at_x) * east, (y - at_y) * north]), nan=FAR_M)


def log_likelihood(residual_m: Floats) -> float:
    """Return the log-likelihood of residuals (metres east, north; one row an anchor), over that of "none"."""
    squared = (residual_m**2).sum(axis=1)
    near = np.exp(-squared / (2 * SPREAD_M**2)) / (2 * np.pi * SPREAD_M**2)
    return float(np.log((1 - WRONG_SHARE) * near * ANYWHERE_M2 + WRONG_SHARE).sum())


def _finding(residuals: Mapping[str, Floats], anchors: int) -> Finding:
    likelihood = {name: log_likelihood(residual) for name, residual in residuals.items()} | {NONE: 0.0}
    best = max(likelihood, key=lambda name: likelihood[name])
    leads = {name: likelihood[best] - value for name, value in likelihood.items()}
    llr = min(lead for name, lead in leads.items() if name != best)
    medians = {name: _median(residual) for name, residual in residuals.items()} if anchors else {}
    mixed: dict[str, int] = {}
    if anchors < ENOUGH:
        why: Why = "few"
    elif len(residuals) > 1 and _alike(residuals):
        why = "alike"
    elif mixed := _second_frame(residuals, best):
        why = "mixed"
    elif best == NONE:
        why = "none" if llr >= SURE else "weak"
    elif llr < SURE:
        why = "weak"
    elif float(np.hypot(*np.median(residuals[best], axis=0))) > OFF_CENTRE_M:
        why = "off centre"
    else:
        zh, en = _decided(best, anchors, llr, medians)
        return Finding(best, "decided", best, anchors, llr, leads, medians, zh, en)
    return _undecided(why, anchors, leads, medians, best, llr, mixed)


def _median(residual: Floats) -> float:
    return round(float(np.median(np.hypot(residual[:, 0], residual[:, 1]))), 1)


def _alike(residuals: Mapping[str, Floats]) -> bool:
    """Whether every frame puts the points at the same places: in Hong Kong, Macau, Taiwan and abroad nothing is shifted."""
    first, *others = residuals.values()
    return all(float(np.median(np.hypot(*(first - other).T))) < ALIKE_M for other in others)


def _second_frame(residuals: Mapping[str, Floats], best: str) -> dict[str, int]:
    """Frames that hold a knot of anchors each, when there is more than the best one; else nothing.

    Scatter about the best frame looks the same in all directions. So the anchors within 200 m of where another frame would
    put them are compared with those as near to the spots at a right angle and opposite, as far off: a knot counts when it
    exceeds the fullest of those three threefold, and holds 5 anchors and 5 % of all.
    """
    if best == NONE:
        best = max(residuals, key=lambda name: log_likelihood(residuals[name]))
    home = residuals[best]
    found = {}
    for name, residual in residuals.items():
        offset = home - residual
        if name == best or not 2 * KNOT_M <= float(np.median(np.hypot(*offset.T))) < 5000:
            continue
        spots = [offset @ np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), turns) for turns in range(4)]
        knot, *elsewhere = (int((np.hypot(*(home - spot).T) < KNOT_M).sum()) for spot in spots)
        chance = max(elsewhere)
        if knot - chance >= max(KNOT_LEAST, KNOT_SHARE * len(home)) and knot >= KNOT_TIMES * (chance + 1):
            found[name] = knot
    return {best: int((np.hypot(*home.T) < KNOT_M).sum()), **found} if found else {}


def _units_mixed(anchors: int, metres: int) -> Finding:
    why: Why = "few" if anchors < ENOUGH else "mixed"
    return _undecided(why, anchors, {}, {}, NONE, 0.0, {"degrees": anchors - metres, "metres": metres})


def _decided(best: str, anchors: int, llr: float, medians: Mapping[str, float]) -> tuple[str, str]:
    metres = _each(medians)
    return (
        f"判定为 {best}：{anchors} 个锚点，对数似然比 {llr:.0f}；与所指小区的中位距离（米）{metres}",
        f"decided as {best}: {anchors} anchors, log-likelihood ratio {llr:.0f}; median metres to the places named: {metres}",
    )


def _undecided(
    why: Why,
    anchors: int,
    leads: Mapping[str, float],
    medians: Mapping[str, float],
    best: str,
    llr: float,
    mixed: Mapping[str, int],
) -> Finding:
    metres = _each(medians)
    zh, en = {
        "few": (
            f"锚点只有 {anchors} 个，判定坐标系至少需要 {ENOUGH} 个",
            f"{anchors} anchors (rows whose address alone names a known place); wanted {ENOUGH} or more",
        ),
        "alike": (
            f"此地各坐标系重合，{anchors} 个锚点无从区分",
            f"the frames coincide here, so {anchors} anchors cannot tell them apart",
        ),
        "mixed": (
            f"坐标系混杂：{anchors} 个锚点中各坐标系分别为 {_each(mixed)}",
            f"frames are mixed: of {anchors} anchors these fit each frame: {_each(mixed)}",
        ),
        "none": (
            f"{anchors} 个锚点不符合任何已知坐标系；中位距离（米）{metres}",
            f"no known frame fits {anchors} anchors; median metres to the places named: {metres}",
        ),
        "off centre": (
            f"{anchors} 个锚点在 {best} 下整体偏移，不是已知的坐标系；中位距离（米）{metres}",
            f"{anchors} anchors all lie off to one side even under {best}: not a known frame; median metres {metres}",
        ),
        "weak": (
            f"{anchors} 个锚点的对数似然比为 {llr:.1f}，判定至少需要 {SURE:.0f}；中位距离（米）{metres}",
            f"log-likelihood ratio {llr:.1f} on {anchors} anchors, wanted {SURE:.0f} or more; median metres {metres}",
        ),
    }[why]
    return Finding(None, why, best, anchors, llr, leads, medians, zh, en, mixed)


def _each(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:,.0f}" for name, value in values.items())
