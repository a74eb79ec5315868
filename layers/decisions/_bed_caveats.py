"""What a reader must know before signing a bed plan."""

from collections.abc import Sequence

from layers._view import View
from layers.decisions._bed_demand import shares
from layers.decisions._bed_facts import BedFacts
from layers.decisions._bed_words import NEED_WORDS
from layers.decisions._bed_work import Work
from layers.decisions._inputs import cell
from layers.decisions._proposal import Words
from layers.decisions._silence import Silence
from layers.decisions._words import count, listed
from layers.decisions.rules import RuleSet, caveats, foreign

SILENT = {
    "beds": Words("开放和占用床位是末次报送时的情况。", "Open and used beds are those of that delivery."),
    **dict.fromkeys(
        ("cases", "contacts", "fever"),
        Words("此后的新增不明，需求可能偏低。", "Who came since is not known: the need may be too low."),
    ),
}


def all_caveats(facts: BedFacts, work: Work, silence: Silence) -> tuple[Words, ...]:
    """Return the sentences, the weightiest first; none for an empty store."""
    if facts.hospitals.empty and facts.states.empty:
        return ()
    used = list(work.rules.values())
    return (
        *silence.caveats(SILENT),
        *work.what_if.caveats(),
        *foreign(used, facts.districts["code"]),
        *_forecast(work),
        work.standing.window.words(),
        *_split(work),
        *_usable(work),
        *_reports(work),
        *_unknown(work),
        *_allocation(work),
        *_elsewhere(silence.view),
        *_unverified(used),
    )


def _unverified(used: Sequence[RuleSet]) -> list[Words]:
    """One sentence for all rules that nobody checked; each proposal that rests on one says so itself."""
    rules = [rule for rule in used if not rule.verified]
    if len(rules) < 2:
        return list(caveats(rules))
    zh, en = "、".join(f"{r.title.zh}（{r.id}）" for r in rules), "; ".join(f"{r.title.en} ({r.id})" for r in rules)
    return [
        Words(
            f"{len(rules)}条规则未经核实，仅供参考：{zh}。",
            f"{len(rules)} rules are not verified; take them as indicative: {en}.",
        )
    ]


def _forecast(work: Work) -> list[Words]:
    """How the coming days were worked out, and how far they can be trusted."""
    outlook, params = work.outlook, work.rules["occupancy"].params
    if not outlook.known:
        n = params["least_days"]
        return [
            Words(
                f"病例序列不足{n}天，不作床位占用预测；七天后数字为简单推算。",
                f"Fewer than {n} days of cases are known: no forecast of occupancy; figures of seven days ahead are a plain projection.",
            )
        ]
    found = [
        Words(
            f"全市今后数字为{params['draws']}条预测路径的中位数；各区病例太少，仍按简单推算，相加不等于全市。",
            f"Coming figures of the whole view are medians of {params['draws']} futures; districts have too few cases and keep the plain "
            "projection, so they do not add up to it.",
        )
    ]
    unskilled = [days for days, verdict in outlook.skill.items() if verdict != "skill"]
    if unskilled:
        listed_days = ", ".join(map(str, unskilled))
        found.append(
            Words(
                f"病例预测在{listed_days.replace(', ', '、')}天上不优于“明天同今天”：无预测技巧，以区间为准，勿只看中位数。",
                f"{listed_days} days ahead the forecast of cases is no better than 'tomorrow as today': no skill; go by the bands, not the medians.",
            )
        )
    if abs(outlook.pace - 1) > 0.05:
        median = {need: stay.quantile(0.5) for need, stay in outlook.stays.items()}
        found.append(
            Words(
                f"近日出院及死亡的速度只有文献住院时长所示的{outlook.pace:.2f}倍，已据此校正（中位数：重型{median['severe']:.0f}天，危重型{median['critical']:.0f}天，轻症{median['light']:.0f}天）。",
                f"Lately patients leave {outlook.pace:.2f} times as fast as published stays say; the stays are corrected by that (median: severe "
                f"{median['severe']:.0f}, critical {median['critical']:.0f}, mild {median['light']:.0f} days).",
            )
        )
    return found


