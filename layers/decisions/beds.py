"""Beds: who needs which kind now and in the coming days, what is usable, when it runs out, which sites to open, who goes where."""

from collections.abc import Iterable
from math import isnan, nan
from typing import Any

import pandas as pd

from layers._view import View
from layers.decisions._bed_balance import KINDS, split_kinds
from layers.decisions._bed_caveats import all_caveats
from layers.decisions._bed_demand import NEEDS
from layers.decisions._bed_facts import FEEDS, BedFacts, gather
from layers.decisions._bed_reasons import proposals
from layers.decisions._bed_words import KIND_WORDS, NEED_WORDS
from layers.decisions._bed_work import Work, rules_of
from layers.decisions._inputs import cell, complete_day, digest
from layers.decisions._proposal import Plan, Words
from layers.decisions._silence import Silence
from layers.decisions.rules import RuleSet
from layers.decisions.whatif import WhatIf
from layers.store import Store

__all__ = ["KIND_WORDS", "NEED_WORDS", "BedFacts", "gather", "plan", "propose"]
TITLE = Words("床位扩充建议", "Bed proposals")
# Who tells of a need; patients of all others are cases. Suspected persons come with cases and from fever clinics.
TOLD_BY = {"suspected": ("cases", "fever"), "observed": ("contacts",)}
ASKED = ("demand", "shortage", "demand_7d", "shortage_7d")  # what of a balance rests on persons
LEDGER = ("persons", "in_bed", "waiting", "placed", "transfers", "admissions", "unserved")


def plan(store: Store, view: View) -> Plan:
    """Return the bed plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: BedFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return which sites to open, in order, and which kinds no site can give; pure. What `if_` filters of the view assume is honoured.

    tables  balance (area x need: demand, usable beds, shortage now and in seven days), beds (area x kind, open), projection,
            sites, hospitals (site x kind, resolved), warnings (reports whose figures do not agree);
            usable (site x kind: open, staffed, oxygen, usable, binding), kinds (the same by kind), occupancy (need or kind x
            day: bands, p_short), run_out (kind: day and chance), flows (street -> hospital: persons, minutes), unserved (who
            found no bed, and why), travel (minutes to the bed given, by district), access (district: usable beds per 1,000
            residents, minutes to the nearest), reach (the same by compound), siting (models side by side), solved (status,
            gap and plain rule of every solver), ledger (persons and admissions)
    Area "*" is everything in the view; districts are balanced alone, so their shortages may add up to more than the city's.
    """
    held = rules_of(complete_day(view), rules)
    work = Work.of(facts, held, view, WhatIf.of(view))
    mark = digest(facts.frames(), held.values(), view)
    silence = Silence(facts.feeds, view, FEEDS)
    return Plan(
        kind="beds",
        title=TITLE,
        proposals=proposals(work, {"as_of": view.as_of, "known_at": view.known_at, "inputs_hash": mark}),
        summary=_untold_figures(_summary(work), silence),
        tables=_tables(facts, work) | {"balance": _untold_balance(work.balance, silence)},
        rules=tuple(rule.id for rule in held.values()),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=all_caveats(facts, work, silence),
        silence=silence.headlines,
    )


def _unheard(silence: Silence) -> list[str]:
    """The needs that a feed would tell of which nothing ever came."""
    return [need for need in NEEDS if any(silence.never(feed) for feed in TOLD_BY.get(need, ("cases",)))]


def _untold_balance(rows: pd.DataFrame, silence: Silence) -> pd.DataFrame:
    """The balance in which no 0 stands for patients of whom nobody could have told."""
    unheard = rows["need"].isin(_unheard(silence))
    return rows.assign(**{name: rows[name].mask(unheard & (rows[name] == 0)) for name in ASKED})


