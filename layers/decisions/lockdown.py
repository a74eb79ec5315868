"""Lockdown: which compounds to seal, where sealing buildings is enough, what to keep, and what could be released."""

from collections import namedtuple
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pandas as pd

from layers._view import View
from layers.decisions import lifecycle
from layers.decisions._inputs import as_date, complete_day, digest, has_begun_day
from layers.decisions._life_terms import HOLDING, STATES
from layers.decisions._lockdown_actions import RANK, actions, with_life
from layers.decisions._lockdown_facts import FEEDS, LockdownFacts, gather
from layers.decisions._lockdown_life import life_of, life_tables
from layers.decisions._lockdown_reasons import QUIET, Said, Setting, describe
from layers.decisions._lockdown_state import PARTS, compound_state, told, unplaced_share
from layers.decisions._proposal import Plan, Proposal, Words
from layers.decisions._silence import Silence
from layers.decisions._words import iso, iso_days
from layers.decisions.risk import LEVELS, risk_table
from layers.decisions.rules import RuleSet, caveats, find, foreign, in_force
from layers.store import Store
from layers.store.totals import COUNTED

__all__ = ["RANK", "LockdownFacts", "gather", "plan", "propose"]
TITLE = Words("小区封控建议", "Lockdown proposals")
ALWAYS = ("closure", "seal-scope", "contact-observation", "priority", "case-definition", "cluster")
SOMETIMES = ("no-epidemic", "assessment-round", "relaxation", "risk-level")  # began on a later day
SHOWN = ("signal", "new_confirmed", "new_clinical", "new_asymptomatic", "open_suspected", "open_fever", "open_contact")


def plan(store: Store, view: View) -> Plan:
    """Return the lockdown plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: LockdownFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return one proposal per compound, most urgent first; pure: equal inputs give an equal plan.

    rules   the editions to choose from; None: those of rules.toml
    tables  compounds (all counts, clocks, score parts, life), risk (districts and city), data_quality (per district),
            curve (compounds by state, day and district), rounds, communities, streets (n of N), transitions (the dated life of
            every compound), grades (what each state allows), overrides
    """
    silence = Silence(facts.feeds, view, FEEDS)
    last = silence.last_day("cases")
    rules = None if rules is None else tuple(rules)
    held = _held(as_date(complete_day(view)), rules)
    setting = Setting(held, last, silence)
    clusters = ";".join(sorted(facts.clusters)) if facts.clusters is not None else "not told"
    mark = digest(facts.frames(), held.values(), view, clusters)
    state = compound_state(facts, held, last, heard=not silence.never("cases"))
    life = life_of(facts, view, setting, rules)
    state = with_life(state, life, facts, setting, rules)
    state["action"], state["scope"] = actions(state, setting)
    state["rank"] = state["action"].map(RANK).astype(int)
    state = (
        state.rename_axis("code").reset_index().sort_values(["rank", "score", "code"], ascending=[True, False, True])
    )
    risk = _risk(facts, setting)
    return Plan(
        kind="lockdown",
        title=TITLE,
        proposals=_proposals(state, facts, setting, view, mark),
        summary=silence.unsaid(_summary(state, risk), "cases", ("seal", "seal_building", "with_cases_14d")),
        tables={
            "compounds": told(_shown(state), silence),
            "risk": risk,
            "data_quality": _quality(facts.placements),
            **life_tables(state, life, facts, setting, lifecycle.began(rules)),
        },
        rules=tuple(rule.id for rule in held.values()),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=_caveats(facts, setting, view),
        silence=silence.headlines,
    )


def _held(day: date, rules: Iterable[RuleSet] | None) -> dict[str, RuleSet]:
    known = None if rules is None else tuple(rules)
    held = {topic: in_force(topic, day, known) for topic in ALWAYS}
    later = {topic: find(topic, day, known) for topic in SOMETIMES}
    return held | {topic: rule for topic, rule in later.items() if rule}


