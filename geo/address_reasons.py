"""One sentence in Chinese and one in English that say why an address was matched, or was not."""

from geo.address_evidence import Evidence, How
from geo.address_judge import Case
from geo.gazetteer import Form, Gazetteer

_BARS = {
    "other_city": ("地址写的是{city}市,不是本市", "the address names another city, {city}"),
    "phase": (
        "期数或区号对不上,同名各期须人工选择",
        "the phase or block differs; a person must choose among the siblings",
    ),
    "family": (
        "没有写明期数或区号,同名各期须人工选择",
        "the phase or block is missing; a person must choose among the siblings",
    ),
    "bare": (
        "只有小区名,无法确定是哪一个",
        "there is nothing but a name, which does not settle which compound is meant",
    ),
    "longer": (
        "名称前有不认识的字,可能是另一个更长的小区名",
        "unknown characters touch the front of the name, so it may be a longer name of another compound",
    ),
    "unexplained": ("门牌一致,但还有不认识的字", "the door agrees, but words stand there that nothing explains"),
    "number": ("数字可能属于小区名也可能是楼号", "the number may belong to the name or to the building"),
    "letter": (
        "名称有一字不同,且音形都不近,可能是另一个小区",
        "one character differs and neither sounds nor looks alike, so it may be another compound",
    ),
    "sibling": (
        "不同的一字正是区分同系小区的字,须人工确认",
        "the character that differs is one that tells sibling compounds apart; a person must confirm",
    ),
    "half": (
        "小区名的专有部分有一半写法不同,可能是另一个小区",
        "half of what is special about the name is written differently, so it may be another compound",
    ),
    "two": ("地址里写了两个小区", "the address names two compounds"),
    "spelling": ("名录中另有字面完全相同的小区", "another compound of the gazetteer is written exactly so"),
    "twins": ("名录中有{n}个同名小区,无法区分", "{n} compounds of this name cannot be told apart"),
}


def reasons(gazetteer: Gazetteer, case: Case, status: str, bar: str) -> tuple[str, str]:
    """Return the reason in Chinese and in English; facts in the order name, district, road, doubts."""
    parts = [_name(gazetteer, case.best), *_places(gazetteer, case)]
    if bar:
        zh, en = _BARS[bar]
        twins = sum(e.found.form == case.best.found.form for e in case.ranked)
        parts.append(
            (zh.format(city=case.reading.other_city, n=twins), en.format(city=case.reading.other_city, n=twins))
        )
    elif status != "accepted":
        parts.append(_doubt(case))
    return ";".join(zh for zh, _ in parts if zh), "; ".join(en for _, en in parts if en)


def _name(gazetteer: Gazetteer, best: Evidence) -> tuple[str, str]:
    compound = gazetteer.compounds[best.found.position]
    written, name = best.found.hit.text, compound.name
    if best.found.how is How.DOOR:
        return f"门牌“{written}”与名录中“{name}”的地址一致", f"the door {written} is listed for {name}"
    if best.found.how is How.SOUND:
        return f"“{written}”与小区名“{best.found.form}”同音", f"{written} sounds like the name {best.found.form}"
    if best.found.how is How.NEAR:
        return f"“{written}”与小区名“{best.found.form}”相近", f"{written} is nearly the name {best.found.form}"
    if best.found.kind is Form.NAME:
        return f"小区名“{written}”完全一致", f"the name {written} is exact"
    if best.found.kind is Form.ALIAS:
        return f"“{written}”是“{name}”的别名", f"{written} is another name of {name}"
    if best.found.kind is Form.CORE:
        dropped = compound.full.removeprefix(written) or "小区"
        return f"小区名去掉“{dropped}”后完全一致", f"the name is exact after removing {dropped}"
    return f"“{written}”是“{name}”等各期的总名", f"{written} is the family name of {name} and its siblings"


def _places(gazetteer: Gazetteer, case: Case) -> list[tuple[str, str]]:
    best, compound = case.best, gazetteer.compounds[case.best.found.position]
    said = []
    stated = "、".join(dict.fromkeys(name for _, name in case.reading.districts))
    if best.district > 0:
        said.append((f"{compound.district}一致", f"the district {compound.district} agrees"))
    elif best.district < 0:
        said.append(
            (
                f"地址写{stated},名录为{compound.district}",
                f"district conflicts: {stated} in the address, {compound.district} in the gazetteer",
            )
        )
    if best.door > 0 and best.found.how is not How.DOOR:
        said.append(("门牌号一致", "road and number agree"))
    elif best.door < 0:
        said.append(("路名一致但门牌号不同", "the road agrees, the number differs"))
    elif best.road > 0 and best.found.how is not How.DOOR:
        said.append(("路名一致", "the road agrees"))
    elif best.road < 0:
        said.append(("路名与名录不同", "the road differs from the gazetteer"))
    if best.area > 0:
        said.append(("所在片区一致", "the area agrees"))
    return said


def _doubt(case: Case) -> tuple[str, str]:
    best = case.best
    if best.left_run or best.right_run:
        return (
            "名称前后还有不认识的字,可能是另一个小区",
            "unknown characters touch the name, so it may be another compound",
        )
    if case.margin < 0.3 and len(case.ranked) > 1:
        return "另有同样可能的小区", "another compound fits as well"
    if best.is_place:
        return "这几个字也是路名或片区名", "these characters also name a road or an area"
    if best.left_free + best.right_free:
        return "地址中还有不认识的字", "the address holds characters that nothing explains"
    return "证据不足,须人工确认", "the evidence is not enough; a person must confirm"
