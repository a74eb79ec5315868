"""Join what an address says with where a point lies: one verdict a case."""

from dataclasses import dataclass
from typing import Literal

from geo.address_judge import SPOKEN_AGAINST
from geo.address_match import AddressAnswer, Status
from geo.geocode_model import DISC_M, shares_with_point

Method = Literal["inside", "nearest", "address", "both", "none"]
PointState = Literal["none", "imputed", "coarse", "away", "near", "inside"]

BAD_GEOCODE_M = 1000.0  # from here a point contradicts the compound its address names
LIKELY = 0.5  # from here a doubtful address still speaks for a place
# A point alone, measured on 419 geocodes of one provider against the polygons that bear their address: 95 % of those inside a
# polygon lie in their own; of those outside, 85 % have their own nearest at 0 m, half of them at 100 m.
P_INSIDE = 0.95
# Measured again on 90 such geocodes: the nearest was right for 31 of 43 up to 25 m and for 11 of 31 beyond 50 m, in a gazetteer
# that lacks most compounds. Beyond this a point alone does not seal anybody in.
NEAREST_SURE_M = 25.0
SURE_TOGETHER = 0.95  # address and point together are as sure as a point inside a compound alone
CONFLICT = 0.5  # two witnesses name two places, or one rough one names one: nobody knows, a person chooses
DOUBTFUL_POINT = 0.6  # a point that several compounds, or none for certain, may own
_MOST = 5


@dataclass(frozen=True)
class PointAnswer:
    """Where a point lies. `away`: no compound within reach; `imputed`: the coordinate is not a place of its own.

    `coarse`: the coordinate is too rough to stand in one compound; how rough is `precision_m`, 0 for a fine one. What it
    would stand in or beside is then the `runner_up`.
    """

    state: PointState
    position: int = -1
    distance_m: float = float("nan")
    ambiguous: bool = False
    runner_up: int = -1
    imputed_by: str = ""  # "shared" or "centre"
    precision_m: float = 0.0


@dataclass(frozen=True)
class Clue:
    """Everything known about one case. `reach` maps the compounds in question to metres from the point."""

    address: AddressAnswer
    point: PointAnswer
    reach: dict[int, float]
    address_says: bool  # the address names more than a district
    contradicts: bool  # it says that the point's compound cannot be meant
    within_m: float
    frame_sure: float = 1.0  # how sure it is that the points lie in the frame they were read in
    discs: frozenset[int] = frozenset()  # those of the compounds in question that are known only as a point

    def together(self, frame_sure: float = 1.0) -> dict[int, float]:
        """The share of each compound that the address may mean, with the point known.

        Decisions take the frame as sure, so that they do not change when it is confirmed later; what is reported does not.
        """
        beyond = {p: max(0.0, metres - DISC_M * (p in self.discs)) for p, metres in self.reach.items()}
        return shares_with_point(dict(self.address.alternatives), beyond, self.point.precision_m, frame_sure)


@dataclass(frozen=True)
class Verdict:
    """The answer for one case, before ids are put in."""

    status: Status
    position: int
    method: Method
    probability: float
    alternatives: tuple[tuple[int, float], ...]
    reason_zh: str
    reason_en: str


def join(clue: Clue) -> Verdict:
    """Return the verdict: a sure address first, then address and point together, then the point, then the address."""
    if clue.point.state not in ("near", "inside", "away", "coarse"):
        return _address_only(clue)
    if clue.address.status == "accepted":
        return _sure_address(clue)
    if _speaks_against(clue):
        return _spoken_against(clue)
    return _point_decides_among(clue) or _point_alone(clue)


def _speaks_against(clue: Clue) -> bool:
    """Whether the address holds something against the compound at the point that no point may overrule."""
    answer, point = clue.address, clue.point
    if answer.barred not in SPOKEN_AGAINST or point.position < 0:
        return False
    related = point.position in {p for p, _ in answer.alternatives}
    return answer.barred == "other_city" or related or answer.probability >= LIKELY


def _spoken_against(clue: Clue) -> Verdict:
    """Show what the address nearly names and where the point lies: the one speaks against the other, or against both."""
    answer, point = clue.address, clue.point
    scores = _first(answer.position, CONFLICT, answer, point.position if point.position != answer.position else -1)
    return _verdict("review", answer.position, "address", CONFLICT, scores, _said(answer), _NO_POINT)


