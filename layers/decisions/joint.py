"""One joint plan: beds, staff and supplies together for some days; what binds, what ten more of it would buy, beside a plain plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from layers._view import View
from layers.decisions import beds, staff, supplies
from layers.decisions._bed_words import NEED_WORDS
from layers.decisions._inputs import Facts, as_date, cell, complete_day, digest, records
from layers.decisions._joint_inputs import problem_of
from layers.decisions._joint_model import Placement, Problem, by_need, gains, greedy, solve
from layers.decisions._joint_words import honest, relieve, resource_words
from layers.decisions._proposal import Plan, Words
from layers.decisions.rules import RuleSet, caveats, in_force
from layers.decisions.whatif import WhatIf, plain
from layers.store import Store

TITLE = Words("综合方案", "Joint plan")
PLANS_JOINED = ("beds", "staff", "supplies")
TOPICS = ("joint", "placement", "opening", "staff-ratio", "staff-ratio-derived")
TOLD = 1e-6


@dataclass(frozen=True)
class JointFacts(Facts):
    """The facts of the three plans that are made together."""

    beds: beds.BedFacts
    staff: staff.StaffFacts
    supplies: supplies.SupplyFacts

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frames of all three by part and name, for the digest of the inputs."""
        return {
            f"{part}.{name}": frame for part in PLANS_JOINED for name, frame in getattr(self, part).frames().items()
        }


def join(facts: Mapping[str, Any]) -> JointFacts:
    """Return the joint facts from those of the parts, so that each is read once."""
    return JointFacts(**{part: facts[part] for part in PLANS_JOINED})


def gather(store: Store, view: View) -> JointFacts:
    """Read the facts of the three plans."""
    return JointFacts(beds.gather(store, view), staff.gather(store, view), supplies.gather(store, view))


def plan(store: Store, view: View) -> Plan:
    """Return the joint plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: JointFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return what binds the placing of patients over the coming days, weightiest first; pure.

    tables  needs (need: wanted, placed, unmet, greedy, in person-days), placed (need, kind, day, persons), resources (resource:
            limit, used, days_full, price, added, worth, person_days, one column a need), binding (need: which resource binds
            and which of another sort does not), sites (opened), demand (need x day)
    A resource that nobody reported limits nothing and is named in the caveats. `gap` of the summary is the solver's own; the
    plain plan is always feasible, so the optimum is never the only plan there is.
    """
    last = complete_day(view)
    known = None if rules is None else tuple(rules)
    held = {topic: in_force(topic, as_date(last), known) for topic in TOPICS}
    what_if, parts = WhatIf.of(view), _parts(facts, view, known)
    problem, unknown = problem_of(facts, parts, held, what_if, last)
    mark = digest(facts.frames(), held.values(), view)
    best, by_rule = solve(problem), greedy(problem)
    tables = _tables(problem, best, by_rule, held["joint"], last, unknown)
    common = {"as_of": view.as_of, "known_at": view.known_at, "inputs_hash": mark}
    nothing = facts.beds.hospitals.empty and not what_if.assumes
    return Plan(
        kind="joint",
        title=TITLE,
        proposals=relieve(tables, held["joint"], common),
        summary=_summary(problem, best, by_rule, tables),
        tables=tables,
        rules=tuple(rule.id for rule in held.values()),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=()
        if nothing
        else (*what_if.caveats(), honest(best, by_rule), *_unknown(unknown), *_scope(), *caveats(held.values())),
        silence=parts["beds"].silence,
    )


def _parts(facts: JointFacts, view: View, rules: tuple[RuleSet, ...] | None) -> dict[str, Plan]:
    """The bed plan under the view's assumptions, and the supplies as they are: what is used follows from who is placed."""
    return {
        "beds": beds.propose(facts.beds, view, rules),
        "supplies": facts.once(
            ("supplies", view.as_of, view.known_at, view.area, rules),
            lambda: supplies.propose(facts.supplies, plain(view), rules),
        ),
    }


