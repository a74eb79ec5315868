"""County risk level by the State Council rule of 17 February 2020; the city takes the highest level of its districts."""

from datetime import date

import pandas as pd

from layers._errors import RuleError
from layers.decisions._proposal import Words
from layers.decisions.rules import RuleSet, in_force

FIRST_DAY = date(2020, 2, 17)
LEVELS = ("low", "unknown", "medium", "high")  # unknown may be low or worse, so a known higher level outranks it
LEVEL_WORDS = {"low": Words("低风险", "low"), "medium": Words("中风险", "medium"), "high": Words("高风险", "high"),
               "unknown": Words("风险未定", "undetermined")}  # fmt: skip
CITY_NAME = Words("全市", "City")
COLUMNS = [
    "district",
    "name",
    "new_14d",
    "cumulative",
    "cluster",
    "cluster_source",
    "level",
    "level_otherwise",
    "until",
    "reason_zh",
    "reason_en",
]


def risk_level(new_14d: float, cumulative: float, cluster: bool, rule: RuleSet | None = None) -> str:
    """Return low, medium or high for one county, evaluated as of 24:00.

    new_14d     newly confirmed in the last 14 days
    cumulative  confirmed ever
    cluster     a cluster in the last 14 days, as judged by the disease control centre; never computed here
    rule        the edition in force; None: the guidance of 17 February 2020

    Low is asked first: fourteen days without a new case win even where the cumulative count is above the limit. Hubei's
    75 low-risk units of 21 March 2020 show that it was read so (DOMAIN 1.1).
    """
    limit = (rule or in_force("risk-level", FIRST_DAY)).params["cumulative"]
    if cumulative == 0 or new_14d <= 0:
        return "low"
    return "high" if cumulative > limit and cluster else "medium"


def highest(levels: pd.Series) -> str:
    """Return the highest of several levels, "" for none."""
    found = [LEVELS.index(level) for level in levels if level in LEVELS]
    return LEVELS[max(found)] if found else ""


def risk_table(
    districts: pd.DataFrame,
    clusters: frozenset[str] | None,
    rule: RuleSet,
    until: str = "",
    silence: Words | None = None,
) -> pd.DataFrame:
    """Return one row per district and a last one for the city: counts, cluster flag and its source, level.

    districts  district, name, new_14d, cumulative, indicative_cluster
    clusters   districts that the disease control centre named; None: it was not asked, the indicative flag is used
    until      last day that the counts cover, ISO
    silence    why days without a report are no days without a case; given, no district is low: it is unknown
    level_otherwise  the level if the flag were the other way, so that a reader sees what hangs on it
    """
    rows = districts.sort_values("district").reset_index(drop=True)
    given = clusters is not None
    flag = rows["district"].isin(clusters) if clusters is not None else rows["indicative_cluster"].astype(bool)
    rows = rows.assign(cluster=flag, cluster_source="cdc" if given else "indicative")
    cells = list(zip(rows["new_14d"], rows["cumulative"], rows["cluster"], strict=True))
    rows["level"] = [risk_level(new, ever, cluster, rule) for new, ever, cluster in cells]
    rows["level_otherwise"] = [risk_level(new, ever, not cluster, rule) for new, ever, cluster in cells]
    if silence:
        rows[["level", "level_otherwise"]] = rows[["level", "level_otherwise"]].replace("low", "unknown")
    rows = rows.assign(until=until, **_reasons(rows["level"], silence))
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat([rows[COLUMNS], pd.DataFrame([_city(rows)])], ignore_index=True)


def runs(counts: pd.DataFrame) -> pd.DataFrame:
    """Return published counts of units by level, by day, with `run` and the change of each level since the day before in it.

    counts  day, units (how many there are), low, medium, high
    run     numbered from 1; another number of units begins a new one, because the same word then counts other places (Hubei:
            103 counties until 3 March 2020, 76 city areas and counties after it): change_* is NaN there, never a trend
    """
    rows = counts.sort_values("day", kind="stable").reset_index(drop=True)
    levels = [level for level in ("low", "medium", "high") if level in rows]
    odd = rows[rows[levels].sum(axis=1) != rows["units"]]
    if len(odd):
        first = odd.iloc[0]
        raise RuleError(f"{first['day']}: the levels add up to {first[levels].sum()}; wanted {first['units']} units")
    run = (rows["units"] != rows["units"].shift()).cumsum()
    changes = rows.groupby(run)[levels].diff().add_prefix("change_")
    return rows.assign(run=run.astype(int)).join(changes)


def _reasons(levels: pd.Series, silence: Words | None) -> dict[str, list[str]]:
    said = {"reason_zh": silence.zh, "reason_en": silence.en} if silence else {"reason_zh": "", "reason_en": ""}
    return {name: [text if level == "unknown" else "" for level in levels] for name, text in said.items()}


def _city(rows: pd.DataFrame) -> dict[str, object]:
    """A city with districts takes the highest level among its urban districts; all of ours are urban (市辖区)."""
    return {
        "district": "",
        "name": CITY_NAME.zh,
        "new_14d": rows["new_14d"].sum(),
        "cumulative": rows["cumulative"].sum(),
        "cluster": bool(rows["cluster"].any()),
        "cluster_source": rows["cluster_source"].iloc[0],
        "level": highest(rows["level"]),
        "level_otherwise": highest(rows["level_otherwise"]),
        "until": rows["until"].iloc[0],
        **{name: _of_city(rows, name) for name in ("reason_zh", "reason_en")},
    }


def _of_city(rows: pd.DataFrame, reason: str) -> str:
    """The city's reason is its districts': said where its own level is unknown."""
    return next((text for text in rows[reason] if text), "") if highest(rows["level"]) == "unknown" else ""