def _address_only(clue: Clue) -> Verdict:
    answer = clue.address
    note = {"shared": _SHARED, "centre": _CENTRE}.get(clue.point.imputed_by, ("", ""))
    method: Method = "none" if answer.status == "unmatched" else "address"
    return _verdict(
        answer.status, answer.position, method, answer.probability, answer.alternatives, _said(answer), note
    )


def _sure_address(clue: Clue) -> Verdict:
    """Accept a sure address, unless a good point speaks for another place and the address is not written in full."""
    answer, point = clue.address, clue.point
    metres = clue.reach.get(answer.position, float("nan"))
    if point.position == answer.position or metres <= clue.within_m + point.precision_m:
        probability = max(answer.probability, clue.together(clue.frame_sure).get(answer.position, 0.0))
        scores = _first(answer.position, probability, answer)
        return _verdict("accepted", answer.position, "both", probability, scores, _said(answer), _agrees(metres))
    elsewhere = point.state == "inside" or metres > BAD_GEOCODE_M + point.precision_m
    if answer.exact or not elsewhere or metres != metres:
        note = _bad_geocode(metres) if answer.exact and elsewhere and metres == metres else _beside(metres)
        return _verdict(
            "accepted", answer.position, "address", answer.probability, answer.alternatives, _said(answer), note
        )
    if point.position < 0:
        probability = min(answer.probability, clue.together().get(answer.position, 0.0))
        scores = _first(answer.position, probability, answer)
        return _verdict("review", answer.position, "address", probability, scores, _said(answer), _unsupported(metres))
    return _conflict(clue, answer.position)


def _point_decides_among(clue: Clue) -> Verdict | None:
    """Accept the candidate of a doubtful address that the point makes sure: see geo.geocode_model."""
    answer, point = clue.address, clue.point
    if answer.probability < LIKELY or point.ambiguous or clue.contradicts:
        return None
    together = clue.together()
    chosen = max(together, key=lambda p: together[p])
    metres = clue.reach.get(chosen, float("inf"))
    if point.position not in (chosen, -1) or metres > clue.within_m or together[chosen] < SURE_TOGETHER:
        return None
    probability = round(clue.together(clue.frame_sure)[chosen], 4)
    scores = _first(chosen, probability, answer)
    return _verdict("accepted", chosen, "both", probability, scores, _said(answer), _decides(metres))


def _point_alone(clue: Clue) -> Verdict:
    answer, point = clue.address, clue.point
    if point.state == "coarse" and point.runner_up >= 0 and answer.position < 0:
        scores = _first(point.runner_up, CONFLICT, answer)
        return _verdict("review", point.runner_up, "nearest", CONFLICT, scores, _rough(point.precision_m))
    if point.position < 0:
        note = _rough(point.precision_m) if point.state == "coarse" else _NOTHING_NEAR
        method: Method = "none" if answer.status == "unmatched" else "address"
        return _verdict(
            answer.status, answer.position, method, answer.probability, answer.alternatives, _said(answer), note
        )
    elsewhere = answer.probability >= LIKELY and answer.position != point.position
    if (elsewhere and clue.reach.get(answer.position, float("inf")) > clue.within_m) or clue.contradicts:
        return _conflict(clue, point.position)
    inside = point.state == "inside"
    probability = clue.frame_sure * (P_INSIDE if inside else max(0.5, 0.85 - 0.0035 * point.distance_m))
    method = "inside" if inside else "nearest"
    said = _lies(point)
    doubt = _TIE if point.ambiguous else ("", "")
    if not inside and not point.ambiguous:
        doubt = _UNSUPPORTED if clue.address_says else _TOO_FAR if point.distance_m > NEAREST_SURE_M else ("", "")
    if doubt[0]:
        scores = _first(point.position, DOUBTFUL_POINT, answer, point.runner_up)
        return _verdict("review", point.position, method, DOUBTFUL_POINT, scores, said, doubt)
    return _verdict("accepted", point.position, method, probability, _first(point.position, probability, answer), said)