def _proposals(
    state: pd.DataFrame, facts: LockdownFacts, setting: Setting, view: View, mark: str
) -> tuple[Proposal, ...]:
    evidence = _evidence(facts.recent, setting)
    districts = facts.districts.drop_duplicates("code")
    named = zip(districts["code"], districts["name"], districts["name_en"], strict=True)
    names = {code: Words(zh, en if isinstance(en, str) and en else zh) for code, zh, en in named}
    keys = ("score", *PARTS, *SHOWN, "clean_days")
    shown = zip(*(state[key].tolist() for key in keys), strict=True)
    found: list[Proposal] = []
    known: dict[Any, Said] = {}  # most compounds are quiet, and many quiet ones say the same: half the time
    for row, values in zip(_rows(state), shown, strict=True):
        alike = tuple(_same(getattr(row, name)) for name in QUIET) if row.signal == 0 else row.code
        said = known.get(alike) or describe(
            row, setting, evidence.get(row.code, {}), names.get(row.district, Words(row.district, row.district))
        )
        known[alike] = said
        found.append(
            Proposal(
                subject=row.code,
                action=row.action,
                reasons=said.reasons,
                rule_id=said.rule_id,
                as_of=view.as_of,
                known_at=view.known_at,
                inputs_hash=mark,
                flips_if=said.flips_if,
                name=row.name,
                district=row.district,
                figures=dict(zip(keys, values, strict=True)),
                caveats=said.caveats,
            )
        )
    return tuple(found)


def _same(value: Any) -> Any:
    """NaN is unlike itself; in a key the unknown must be alike."""
    return None if value != value else value


def _rows(state: pd.DataFrame) -> Iterator[Any]:
    """Named rows out of plain lists: half the time of `itertuples` where columns are Arrow strings."""
    row = namedtuple("row", state.columns.tolist())  # type: ignore[misc]
    return map(row._make, zip(*(state[column].tolist() for column in state.columns), strict=True))


def _evidence(recent: pd.DataFrame, setting: Setting) -> dict[str, dict[str, list[tuple[int, int]]]]:
    """Return code -> status -> [(day, persons)] inside the window."""
    rows = recent[pd.to_numeric(recent["day"]) > setting.last_day - setting.window].sort_values(["area", "day"])
    found: dict[str, dict[str, list[tuple[int, int]]]] = {}
    columns = (rows["area"].tolist(), rows["status"].tolist(), rows["day"].tolist(), rows["n"].tolist())
    for code, status, number, n in zip(*columns, strict=True):
        found.setdefault(code, {}).setdefault(status, []).append((int(number), int(n)))
    return found


def _risk(facts: LockdownFacts, setting: Setting) -> pd.DataFrame:
    """Return the risk table; empty before the rule began (2020-02-17)."""
    rules, last_day, silence = setting.rules, setting.last_day, setting.silence
    rule = rules.get("risk-level")
    with_clinical = rules["case-definition"].params["clinical_counts"]
    statuses, ever_of = (COUNTED, "ever_counted") if with_clinical else (("confirmed",), "ever_confirmed")
    rows = facts.districts.drop_duplicates("code")[["code", "name"]].rename(columns={"code": "district"})
    if rule is None:
        return risk_table(
            rows.iloc[:0].assign(new_14d=0, cumulative=0, indicative_cluster=False), None, rules["cluster"]
        )
    recent = facts.district_recent[facts.district_recent["status"].isin(statuses)]
    recent = recent[pd.to_numeric(recent["day"]) > last_day - rule.params["days"]]
    new = pd.to_numeric(recent["n"]).groupby(recent["area"]).sum()
    ever = facts.district_totals.set_index("area").reindex(columns=[ever_of])[ever_of]
    return risk_table(
        rows.assign(
            new_14d=rows["district"].map(new).fillna(0).astype(int),
            cumulative=rows["district"].map(ever).fillna(0).astype(int),
            indicative_cluster=rows["district"].isin(_with_cluster(facts, rules["cluster"], last_day)),
        ),
        facts.clusters,
        rule,
        until="" if silence.never("cases") else iso(last_day),
        silence=silence.short("cases") if silence.overdue("cases") else None,
    )


def _with_cluster(facts: LockdownFacts, rule: RuleSet, last_day: int) -> set[str]:
    """Districts with a compound that had several newly confirmed persons: a hint, not the CDC's judgement."""
    recent = facts.recent[facts.recent["status"].isin(COUNTED)]
    recent = recent[pd.to_numeric(recent["day"]) > last_day - rule.params["days"]]
    several = pd.to_numeric(recent["n"]).groupby(recent["area"]).sum() >= rule.params["cases"]
    homes = facts.compounds.drop_duplicates("code").set_index("code")["district"]
    return set(homes.reindex(several[several].index).dropna())


