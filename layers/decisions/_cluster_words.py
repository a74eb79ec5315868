"""What a search for clusters has to say about itself."""

from collections.abc import Mapping, Sequence

from layers._view import View
from layers.decisions._cluster_facts import FEEDS, ClusterFacts
from layers.decisions._inputs import as_date
from layers.decisions._proposal import Words
from layers.decisions._silence import Silence
from layers.decisions._words import iso
from layers.decisions.rules import RuleSet, caveats, find

LEVEL_WORDS = {
    "compound": Words("小区", "compound"),
    "community": Words("社区", "community"),
    "street": Words("街道", "street"),
}


def what_to_know(
    facts: ClusterFacts,
    view: View,
    measure: str,
    figures: Mapping[str, float],
    in_use: Mapping[str, RuleSet],
    rules: tuple[RuleSet, ...] | None,
    few: Sequence[str],
) -> tuple[Words, ...]:
    """Return what a reader must know: the denominator, who was left out, what may only look like a cluster.

    few  levels of area that have too few units
    """
    said = [*_denominator(measure), *_left_out(figures), *_definition(facts, figures, in_use, rules)]
    if few:
        named = [LEVEL_WORDS[level] for level in few]
        said.append(
            Words(
                f"{'、'.join(w.zh for w in named)}个数太少，未扫描，稳定性无法判断。",
                f"Too few units to scan by {', '.join(w.en for w in named)}: stability cannot be told.",
            )
        )
    said.append(
        Words(
            "聚集性疫情由疾控中心判定；统计聚集只是核查线索。",
            "A cluster is declared by the CDC; a statistical one is a lead to check.",
        )
    )
    end = iso(facts.last_day)
    ends = {"cases": Words(f"窗口止于{end}。", f"The window ends on {end}.")}
    return (*Silence(facts.feeds, view, FEEDS).caveats(ends), *said, *caveats(in_use.values()))


def _denominator(measure: str) -> list[Words]:
    if measure == "households":
        zh, en = (
            "小区人口多未报送，以户数为分母。",
            "Few compounds report their population: households are the denominator.",
        )
        return [Words(zh, en)]
    if measure:
        return []
    return [
        Words(
            "人口和户数多未报送：用时空置换扫描，只比较时间与地点的组合，整片长期偏高的地方看不出来。",
            "Neither population nor households are known: the space-time permutation scan compares days with places only, "
            "and an area that is high all the time does not show.",
        )
    ]


def _definition(
    facts: ClusterFacts, figures: Mapping[str, float], in_use: Mapping[str, RuleSet], rules: tuple[RuleSet, ...] | None
) -> list[Words]:
    first, now = as_date(facts.last_day - int(figures["window_days"]) + 1), in_use["case-definition"]
    before = find("case-definition", first, rules)
    if before is None or before.id == now.id:
        return []
    return [
        Words(
            f"窗口内病例定义有变（{now.valid_from}起）：变化当日补报的病例可能形成假聚集。",
            f"The case definition changed within the window (from {now.valid_from}): cases written up on that day may look "
            "like a cluster.",
        )
    ]


def _left_out(figures: Mapping[str, float]) -> list[Words]:
    """Geocoding error is no location: who could not be placed is counted, never put somewhere."""
    found = []
    for name, zh, en in (
        ("unplaced", "例未落到小区", "cases are placed in no compound"),
        ("without_place", "例所在小区没有坐标", "cases live in compounds without coordinates"),
        ("without_people", "例所在小区人口不明", "cases live in compounds of unknown population"),
    ):
        n = figures[name]
        if n == n and n:
            found.append(Words(f"另有{int(n):,}{zh}，未参与扫描。", f"{int(n):,} more {en} and were not scanned."))
    return found