def _conflict(clue: Clue, first: int) -> Verdict:
    answer, point = clue.address, clue.point
    second = point.position if first == answer.position else answer.position
    scores = _first(first, CONFLICT, answer, second)
    method: Method = "address" if first == answer.position else ("inside" if point.state == "inside" else "nearest")
    metres = clue.reach.get(answer.position, float("nan"))
    far = f"{metres:,.0f}" if metres == metres else "?"
    note = (
        f"但点落在另一小区,距地址所指小区{far}米,须人工选择",
        f"but the point lies in another compound, {far} m from the one the address means; a person must choose",
    )
    return _verdict("review", first, method, CONFLICT, scores, _said(answer), note)


def _first(chosen: int, probability: float, answer: AddressAnswer, second: int = -1) -> tuple[tuple[int, float], ...]:
    """Return alternatives led by `chosen`, then `second`, then those of the address, shares kept under the first."""
    others = dict(answer.alternatives)
    if second >= 0:
        others = {second: max(others.get(second, 0.0), (1 - probability) * 0.8), **others}
    others.pop(chosen, None)
    ranked = sorted(others.items(), key=lambda item: -item[1])
    limit = min(probability, 1 - probability)
    return ((chosen, round(probability, 4)), *((p, round(min(s, limit), 4)) for p, s in ranked))[:_MOST]


_SHARED = ("坐标被许多地址共用,不作为位置", "the coordinate is shared by many addresses and is not used as a place")
_CENTRE = ("坐标是行政区中心点,不作为位置", "the coordinate is a district's centre and is not used as a place")
_NO_POINT = ("点位不能代替地址所写", "no point overrules what the address says")
_NOTHING_NEAR = ("点附近没有小区", "no compound lies near the point")
_TIE = ("几个小区同样合适,须人工选择", "several compounds fit as well; a person must choose")
_TOO_FAR = ("仅凭点位,距离过远,不足以认定", "too far to be taken on the point alone")
_UNSUPPORTED = ("地址未能印证该小区", "the address does not support this compound")


def _said(answer: AddressAnswer) -> tuple[str, str]:
    return answer.reason_zh, answer.reason_en


def _agrees(metres: float) -> tuple[str, str]:
    if metres <= 0:
        return "点在该小区内", "the point lies inside it"
    return f"点距该小区{metres:,.0f}米", f"the point lies {metres:,.0f} m from it"


def _decides(metres: float) -> tuple[str, str]:
    zh, en = _agrees(metres)
    return f"由点判定:{zh}", f"the point decides: {en}"


def _beside(metres: float) -> tuple[str, str]:
    return _agrees(metres) if metres == metres else ("", "")


def _bad_geocode(metres: float) -> tuple[str, str]:
    return (
        f"给出的点距该小区{metres:,.0f}米,应为错误的地理编码",
        f"the given point is {metres:,.0f} m away and taken for a bad geocode",
    )


def _unsupported(metres: float) -> tuple[str, str]:
    return (
        f"给出的点距该小区{metres:,.0f}米,而地址没有路名或门牌佐证,须人工确认哪一个写错了",
        f"the given point is {metres:,.0f} m away and no road or door supports the address; a person must say which is wrong",
    )


def _rough(precision_m: float) -> tuple[str, str]:
    return (
        f"坐标只精确到约{precision_m:,.0f}米,不足以认定小区",
        f"the coordinate is good to {precision_m:,.0f} m only, too rough to stand in one compound",
    )


def _lies(point: PointAnswer) -> tuple[str, str]:
    if point.state == "inside":
        return "点在小区范围内", "the point lies inside the compound"
    return (
        f"最近的小区距点{point.distance_m:,.0f}米",
        f"the nearest compound is {point.distance_m:,.0f} m from the point",
    )


def _verdict(
    status: Status,
    position: int,
    method: Method,
    probability: float,
    alternatives: tuple[tuple[int, float], ...],
    *said: tuple[str, str],
) -> Verdict:
    zh = ";".join(z for z, _ in said if z)
    en = "; ".join(e for _, e in said if e)
    return Verdict(status, position, method, round(probability, 4), alternatives[:_MOST], zh, en)
