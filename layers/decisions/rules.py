"""Dated rules: which thresholds were in force on a day, where they come from, and whether anybody checked."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from layers._errors import RuleError
from layers._times import SHANGHAI
from layers.decisions._proposal import Words

RULES_FILE = Path(__file__).with_name("rules.toml")
WANTED = ("topic", "name", "valid_from", "source", "verified", "zh", "en", "params")


@dataclass(frozen=True)
class RuleSet:
    """One edition of one topic.

    valid_from, valid_to  first and last day in force, both inclusive; None: still in force
    verified   False: from memory, derived or our own assumption; a proposal that rests on it says so
    applies_to  prefix of the district codes it was written for, "" everywhere
    """

    topic: str
    name: str
    valid_from: date
    valid_to: date | None
    source: str
    verified: bool
    applies_to: str
    title: Words
    params: Mapping[str, Any]

    @cached_property
    def id(self) -> str:
        """Name and first day, for example "closure/notice-12@2020-02-10"."""
        return f"{self.topic}/{self.name}@{self.valid_from.isoformat()}"

    def holds_on(self, day: date) -> bool:
        """Return whether the rule was in force on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def caveat(self) -> Words | None:
        """Return the sentence that a proposal resting on an unverified rule must carry; None for a verified one."""
        if self.verified:
            return None
        return Words(
            f"规则“{self.title.zh}”未经核实（{self.id}），仅供参考。",
            f'The rule "{self.title.en}" is not verified ({self.id}); take it as indicative.',
        )


def in_force(topic: str, day: date, rules: Iterable[RuleSet] | None = None) -> RuleSet:
    """Return the edition of `topic` in force on `day` (an aware time counts as its Shanghai day); RuleError when none is."""
    wanted = day.astimezone(SHANGHAI).date() if isinstance(day, datetime) else day
    editions = [rule for rule in (all_rules() if rules is None else rules) if rule.topic == topic]
    for rule in editions:
        if rule.holds_on(wanted):
            return rule
    known = "; ".join(f"{r.valid_from} to {r.valid_to or 'now'}" for r in editions) or "no edition at all"
    raise RuleError(f"no rule on {topic!r} is in force on {wanted}; known: {known}. Add one to {RULES_FILE.name}")


def find(topic: str, day: date, rules: Iterable[RuleSet] | None = None) -> RuleSet | None:
    """Return the edition of `topic` in force on `day`, None before its first and after its last day."""
    try:
        return in_force(topic, day, rules)
    except RuleError:
        return None


@cache
def all_rules() -> tuple[RuleSet, ...]:
    """Return every rule of rules.toml, read once."""
    return load(RULES_FILE)


def load(path: Path) -> tuple[RuleSet, ...]:
    """Return the rules of a TOML file; a missing field, days the wrong way round or overlapping editions raise RuleError."""
    with path.open("rb") as file:
        found = tomllib.load(file).get("rule", [])
    rules = tuple(_rule(entry, path.name) for entry in found)
    for topic in sorted({rule.topic for rule in rules}):
        _refuse_overlap([rule for rule in rules if rule.topic == topic], path.name)
    return rules


def caveats(rules: Iterable[RuleSet]) -> tuple[Words, ...]:
    """Return the sentences that these rules oblige a plan to carry, in their order."""
    return tuple(words for rule in rules if (words := rule.caveat()))


def foreign(rules: Iterable[RuleSet], districts: Iterable[str]) -> tuple[Words, ...]:
    """Return a caveat when districts lie outside the place that a rule was written for."""
    codes = sorted({code for code in districts if code})
    outside = [rule.id for rule in rules if any(not code.startswith(rule.applies_to) for code in codes)]
    if not outside:
        return ()
    return (
        Words(
            f"下列规则为武汉市或湖北省当时所定，本区域仅供参考：{'、'.join(outside)}。",
            f"These rules were made for Wuhan or Hubei and are only a guide here: {', '.join(outside)}.",
        ),
    )


def _rule(entry: Mapping[str, Any], file: str) -> RuleSet:
    missing = [field for field in WANTED if field not in entry]
    if missing:
        raise RuleError(f"{file}: rule {entry.get('topic')}/{entry.get('name')} lacks {missing}; wanted {list(WANTED)}")
    rule = RuleSet(
        topic=entry["topic"],
        name=entry["name"],
        valid_from=entry["valid_from"],
        valid_to=entry.get("valid_to"),
        source=entry["source"],
        verified=entry["verified"],
        applies_to=entry.get("applies_to", ""),
        title=Words(entry["zh"], entry["en"]),
        params=entry["params"],
    )
    if rule.valid_to and rule.valid_to < rule.valid_from:
        raise RuleError(f"{file}: {rule.id} ends on {rule.valid_to}, before it begins; correct one of the days")
    return rule


def _refuse_overlap(editions: list[RuleSet], file: str) -> None:
    ordered = sorted(editions, key=lambda rule: rule.valid_from)
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            raise RuleError(
                f"{file}: {earlier.id} (until {earlier.valid_to or 'now'}) and {later.id} hold on the same days; "
                f"end the first before {later.valid_from}"
            )