def _summary(state: pd.DataFrame, risk: pd.DataFrame) -> dict[str, float]:
    districts = risk[risk["district"] != ""]
    return {
        "compounds": len(state),
        **{action: int((state["action"] == action).sum()) for action in RANK},
        **{f"life_{name}": int((state["life"] == name).sum()) for name in STATES},
        "no_epidemic": int(state["life"].isin(HOLDING).sum()),
        "overridden": int((state["ordered"] != "").sum()),
        "with_cases_14d": int((state["signal"] > 0).sum()),
        "control_unknown": int((state["control"] == "").sum()),
        "not_assessed": sum(missing is None for missing in state["items_missing"]),
        **{f"risk_{level}": int((districts["level"] == level).sum()) for level in LEVELS},
    }


def _shown(state: pd.DataFrame) -> pd.DataFrame:
    missing = ["?" if items is None else ";".join(items) for items in state["items_missing"]]
    dropped = ["rank", "hit_names", "items_missing", "ordered"]
    written = {
        name: iso_days(state[name]) for name in ("life_since", "certified_on", "cause_day", "error_from", "earliest")
    }
    shown = state.drop(columns=dropped, errors="ignore").assign(items_missing=missing, **written)
    return shown.reset_index(drop=True)


def _quality(placements: pd.DataFrame) -> pd.DataFrame:
    rows = placements.assign(district=placements["district"].fillna(""), n=pd.to_numeric(placements["n"]))
    wide = (
        rows.pivot_table(index="district", columns="status", values="n", aggfunc="sum") if len(rows) else pd.DataFrame()
    )
    wide = wide.reindex(columns=["accepted", "review", "unmatched"]).fillna(0).astype(int)
    return wide.assign(unplaced_share=unplaced_share(placements).astype(float)).rename_axis("district").reset_index()


def _caveats(facts: LockdownFacts, setting: Setting, view: View) -> tuple[Words, ...]:
    if facts.compounds.empty:
        return ()
    rules = setting.rules
    found = [
        *setting.silence.caveats(_consequences(setting)),
        *caveats(rules.values()),
        *foreign(rules.values(), facts.compounds["district"].dropna().astype(str)),
    ]
    if facts.clusters is None and "risk-level" in rules:
        found.append(
            Words(
                "聚集性疫情应由疾控中心判定；尚未提供，风险等级暂用参考标志（同一小区14天内2例及以上）。",
                "A cluster is for the CDC to judge; none was told, so risk levels rest on an indicative flag "
                "(two or more cases in one compound within 14 days).",
            )
        )
    if facts.controls.empty and not setting.silence.overdue("controls"):
        found.append(
            Words("管控现状未报送：维持类建议请先核实小区是否已封闭。",
                  "No controls were reported: check that compounds are closed before relying on keep.")
        )  # fmt: skip
    nowhere = facts.placements[facts.placements["district"].fillna("") == ""]
    if len(nowhere):
        n = int(pd.to_numeric(nowhere["n"]).sum())
        found.append(Words(f"另有{n:,}例所在区不明，未计入任何区。", f"{n:,} more cases have no known district."))
    if has_begun_day(view):
        found.append(
            Words(
                "截至时间当日尚未结束：人数含当日已报的，天数只计已满的日历日。",
                "The day of as-of has not ended: persons include those reported on it, days are complete days only.",
            )
        )
    if setting.behind and not setting.silence.overdue("cases"):
        day = iso(setting.last_day)
        found.append(
            Words(
                f"14天计至{day}，即病例报送所覆盖的最后一个整日。",
                f"14-day clocks end on {day}, the last complete day that a delivery of cases covers.",
            )
        )
    return tuple(found)


def _consequences(setting: Setting) -> dict[str, Words]:
    """Return what follows from the silence of the feeds that release and risk level rest on."""
    no_release = Words("在其恢复之前不提出解除候选。", "Until it is back nothing is a candidate for release.")
    day = iso(setting.last_day)
    counted = (
        Words("没有病例数据，风险等级未定，不提出解除候选。",
              "Without cases no risk level is known and nothing is a candidate for release.")
        if setting.silence.never("cases")
        else Words(
            f"无报送不等于无病例：14天计至{day}；不提出解除候选，低风险改为未定，中、高风险和封控建议是当日的情况。",
            f"No report is not no case: 14-day clocks end on {day}; nothing is a candidate for release, low risk becomes "
            "undetermined, and medium or high risk and proposals to seal are those of that day.",
        )
    )  # fmt: skip
    controls = Words("维持类建议请先核实小区是否已封闭。", "Check that compounds are closed before relying on keep.")
    return {"cases": counted, "contacts": no_release, "fever": no_release, "controls": controls}
