"""Which waiting match to decide first: the one whose answer could change most about a compound."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from layers._times import day_number
from layers._view import View
from layers.decisions._inputs import as_date
from layers.decisions._life_terms import HOLDING
from layers.decisions._lockdown_facts import FEEDS
from layers.decisions._proposal import Words
from layers.decisions._silence import Silence, hear
from layers.decisions.rules import RuleSet, find, in_force
from layers.store import Store

# Points by what one more person would change about a compound; our own, stated in docs/WORDS.md. They order a list, no more.
RELEASE, SEAL, SCOPE, MORE, OPEN, OLD = 100.0, 80.0, 50.0, 10.0, 5.0, 2.0
A_TWIN, MOST_TWINS = 2.0, 20  # for each further person whom the same decision places
VAGUE = 0.1  # of the points, where the address names a street or less: nobody can tell the compound from it
NEW = 10.0  # for a status of the last covered day, less with each day of the window
CASES = ("confirmed", "clinical")
TO_BE_RELEASED = ("contact", "fever")


def last_day(store: Store, view: View) -> int:
    """Return the last covered day at a view, as the lockdown plan counts it."""
    return Silence(hear(store, view, FEEDS), view, FEEDS).last_day("cases")


@dataclass(frozen=True)
class _Person:
    """What a person would add to a compound: kind signal | open | old, and the day of the status."""

    kind: str
    day: int


NOBODY = _Person("old", 0)  # somebody of whom no status is known


class _Waiting(NamedTuple):
    key: str
    alternatives: list[dict[str, Any]] | None
    since: Any
    telling: bool


STATE = ("action", "signal", "scope", "hit_buildings", "life")
ORDER = {"signal": 0, "open": 1, "old": 2}


def urgency(
    waiting: pd.DataFrame,
    steps: pd.DataFrame,
    compounds: pd.DataFrame,
    last_day: int,
    rules: Iterable[RuleSet] | None = None,
) -> pd.DataFrame:
    """Return one row for each decision that waits, the most urgent first: group, key, keys, persons, score, why.

    waiting    key, group (equal for persons whom one decision may place), alternatives ({compound_id, name, score}), since,
               telling (whether the address names a compound or a door)
    steps      key, value, happened_at: the dated statuses of these persons
    compounds  code, action, scope, signal, hit_buildings and, where it is told, life: the state of the lockdown plan
    last_day   number of the last covered day
    The score is the sum over candidates of probability times the points of what would change, and more for identical addresses
    and a recent status. `why` holds sentences in both languages; `key` is the person of the group with the newest status.
    """
    day, known = as_date(last_day), None if rules is None else tuple(rules)
    window = int(in_force("contact-observation", day, known).params["days"])
    most = int(in_force("seal-scope", day, known).params["max_buildings"])
    release = find("no-epidemic", day, known)
    counted = {*CASES, *(["asymptomatic"] if release and "asymptomatic" in release.params["zero_new"] else [])}
    persons = _persons(steps, counted, last_day - window)
    state = compounds.drop_duplicates("code").set_index("code").reindex(columns=[*STATE]).to_dict("index")
    weigh = _Scale(persons, state, last_day, window, most)
    groups: defaultdict[str, list[_Waiting]] = defaultdict(
        list
    )  # plain lists: a frame a group would take five times as long
    for one in zip(
        *(waiting[name].tolist() for name in ("group", "key", "alternatives", "since", "telling")), strict=True
    ):
        groups[one[0]].append(_Waiting(*one[1:]))
    rows = [weigh.row(group, some) for group, some in groups.items()]
    columns = ["group", "key", "keys", "persons", "score", "since", "why"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["score", "since", "key"], ascending=[False, True, True], kind="stable", ignore_index=True)


def _persons(steps: pd.DataFrame, counted: set[str], since: int) -> dict[str, _Person]:
    """Key -> what the person adds: a case is dated by the first day it counted, as in the plan."""
    known: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    ordered = steps.sort_values("happened_at", kind="stable")
    cells = (ordered["key"].tolist(), ordered["value"].tolist(), ordered["happened_at"].tolist())
    for key, value, moment in zip(*cells, strict=True):
        known[key].append((value, day_number(moment)))
    found = {}
    for key, dated in known.items():
        values, days = [value for value, _ in dated], [day for _, day in dated]
        first = [at for at, value in enumerate(values) if value in counted]
        if first and days[first[0]] > since:
            found[key] = _Person("signal", days[first[0]])
        elif values[-1] == "suspected":
            found[key] = _Person("signal", days[-1])
        else:
            found[key] = _Person("open" if values[-1] in TO_BE_RELEASED else "old", days[-1])
    return found


@dataclass(frozen=True)
class _Scale:
    """What a group of persons is weighed against."""

    persons: Mapping[str, _Person]
    state: Mapping[Any, Mapping[Any, Any]]
    last_day: int
    window: int
    most: int

    def row(self, group: str, waiting: list[_Waiting]) -> tuple[object, ...]:
        """Return one row of `urgency`."""
        ranked = sorted(waiting, key=self._rank)
        first, keys = self.persons.get(ranked[0].key, NOBODY), tuple(one.key for one in ranked)
        choices = ranked[0].alternatives or []
        effects = [
            (float(one["score"]), one["name"], *_effect(first, self.state.get(one["compound_id"]), self.most))
            for one in choices
        ]
        twins = min(len(keys) - 1, MOST_TWINS) * A_TWIN
        change = sum(p * points for p, _, points, _ in effects) * (1 if ranked[0].telling else VAGUE)
        score = round(change + twins + self._fresh(first), 2)
        since = min(one.since for one in ranked)
        return group, keys[0], keys, len(keys), score, since, _why(effects, len(keys), ranked[0].telling)

    def _rank(self, waiting: _Waiting) -> tuple[int, int, str]:
        person = self.persons.get(waiting.key, NOBODY)
        return ORDER[person.kind], -person.day, waiting.key

    def _fresh(self, person: _Person) -> float:
        age = max(0, self.last_day - person.day)
        return 0.0 if person.kind == "old" else NEW * max(0, self.window - age) / self.window


def _effect(person: _Person, compound: Mapping[Any, Any] | None, most: int) -> tuple[float, Words]:
    """Points and words of what one more such person would change about a compound."""
    if compound is None:
        return OLD, Words("该小区不在方案中", "it is in no plan")
    releasable = compound["action"] == "candidate" or compound.get("life") in HOLDING
    signal = compound["signal"] > 0
    if person.kind == "old":
        return OLD, Words("只改变累计数", "only the total changes")
    if releasable:
        if compound.get("life") in HOLDING:
            return RELEASE, Words(
                "该小区是无疫情小区，将被取消或暂停", "it is a no-epidemic compound and would lose or suspend that"
            )
        return RELEASE, Words("该小区是可解除候选，将不再符合", "it is a candidate for release and would no longer be")
    if person.kind == "open":
        return OPEN, Words("四类人员清零将受影响", "its count of the four categories rises")
    if not signal:
        return SEAL, Words("该小区14天内无病例，将由维持转为封控", "it had no case in 14 days and would be sealed")
    if compound["scope"] == "building" and compound["hit_buildings"] >= most:
        return SCOPE, Words("再多一栋即由封控楼栋转为封控小区", "one more building and the whole compound is sealed")
    return MORE, Words("该小区已有病例，只增加人数", "it has cases already; its count rises")


def _why(effects: list[tuple[float, str, float, Words]], persons: int, telling: bool) -> tuple[Words, ...]:
    found = []
    if effects:
        _, name, _, words = max(effects, key=lambda effect: effect[0] * effect[2])
        found.append(Words(f"若属{name}：{words.zh}", f"If {name}: {words.en}"))
    if not telling:
        found.insert(0, Words("地址只写到街道或更粗", "the address names a street or less"))
    if persons > 1:
        found.append(Words(f"同址{persons}人待核，一次可定", f"{persons} persons wait with this address; one decision"))
    return tuple(found)