def _untold_figures(numbers: dict[str, float], silence: Silence) -> dict[str, float]:
    """The same for the figures of tiles."""
    of_needs = [f"{name}_{need}" for need in _unheard(silence) for name in (*ASKED, "worst")]
    return silence.unsaid(numbers | dict.fromkeys((n for n in of_needs if numbers[n] == 0), nan), "cases", LEDGER)


def _tables(facts: BedFacts, work: Work) -> dict[str, pd.DataFrame]:
    return {
        "balance": work.balance,
        "beds": work.standing.beds.rename_axis("area").reset_index(),
        "projection": _projection_table(work),
        "sites": work.sites,
        "hospitals": split_kinds(facts.hospitals),
        "warnings": work.standing.warnings,
        "usable": work.standing.usable,
        "kinds": work.standing.kinds,
        "occupancy": work.outlook.table,
        "run_out": work.outlook.run_out,
        "flows": work.standing.sent.flows,
        "unserved": work.standing.sent.placed.unserved,
        "travel": work.standing.sent.travel,
        "access": work.standing.access.districts,
        "reach": work.standing.access.compounds,
        "siting": work.compared(),
        "solved": _solved(work),
        "ledger": pd.DataFrame([work.standing.sent.placed.ledger]),
    }


def _solved(work: Work) -> pd.DataFrame:
    """Every solver's answer beside a plain rule's: part, unit, status, gap, objective, greedy, unserved."""
    flows = work.standing.sent.placed.solved.assign(unit="minutes")
    opened = [
        {"part": f"open:{need}", "unit": "person-days", "status": plan.release.status, "gap": plan.release.gap,
         "objective": plan.release.unmet, "greedy": plan.release.greedy, "unserved": float("nan")}
        for need, plan in work.siting.items()
    ]  # fmt: skip
    columns = ["part", "unit", "status", "gap", "objective", "greedy", "unserved"]
    return pd.DataFrame([*opened, *flows.to_dict("records")], columns=columns)


def _summary(work: Work) -> dict[str, float]:
    city = work.balance[work.balance["area"] == "*"].set_index("need")
    found: dict[str, float] = {}
    for need in NEEDS:
        for column in ("demand", "beds", "shortage", "demand_7d", "shortage_7d"):
            found[f"{column}_{need}"] = cell(city, need, column)
        found[f"worst_{need}"] = work.worst[need]
        found[f"beds_first_{need}"] = _for_worse(work, need)
    found |= {f"open_{kind}": cell(work.standing.beds, "*", kind) for kind in KINDS}
    usable: dict[Any, float] = work.standing.usable.groupby("kind")["usable"].sum().to_dict()
    found |= {f"usable_{kind}": usable.get(kind, float("nan")) for kind in KINDS}
    found["sites_to_open"] = sum(1 for opening in work.openings if opening.need)
    found["beds_to_open"] = float(sum(o.offered for o in work.openings if o.need))
    found["reports_in_conflict"] = len(work.standing.warnings)
    return found | {name: float(n) for name, n in work.standing.sent.placed.ledger.items()}


def _for_worse(work: Work, need: str) -> float:
    """Usable beds counted for this need that are the first choice of a worse one, and go to that first; 0 where there is none."""
    rule = work.rules["placement"].params
    first = {rule[worse][0] for worse in NEEDS[: NEEDS.index(need)]}
    shared = [work.standing.can[kind] for kind in rule[need] if kind in first]
    return float(sum(n for n in shared if not isnan(n)))


def _projection_table(work: Work) -> pd.DataFrame:
    rows = [
        {"area": area, "group": group, "now": p.now, "new_a_day": p.admitted, "left_a_day": p.left, "then": p.then}
        | {"formula_zh": p.formula().zh, "formula_en": p.formula().en}
        for (area, group), p in sorted(work.standing.projections.items())
    ]
    columns = ["area", "group", "now", "new_a_day", "left_a_day", "then", "formula_zh", "formula_en"]
    return pd.DataFrame(rows, columns=columns).replace({"area": {"": "*", "?": ""}})