def _split(work: Work) -> list[Words]:
    unknown, share = work.standing.need["unknown"].sum(), shares(work.rules["severity-share"])
    if not unknown > 0:
        return []
    return [
        Words(
            f"{unknown:,.0f}例未报分型，按公布的在院比例拆分（重型{share['severe']:.1%}，危重型{share['critical']:.1%}）。",
            f"{unknown:,.0f} cases without a severity were split by the published shares in hospital "
            f"(severe {share['severe']:.1%}, critical {share['critical']:.1%}).",
        )
    ]


def _usable(work: Work) -> list[Words]:
    """Which terms of the usable beds are known."""
    use = work.standing.usable
    no_staff, no_oxygen = use[use["staffed"].isna()]["id"].nunique(), use[use["oxygen"].isna()]["id"].nunique()
    sites, lost = use["id"].nunique(), float((use["open"] - use["usable"]).sum())
    found = [
        Words(
            f"可用床位取开放、人员可支撑、供氧三者最小；{sites}家中{no_staff}家人员未报、{no_oxygen}家供氧未报，未报的不作限制，实际可用可能更少。",
            f"Usable beds are the least of open, staffed and with oxygen; of {count(sites, 'site')} {no_staff} reported no staff and {no_oxygen} "
            "no oxygen, which then limits nothing: fewer may be usable.",
        )
    ]
    if lost > 0:
        found.append(
            Words(
                f"已开放而不能用的床位{lost:,.0f}张。",
                f"{count(lost, 'open bed')} cannot be used for want of staff or oxygen.",
            )
        )
    return found


def _reports(work: Work) -> list[Words]:
    extra = work.standing.warnings["extra"].sum()
    if not len(work.standing.warnings):
        return []
    return [
        Words(
            f"{len(work.standing.warnings)}条床位报告数字不符（占用多于开放共{extra:,.0f}张），均按原报保留。",
            f"{count(len(work.standing.warnings), 'bed report')} with figures that do not add up ({extra:,.0f} more used than open); kept as reported.",
        )
    ]


def _unknown(work: Work) -> list[Words]:
    found, city = [], work.balance[work.balance["area"] == "*"]
    unknown_beds = [NEED_WORDS[n] for n in city.loc[city["shortage"].isna() & (city["demand"] > 0), "need"]]
    if unknown_beds:
        words = listed(unknown_beds)
        found.append(
            Words(
                f"{words.zh}的床位未报，缺口不明。",
                f"No beds were reported for: {words.en}. Their shortage is unknown.",
            )
        )
    silent = cell(work.standing.beds, "*", "silent_sites")
    if silent > 0:
        found.append(
            Words(
                f"{silent:.0f}家收治机构未报床位，合计只是下限。",
                f"No beds were reported by {count(silent, 'site')} that should treat patients: totals are a lower bound.",
            )
        )
    return found


def _allocation(work: Work) -> list[Words]:
    ledger = work.standing.sent.placed.ledger
    if not ledger["waiting"]:
        return []
    return [
        Words(
            f"谁在哪张床没有上报：占用床位按确诊先后认定，{ledger['waiting']:,}人待收治或待转；转院{ledger['transfers']:,}人次计入收治人次，不重复计人。",
            f"Nobody reports who lies in which bed: used beds are taken by those ill for longest, so {ledger['waiting']:,} persons wait for a bed or "
            f"a better one; {count(ledger['transfers'], 'transfer')} count as admissions and not as persons.",
        )
    ]


def _elsewhere(view: View) -> list[Words]:
    """A district alone: its persons may lie in another district's beds, and the other way round."""
    if not view.district:
        return []
    return [
        Words(
            "只看本区：本区患者可能已在外区住院，本区床位也可能收治外区患者，缺口和待收治数偏大；以全市为准。",
            "One district alone: its patients may lie in other districts and others in its beds, so shortage and waiting are overstated; go by the whole city.",
        )
    ]
