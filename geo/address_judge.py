"""Decide whether the best compound for an address is sure enough, by rules in the open."""

import re
from dataclasses import dataclass
from typing import Protocol

from geo.address_evidence import Evidence, How
from geo.address_reading import Reading
from geo.gazetteer import Form, Gazetteer

_GENERIC = re.compile(r"(?:住宅)?小区|社区|花园|花苑|公寓|家园|宿舍|大厦|新村|[苑园]$")


@dataclass(frozen=True)
class Case:
    """One address to be judged: its reading and its candidates, best first, at least one."""

    reading: Reading
    ranked: list[Evidence]

    @property
    def best(self) -> Evidence:
        return self.ranked[0]

    @property
    def margin(self) -> float:
        """How far the runner-up is behind; 3 when there is none."""
        return min(3.0, self.best.score - self.ranked[1].score) if len(self.ranked) > 1 else 3.0


class Judge(Protocol):
    """Gives every case the probability that its best candidate is right, and the one from which to accept."""

    @property
    def threshold(self) -> float: ...

    def probabilities(self, cases: list[Case]) -> list[float]: ...


# A namesake must be behind by one agreement at least (a road counts 0.6, an area 0.3); rows that may be one place listed
# twice by two, because the same facts are often written in both.
NAMESAKE_LEAD, ONE_PLACE_LEAD = 0.25, 0.55
LONGER = 2  # so many unknown characters make another name; one may be a slip of the pen
SHORT = 5  # a misspelt name of fewer characters says nothing when it stands alone

# Each row: probability when the rule holds. The order is the order of certainty; the first that holds counts.
TABLE: dict[str, float] = {
    "name_and_door": 0.999,
    "name_and_district_and_place": 0.998,
    "whole_name_and_place": 0.997,
    "whole_name_and_district": 0.996,
    "door_alone": 0.996,
    "unique_name_alone": 0.995,
    "name_with_conflict": 0.90,
    "misspelt_name_and_place": 0.985,
    "misspelt_name": 0.80,
    "part_of_a_name": 0.50,
    "nothing_sure": 0.30,
}


# Situations so plain that a fitted judge has nothing to add.
SURE = frozenset({"name_and_door", "name_and_district_and_place", "whole_name_and_place", "whole_name_and_district"})


class RuleTable:
    """The plain judge: a table of situations. It needs no fit, so it serves gazetteers of any size."""

    threshold = 0.995

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def probabilities(self, cases: list[Case]) -> list[float]:
        return [TABLE[self.situation(case)] for case in cases]

    def situation(self, case: Case) -> str:
        """Return the row of TABLE that fits a case."""
        best = case.best
        agreements = (best.road > 0) + (best.door > 0) + (best.area > 0) + 2 * best.piece
        conflict = best.district < 0 or best.other_phase
        clean = best.left_clean and best.right_clean and best.left_free + best.right_free == 0
        if best.found.how is How.DOOR:
            alone = clean and not conflict and not case.reading.other_road and best.area >= 0
            return "door_alone" if alone and case.margin > 0.5 else "nothing_sure"
        if best.is_place or best.in_tail or best.found.kind is Form.FAMILY or case.margin < 0.3:
            return "part_of_a_name"
        if best.found.how is not How.NAME:
            return "misspelt_name_and_place" if clean and agreements and best.district > 0 else "misspelt_name"
        if conflict or best.road < 0 or not clean:
            return "name_with_conflict"
        if best.door > 0 or best.piece:
            return "name_and_door"
        if best.district > 0 and agreements:
            return "name_and_district_and_place"
        whole = best.found.kind is not Form.CORE
        if whole and agreements:
            return "whole_name_and_place"
        if whole and best.district > 0:
            return "whole_name_and_district"
        telling = special_length(best.found.form) >= 3 and best.area == 0
        return "unique_name_alone" if whole and best.namesakes == 1 and telling else "name_with_conflict"


# What an address says against a compound, rather than leaves open: no point may overrule it.
SPOKEN_AGAINST = frozenset({"other_city", "phase", "sibling"})


