"""Match addresses to the compounds of a gazetteer, and say when not to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from geo.address_candidates import Finder
from geo.address_evidence import Found, How, weigh
from geo.address_judge import Case, Judge, RuleTable, barred
from geo.address_reading import FRAME, Hit
from geo.address_reasons import reasons
from geo.gazetteer import Form, Gazetteer

Status = Literal["accepted", "review", "unmatched"]

_REVIEW_FROM = 0.05  # below this a candidate is not worth a reviewer's time
_BATCH = 4096
_MOST_ALTERNATIVES = 5


@dataclass(frozen=True)
class AddressAnswer:
    """What an address means: a position in the gazetteer (-1: none), how sure that is, what else it may be, and why.

    `barred`: why it may never be accepted on its own, as in geo.address_judge.barred; '' when it may.
    `exact`: the whole name or door is written, unmistakably, and a second fact agrees; such an address outweighs a point.
    """

    status: Status
    position: int
    probability: float
    alternatives: tuple[tuple[int, float], ...]
    reason_zh: str
    reason_en: str
    exact: bool = False
    barred: str = ""


_NOTHING = AddressAnswer(
    "unmatched",
    -1,
    0.0,
    (),
    "地址中没有找到名录里的小区名或门牌号",
    "no compound name or door of the gazetteer was found in the address",
)
EMPTY = AddressAnswer("unmatched", -1, 0.0, (), "没有地址", "there is no address")


class AddressMatcher:
    """Matches many addresses against one gazetteer."""

    def __init__(self, gazetteer: Gazetteer, judge: Judge | None = None) -> None:
        self.gazetteer = gazetteer
        self.finder = Finder(gazetteer)
        self.judge: Judge = judge or RuleTable(gazetteer)

    def match(
        self,
        addresses: Sequence[str],
        districts: Sequence[str | None] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[AddressAnswer]:
        """Return one answer an address, in order; equal addresses in equal districts are matched once.

        `districts` are those stated beside the addresses; `progress` is told (done, all) after each batch.
        """
        stated = districts if districts is not None else [None] * len(addresses)
        asked = [(text or "", district or None) for text, district in zip(addresses, stated, strict=True)]
        distinct = list(dict.fromkeys(asked))
        answers: dict[tuple[str, str | None], AddressAnswer] = {}
        for start in range(0, len(distinct), _BATCH):
            batch = distinct[start : start + _BATCH]
            answers.update(zip(batch, self._answers(batch), strict=True))
            if progress:
                progress(len(answers), len(distinct))
        return [answers[key] for key in asked]

    def stance(self, address: str, district: str | None, position: int) -> tuple[bool, bool]:
        """Say what an address holds about one compound: (it names more than a district, it contradicts that compound)."""
        reading = self.finder.reader.read(address, district)
        end = len(reading.text)
        about = weigh(self.gazetteer, reading, Found(position, Hit(end, end, ""), "", Form.NAME, How.DOOR))
        says = any(reading.explained[i] != FRAME for i in range(reading.body, end))
        listed_roads = self.gazetteer.compounds[position].roads
        other_road = about.road < 0 or (about.road == 0 and reading.other_road and bool(listed_roads))
        return says, other_road or about.door < 0 or about.district < 0 or bool(reading.other_city)

    def _answers(self, batch: list[tuple[str, str | None]]) -> Iterator[AddressAnswer]:
        cases = [self._case(text, district) for text, district in batch]
        judged = iter(self.judge.probabilities([case for case in cases if case]))
        for (text, _), case in zip(batch, cases, strict=True):
            if case is None:
                yield _NOTHING if text.strip() else EMPTY
            else:
                yield self._answer(case, next(judged))

    def _case(self, text: str, district: str | None) -> Case | None:
        reading = self.finder.reader.read(text, district)
        ranked = self.finder.candidates(reading)
        return Case(reading, ranked) if ranked else None

    def _answer(self, case: Case, probability: float) -> AddressAnswer:
        bar = barred(case, self.gazetteer)
        accepted = not bar and probability >= self.judge.threshold
        if bar:
            probability = min(probability, 0.9)
        status: Status = "accepted" if accepted else "review" if probability >= _REVIEW_FROM else "unmatched"
        zh, en = reasons(self.gazetteer, case, status, bar)
        shares, position = _alternatives(case, probability), case.best.found.position
        return AddressAnswer(status, position, probability, shares, zh, en, _exact(case), bar)


def _exact(case: Case) -> bool:
    best = case.best
    if best.found.how is How.DOOR:
        return best.left_clean and best.right_clean and best.district >= 0 and case.margin > 0.5
    whole = best.found.how is How.NAME and best.found.kind <= Form.ALIAS and best.left_clean and best.right_clean
    second = best.door > 0 or best.piece or (best.district > 0 and (best.road > 0 or best.area > 0))
    return whole and second and not best.other_phase and best.district >= 0 and case.margin > 0.5


def _alternatives(case: Case, probability: float) -> tuple[tuple[int, float], ...]:
    """Return at most five candidates; the best bears the probability, the others share what it leaves, by rank score."""
    top = case.ranked[:_MOST_ALTERNATIVES]
    behind = [2.0 ** (4 * (e.score - case.best.score)) for e in top[1:]]
    rest = (1 - probability) / (1 + sum(behind))
    shares = [min(probability, share * rest) for share in behind]
    return tuple((e.found.position, round(s, 4)) for e, s in zip(top, [probability, *shares], strict=True))
