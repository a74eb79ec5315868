"""Why a compound gets its proposal, and the smallest change that would flip it, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite, isnan
from typing import Any

from layers.decisions._inputs import complete_day
from layers.decisions._lockdown_words import LIFE, life_flips, life_reason, not_in_place, overridden
from layers.decisions._proposal import Reason, Words
from layers.decisions._silence import Silence
from layers.decisions._words import CONTROL, ITEMS, PERSON, STATUS, count, day, days, iso, listed
from layers.decisions.rules import RuleSet

Evidence = Mapping[str, list[tuple[int, int]]]  # status -> [(day number, persons)]
SIGNAL = ("confirmed", "clinical", "asymptomatic")
FEED_OF = {"fever": "fever", "contact": "contacts"}  # open persons whose feed is not that of the cases
# All that the words about a compound without cases depend on.
QUIET = (
    *("action", "district", "control", "since_day", "clean_days", "items_missing", "unplaced_share"),
    *("open_fever", "open_contact", "open_asymptomatic", "ordered"),
    *LIFE,
)


@dataclass(frozen=True)
class Setting:
    """The rules in force, the last complete day that a delivery of cases covers, and which feeds are silent."""

    rules: Mapping[str, RuleSet]
    last_day: int
    silence: Silence

    @cached_property
    def behind(self) -> bool:
        """Whether the deliveries of cases cover less than the complete days."""
        return self.last_day < self.complete

    @cached_property
    def complete(self) -> int:
        """Number of the last complete day of the view."""
        return complete_day(self.silence.view)

    @cached_property
    def silent_feeds(self) -> tuple[str, ...]:
        """The overdue ones among the feeds that a release rests on."""
        states = self.release.params["zero_open"] if self.release else ()
        return tuple(
            feed for feed in ("cases", *(FEED_OF[s] for s in states if s in FEED_OF)) if self.silence.overdue(feed)
        )

    @cached_property
    def to_day(self) -> Words:
        """The day the clocks end with, where that must be said; else nothing."""
        return Words(f"截至{day(self.last_day).zh}", f" by {day(self.last_day).en}") if self.behind else Words("", "")

    @cached_property
    def window(self) -> int:
        """Days for which a case counts as recent: the observation time of its contacts."""
        return int(self.rules["contact-observation"].params["days"])

    @cached_property
    def closure(self) -> str:
        """Id of the closure rule."""
        return self.rules["closure"].id

    @cached_property
    def scope(self) -> str:
        """Id of the rule that divides buildings from compound."""
        return self.rules["seal-scope"].id

    @cached_property
    def release(self) -> RuleSet | None:
        """The release rule, None before it began."""
        return self.rules.get("no-epidemic")

    @cached_property
    def relaxation(self) -> RuleSet | None:
        """The rule on relaxations, None before it began."""
        return self.rules.get("relaxation")

    @cached_property
    def scope_caveat(self) -> tuple[Words, ...]:
        """What a proposal says that rests on the line between buildings and compound."""
        words = self.rules["seal-scope"].caveat()
        return (words,) if words else ()


@dataclass(frozen=True, slots=True)
class Said:
    """The words of one proposal."""

    reasons: tuple[Reason, ...]
    flips_if: Words
    rule_id: str
    caveats: tuple[Words, ...]


def describe(row: Any, setting: Setting, evidence: Evidence, district: Words) -> Said:
    """Return the words for one row of the compound state; `evidence` are its counts by day, `district` a name."""
    caveats = _unplaced(row, setting, district) + not_in_place(row)
    life = life_reason(row, setting.release, setting.relaxation)
    ordered, told = overridden(row.ordered, setting.closure), (life,) if life else ()
    if row.signal > 0:
        reasons = (_cases(row, setting, evidence), *told, _scope(row, setting), _control(row, setting), *ordered)
        return Said(reasons, _flips_with_cases(row, setting), setting.closure, caveats + _resting(row, setting))
    if row.action == "seal":
        reasons = (_quiet(row, setting), *told, _must_close(row, setting), *ordered)
        return Said(reasons, ALREADY_CLOSED, setting.closure, caveats)
    rule_id = setting.release.id if setting.release else setting.closure
    if life is not None:
        rule_id = life.rule
    if life is None or row.life == "cancelled":
        told = (*told, _release(row, setting))
    first = told if row.life == "cancelled" and row.action == "cancel" else (_quiet(row, setting), *told)
    return Said((*first, *ordered), life_flips(row) or _flips_without(row, setting), rule_id, caveats)


ALREADY_CLOSED = Words(
    "若社区核实已经封闭并补报管控状态，改为维持。",
    "Becomes keep once the community confirms that it is closed and reports so.",
)


def _cases(row: Any, setting: Setting, evidence: Evidence) -> Reason:
    zh, en, found = [], [], []
    for status in SIGNAL:
        rows = evidence.get(status, [])
        n = getattr(row, f"new_{status}")
        if n > 0:
            when = days(number for number, persons in rows if persons > 0)
            zh.append(f"{STATUS[status].zh}{n:.0f}例（{when.zh}）")
            en.append(f"{n:.0f} {STATUS[status].en} ({when.en})")
        found += [f"{status} {iso(number)}: {persons}" for number, persons in rows]
    since = f"截至{day(setting.last_day).zh}的" if setting.behind else "近"
    until = f"the {setting.window} days to {day(setting.last_day).en}" if setting.behind else f"{setting.window} days"
    parts_zh = [f"{since}{setting.window}天新增{'、'.join(zh)}"] if zh else []
    parts_en = [f"New in {until}: {', '.join(en)}"] if en else []
    if row.open_suspected > 0:
        parts_zh.append(f"现有疑似{row.open_suspected:.0f}例")
        parts_en.append(f"{row.open_suspected:.0f} now suspected")
        found.append(f"suspected now: {row.open_suspected:.0f}")
    return Reason(setting.closure, "；".join(parts_zh) + "。", _sentence("; ".join(parts_en)), tuple(found))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _scope(row: Any, setting: Setting) -> Reason:
    limit = setting.rules["seal-scope"].params["max_buildings"]
    hit, unknown = int(row.hit_buildings), row.signal - row.in_buildings
    if unknown > 0 or not hit:
        zh = f"其中{unknown:.0f}例楼栋不明，无法只封楼栋。"
        en = f"The building of {unknown:.0f} of them is unknown, so sealing buildings cannot suffice."
        return Reason(setting.scope, zh, en, (f"building unknown: {unknown:.0f}",))
    names, evidence = "、".join(row.hit_names), tuple(f"building {name}" for name in row.hit_names)
    if row.scope == "building":
        zh, en = (
            f"病例集中在{names}，封控楼栋即可。",
            f"All lie in {count(hit, 'building')} ({names}): sealing them suffices.",
        )
        return Reason(setting.scope, zh, en, evidence)
    if row.buildings == 1:
        return Reason(setting.scope, "该小区仅1栋。", "The compound has only one building.", evidence)
    share = f"，占{hit / row.buildings:.0%}" if row.buildings > 0 else ""
    share_en = f" of {row.buildings:.0f}" if row.buildings > 0 else ""
    return Reason(
        setting.scope,
        f"病例分布在{hit}栋（{names}）{share}，超过只封楼栋的界限（{limit}栋且不超过{_share(setting)}）。",
        f"They are spread over {hit}{share_en} buildings ({names}), beyond the line for sealing buildings only "
        f"({limit} buildings and {_share(setting)} of them).",
        evidence,
    )


def _share(setting: Setting) -> str:
    return f"{setting.rules['seal-scope'].params['max_share']:.0%}"


def _control(row: Any, setting: Setting) -> Reason:
    if not row.control:
        return Reason(setting.closure, "现行管控状态未报送。", "The control in force was not reported.")
    words, since = CONTROL[row.control], day(int(row.since_day))
    return Reason(
        setting.closure,
        f"现行管控：{words.zh}（自{since.zh}）。",
        f"Control in force: {words.en} (since {since.en}).",
        (f"control {row.control} {iso(int(row.since_day))}",),
    )


def _must_close(row: Any, setting: Setting) -> Reason:
    control, words = _control(row, setting), setting.rules["closure"].title
    return Reason(
        setting.closure,
        f"{control.zh}按现行规定（{words.zh}）应封闭。",
        f"{control.en} The rule in force wants it closed: {words.en}.",
        control.evidence,
    )


def _quiet(row: Any, setting: Setting) -> Reason:
    rule = setting.release.id if setting.release else setting.closure
    if isnan(row.clean_days):
        return Reason(
            rule,
            "病例从未报送，有无病例不明。",
            "Cases were never delivered: whether there are any is not known.",
        )
    to_day = setting.to_day
    if not isfinite(row.clean_days):
        return Reason(
            rule,
            f"{to_day.zh}本小区从未报告确诊或临床诊断病例，现无疑似。",
            f"No confirmed case was ever reported here{to_day.en}; nobody is suspected.",
        )
    last = int(setting.last_day - row.clean_days)
    return Reason(
        rule,
        f"{to_day.zh}已连续{row.clean_days:.0f}天无新增（末例{day(last).zh}），现无疑似。",
        f"{count(row.clean_days, 'day')} without a new case{to_day.en} (last: {day(last).en}); nobody is suspected.",
        (f"last case {iso(last)}",),
    )


def _release(row: Any, setting: Setting) -> Reason:
    rule = setting.release
    if rule is None:
        return Reason(setting.closure, "此时尚无解除规则。", "No rule for release is in force yet.")
    if row.action == "candidate":
        zh = f"满{rule.params['days']}天无病例，无未解除人员，六项到位：可申报无疫情小区。"
        en = f"{rule.params['days']} days without a case, nobody unreleased, six items in place: it can be filed."
        due = _round(row)
        return Reason(
            rule.id,
            zh + (f"下一轮评定{due}。" if due else ""),
            en + (f" Next round: {due}." if due else ""),
            ("items 6/6",),
        )
    lacking = _lacking(row, rule, setting)
    if not lacking:
        return Reason(rule.id, "已开放且符合无疫情条件。", "It is open and meets the release rule.", ("items 6/6",))
    words = listed(lacking)
    return Reason(
        rule.id,
        f"尚不能申报无疫情小区：{words.zh}。",
        f"Not yet a candidate for release: {words.en}.",
        _open(row, rule),
    )


def _round(row: Any) -> str:
    return "" if row.earliest != row.earliest else iso(int(row.earliest))


def _open(row: Any, rule: RuleSet) -> tuple[str, ...]:
    states = [(s, getattr(row, f"open_{s}")) for s in rule.params["zero_open"]]
    missing = ["not assessed"] if row.items_missing is None else [f"item missing: {name}" for name in row.items_missing]
    return tuple([f"{state} now: {n:.0f}" for state, n in states if n > 0] + missing)


def _lacking(row: Any, rule: RuleSet, setting: Setting) -> list[Words]:
    """Every condition of the release rule that is not met, or not known to be."""
    found = [setting.silence.short(feed) for feed in setting.silent_feeds]
    short = rule.params["days"] - row.clean_days
    if short > 0:
        due = iso(int(setting.last_day + short))
        found.append(Words(f"还差{short:.0f}天（{due}）", f"{count(short, 'more day')} needed ({due})"))
    for status in rule.params["zero_open"]:
        n = getattr(row, f"open_{status}")
        if n > 0:
            found.append(Words(f"{PERSON[status].zh}{n:.0f}人未解除", f"{count(n, PERSON[status].en)} not released"))
    if row.items_missing is None:
        found.append(Words("六项到位未评估", "the six items were not assessed"))
    elif row.items_missing:
        items = listed([ITEMS[name] for name in row.items_missing])
        found.append(Words(f"{items.zh}未到位", f"assessment item {items.en} missing"))
    return found


def _flips_with_cases(row: Any, setting: Setting) -> Words:
    if row.action == "seal_building":
        return _flips_to_compound(row, setting)
    if row.action == "keep" and row.control == "building_sealed":
        since = day(int(row.since_day))
        return Words(
            f"{since.zh}之后再新增1例确诊或疑似，重新提出楼栋封控。",
            f"1 new confirmed or suspected after {since.en} brings back the proposal to seal buildings.",
        )
    unknown = row.signal - row.in_buildings
    limit = setting.rules["seal-scope"].params["max_buildings"]
    if row.action == "seal" and unknown > 0 and row.hit_buildings < limit:
        return Words(
            f"若查明这{unknown:.0f}例的楼栋且总数在界限内（{limit}栋，{_share(setting)}），改为楼栋封控。",
            f"Becomes sealing buildings once the building of {unknown:.0f} is known and all are within the line "
            f"({limit} buildings, {_share(setting)}).",
        )
    return _flips_in_time(row, setting)


def _flips_to_compound(row: Any, setting: Setting) -> Words:
    params = setting.rules["seal-scope"].params
    by_share = int(params["max_share"] * row.buildings) if row.buildings > 0 else inf
    more = max(min(params["max_buildings"], by_share), 1) - int(row.hit_buildings) + 1
    return Words(
        f"再有{more:.0f}栋出现病例，或新增1例楼栋不明，改为封控小区。",
        f"Cases in {count(more, 'more building')}, or 1 new case whose building is unknown, make it the whole compound.",
    )


def _flips_in_time(row: Any, setting: Setting) -> Words:
    newest = setting.last_day if row.newest != row.newest else int(row.newest)
    due = iso(newest + setting.window)
    left = newest + setting.window - setting.last_day
    if row.open_suspected > 0:
        zh, en = f"且{row.open_suspected:.0f}例疑似排除", f" and {row.open_suspected:.0f} suspected excluded"
    else:
        zh, en = "", ""
    return Words(
        f"再连续{left}天无新增（至{due} 24时）{zh}，可按无病例小区重新评估。",
        f"{count(left, 'more day')} without a case (until 24:00 on {due}){en}: assessed again as a compound without cases.",
    )


def _flips_without(row: Any, setting: Setting) -> Words:
    rule = setting.release
    if row.action == "candidate" and rule:
        return Words(
            "新增1例确诊即取消，新增1例疑似、发热或密接即暂停。",
            "1 new confirmed cancels it; 1 new suspected, feverish person or contact suspends it.",
        )
    zh = "新增1例确诊或疑似，改为楼栋封控（楼栋不明则封控小区）"
    en = "1 new confirmed or suspected seals the building (the compound if the building is unknown)"
    lacking = _lacking(row, rule, setting) if rule else []
    if not lacking:
        return Words(zh + "。", en + ".")
    due = _round(row)
    zh_due, en_due = (f"，最早{due}一轮评定", f", in the round of {due} at the earliest") if due else ("", "")
    if len(lacking) == 1:
        return Words(
            f"{zh}；解决“{lacking[0].zh}”后可申报{zh_due}。",
            f"{en}; a candidate once this is settled: {lacking[0].en}{en_due}.",
        )
    return Words(
        f"{zh}；以上{len(lacking)}项全部解决后可申报{zh_due}。",
        f"{en}; a candidate once all {len(lacking)} points are settled{en_due}.",
    )


def _resting(row: Any, setting: Setting) -> tuple[Words, ...]:
    return setting.scope_caveat if row.action in ("seal", "seal_building") else ()


def _unplaced(row: Any, setting: Setting, district: Words) -> tuple[Words, ...]:
    if not row.unplaced_share >= setting.rules["priority"].params["unplaced_share"]:
        return ()
    return (
        Words(
            f"{district.zh}有{row.unplaced_share:.0%}的病例尚未落到小区（待复核或未匹配），本小区计数可能偏低。",
            f"{row.unplaced_share:.0%} of the cases of {district.en} are in no compound yet (in review or unmatched): "
            "the counts here may be too low.",
        ),
    )