def _tables(
    problem: Problem, best: Placement, by_rule: Placement, rule: RuleSet, last: int, unknown: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    resources = _resources(problem, best, rule)
    needs = _needs(problem, best, by_rule)
    dark = [need for need in problem.needs if f"need:{need}" in unknown]
    needs.loc[needs["need"].isin(dark), ["wanted", "placed", "greedy", "unmet"]] = float("nan")
    placed = [
        (need, kind, last + 1 + day, float(persons))
        for (need, kind), row in zip(problem.pairs(), best.placed, strict=True)
        for day, persons in enumerate(row)
    ]
    demand = [
        (need, last + 1 + day, float(n))
        for need, row in problem.needs.items()
        if need not in dark
        for day, n in enumerate(row)
    ]
    sites = [site for site in problem.sites if site[0] in best.opened]
    return {
        "needs": needs,
        "placed": pd.DataFrame(placed, columns=["need", "kind", "day", "persons"]),
        "resources": resources,
        "binding": _binding(needs, resources),
        "sites": pd.DataFrame(sites, columns=["id", "kind", "beds", "ready"]),
        "demand": pd.DataFrame(demand, columns=["need", "day", "persons"]),
    }


def _needs(problem: Problem, best: Placement, by_rule: Placement) -> pd.DataFrame:
    placed, ruled = by_need(problem, best), by_need(problem, by_rule)
    rows = [(need, float(row.sum()), placed[need], ruled[need]) for need, row in problem.needs.items()]
    found = pd.DataFrame(rows, columns=["need", "wanted", "placed", "greedy"])
    return found.assign(unmet=(found["wanted"] - found["placed"]).where(lambda left: left > TOLD, 0.0))


def _resources(problem: Problem, best: Placement, rule: RuleSet) -> pd.DataFrame:
    names = [name for name in best.used if not name.startswith("need:")]
    amounts = {name: _added(name, problem, rule) for name in names}
    full = {name: int((best.used[name] >= best.limit[name] - TOLD * (1 + best.limit[name])).sum()) for name in names}
    # More of what is to spare buys nothing: sites are opened by whole, but may be used in part.
    bought = gains(problem, best, {name: amounts[name] for name in names if full[name]})
    nothing = (0.0, dict.fromkeys(problem.needs, 0.0))
    rows = []
    for name in names:
        used, limit = best.used[name], best.limit[name]
        share = [u / n if n > 0 else float("nan") for u, n in zip(used, limit, strict=True)]
        at = max(range(len(share)), key=lambda day: (share[day] == share[day], share[day])) if share else 0
        worth, told = bought.get(name, nothing)
        rows.append(
            {
                "resource": name,
                "limit": limit[at],
                "used": used[at],
                "days_full": full[name],
                "price": best.price[name],
                "added": amounts[name],
                "worth": worth if worth > TOLD else 0.0,
                "person_days": sum(told.values()) if worth > TOLD else 0.0,
                **{need: n if worth > TOLD else 0.0 for need, n in told.items()},
            }
        )
    columns = ["resource", "limit", "used", "days_full", "price", "added", "worth", "person_days", *problem.needs]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["worth", "resource"], ascending=[False, True]).reset_index(drop=True)


def _added(name: str, problem: Problem, rule: RuleSet) -> float:
    group, _, item = name.partition(":")
    if group == "items":
        return float(rule.params["more_share"] * (problem.stock or {}).get(item, 0.0)) or 1.0
    return float(rule.params["more"])


def _binding(needs: pd.DataFrame, resources: pd.DataFrame) -> pd.DataFrame:
    """Return need, unmet, binds, buys, free, free_share: what more of would place most of this need, and what of another sort is spare.

    `binds` is "" where nothing reported would help: the need is met, or what is missing is a kind of bed that nobody has.
    """
    rows = [_binds(row["need"], row["unmet"], resources) for row in records(needs)]
    return pd.DataFrame(rows, columns=["need", "unmet", "binds", "buys", "free", "free_share"])


def _binds(need: str, unmet: float, resources: pd.DataFrame) -> tuple[Any, ...]:
    helps = resources[resources[need] > TOLD].sort_values([need, "resource"], ascending=[False, True])
    if not unmet or helps.empty:
        return (need, unmet, "", 0.0, "", float("nan"))
    first: Any = helps.iloc[0]
    sort = first["resource"].split(":")[0]
    spare = resources[~resources["resource"].str.startswith(sort) & (resources["days_full"] == 0)]
    share = (spare["used"] / spare["limit"].where(spare["limit"] > 0)).fillna(0.0)
    near = {row["resource"]: float(part) for row, part in zip(records(spare), share, strict=True)}
    free = min(near, key=lambda name: (-near[name], name)) if near else ""
    return (need, unmet, first["resource"], first[need], free, near.get(free, float("nan")))


def _summary(
    problem: Problem, best: Placement, by_rule: Placement, tables: Mapping[str, pd.DataFrame]
) -> dict[str, float]:
    needs = tables["needs"].set_index("need")
    found = {
        f"{name}_{need}": cell(needs, str(need), name)
        for need in needs.index
        for name in ("wanted", "placed", "unmet", "greedy")
    }
    return found | {
        "days": problem.days,
        "worth": best.worth,
        "worth_greedy": by_rule.worth,
        "better_than_greedy": (best.worth - by_rule.worth) / best.worth if best.worth > 0 else 0.0,
        "gap": best.gap,
        "binding": int((tables["resources"]["worth"] > 0).sum()),
        "sites_opened": len(best.opened),
    }


def _unknown(names: tuple[str, ...]) -> tuple[Words, ...]:
    needs = [NEED_WORDS[name.removeprefix("need:")] for name in names if name.startswith("need:")]
    words = [resource_words(name) for name in names if not name.startswith("need:")]
    found = []
    if words:
        zh, en = "、".join(w.zh for w in words), ", ".join(w.en for w in words)
        found.append(Words(f"未报送、因此不作限制：{zh}。", f"Not reported, and so limiting nothing: {en}."))
    if needs:
        zh, en = "、".join(w.zh for w in needs), ", ".join(w.en for w in needs)
        found.append(
            Words(
                f"需求不明、未列入方案（不等于没有）：{zh}。",
                f"Need not known, and so left out (which is not none): {en}.",
            )
        )
    return tuple(found)


def _scope() -> tuple[Words, ...]:
    return (
        Words(
            "全区域统算：假定病人、人员和物资可在各点之间调动；逐点的缺口见各专页。",
            "The area is reckoned as one: patients, staff and stock are taken to move between sites. Gaps by site stand on their pages.",
        ),
        Words(
            "氧气不在本模型内，供氧不足时可用床位更少。",
            "Oxygen is not in this model: where it is short, fewer beds can be used.",
        ),
    )