def barred(case: Case, gazetteer: Gazetteer) -> str:
    """Return why a case may never be accepted whatever its probability, or '' when it may.

    other_city   the address names another city
    phase        it names a phase or block that the compound does not have
    family       it names no phase where only siblings are known
    twins        two rows with one name, close together or with nothing to tell them apart
    bare         nothing but a name that others bear too, that is misspelt, or beside which unknown characters or an area
                 of somewhere else stand
    longer       two unknown characters or more touch the front of the name, and no road or door agrees: 朗悦|公园道1号
    unexplained  a door agrees, yet words stand there that nothing explains
    number       a longer name ends in the middle of a number: 华府K1|36栋 or 华府|K136栋
    letter       a character of the name is another one that neither sounds nor looks like it: as often another compound as an
                 error
    sibling      the name differs in a character that tells siblings apart: 上荷居 and 赏荷居, 一村 and 二村
    half         as much of what is special about a name is misspelt as is left of it: 津发小区 need not be 建发小区
    two          the whole name of another compound stands elsewhere in the address
    spelling     another compound is written exactly so, only its place does not fit
    """
    return _barred_by_text(case) or _barred_by_rivals(case, gazetteer)


def _barred_by_text(case: Case) -> str:
    best, how = case.best, case.best.found.how
    if case.reading.other_city:
        return "other_city"
    if best.other_phase and how is not How.DOOR:
        return "phase"
    if best.found.kind is Form.FAMILY:
        return "family"
    by_door = how is How.DOOR or best.found.form.endswith("号")
    if by_door and best.door > 0 and best.left_free + best.right_free >= 2:
        return "unexplained"
    misspelt = how is not How.NAME and best.length < SHORT
    beside = best.left_run + best.right_run > 0 or best.area < 0
    if _bare(best) and (best.namesakes > 1 or misspelt or beside):
        return "bare"
    if best.left_run >= LONGER and best.road <= 0 and not best.piece:
        return "longer"
    hit = best.found.hit
    if hit in case.reading.cut or any(cut.start <= hit.start and cut.end > hit.end for cut in case.reading.cut):
        return "number"
    if best.found.sibling:
        return "sibling"
    if how is not How.NAME and how is not How.DOOR and best.road <= 0 and best.door <= 0 and _half_misspelt(best):
        return "half"
    heard = how is How.NEAR and best.found.strange_edits >= 1 and _replaces(best)
    return "letter" if heard and best.door <= 0 and not best.piece else ""


def _barred_by_rivals(case: Case, gazetteer: Gazetteer) -> str:
    best = case.best
    for other in case.ranked[1:6]:
        one_place = gazetteer.may_be_one_place(best.found.position, other.found.position)
        if _same_name(best, other) and best.score - other.score < (ONE_PLACE_LEAD if one_place else NAMESAKE_LEAD):
            return "twins"
        if _stands_apart(best, other):
            return "two"
        written_so = other.found.how is How.NAME and other.found.kind <= Form.ALIAS and not other.is_place
        if best.found.how in (How.SOUND, How.NEAR) and written_so and other.length >= best.length - 1:
            return "spelling"
    return ""


def _same_name(a: Evidence, b: Evidence) -> bool:
    return (a.found.form, a.found.kind, a.found.how) == (b.found.form, b.found.kind, b.found.how)


def special_length(form: str) -> int:
    """Return how many characters of a name are its own: 小区, 花园 and other general words do not count."""
    return len(_GENERIC.sub("", form))


def _half_misspelt(best: Evidence) -> bool:
    """Homophones of one character are told apart by nobody who writes; two of them, or one other, are half of two."""
    written, form = best.found.hit.text, best.found.form
    if len(written) != len(form) or sorted(written) == sorted(form):
        return False  # two characters that changed places are one slip
    replaced = sum(a != b for a, b in zip(written, form, strict=True))
    return 2 * replaced >= special_length(form) and (replaced > 1 or best.found.sound_edits > 0)


def _replaces(best: Evidence) -> bool:
    written, form = best.found.hit.text, best.found.form
    return len(written) == len(form) and sorted(written) != sorted(form)


def _bare(best: Evidence) -> bool:
    places = (best.district > 0, best.road > 0, best.door > 0, best.area > 0, best.piece)
    return not any(places) and best.found.how is not How.DOOR


def _stands_apart(best: Evidence, other: Evidence) -> bool:
    whole = other.found.how is How.NAME and other.found.kind <= Form.ALIAS and other.length >= 3
    clean = other.left_clean and other.right_clean and not other.is_place and not other.in_tail
    apart = other.found.hit.end <= best.found.hit.start or other.found.hit.start >= best.found.hit.end
    return whole and clean and apart
