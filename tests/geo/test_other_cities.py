"""Cities that nothing was tuned for: Hong Kong's estates and blocks in traditional characters, Shanghai's lanes and villages."""

from collections.abc import Iterator

import pandas as pd
import pytest

from geo.match import CompoundMatcher

# Estates, districts, addresses and names of blocks as Hong Kong's Housing Authority and estate managements publish them.
ESTATES = [
    ("淘大花園", "觀塘區", "牛頭角道77號", [f"{block}座" for block in "ABCDEFGHIJKLMNOPQRS"]),
    ("沙田第一城", "沙田區", "銀城街2號", [f"第{block}座" for block in range(1, 53)]),
    ("美孚新邨", "深水埗區", "百老匯街", [f"第{phase}期" for phase in "一二三四五六七八"]),
    ("藍田邨", "觀塘區", "啟田道", ["藍暉樓", "藍碧樓", "藍蔚樓", "藍泰樓"]),
    ("彩虹邨", "黃大仙區", "紅萍路", ["紅萼樓", "碧海樓", "白雪樓", "金碧樓", "丹鳳樓", "紫薇樓"]),
    ("逸東邨", "離島區", "逸東街8號", ["雍逸樓", "康逸樓", "清逸樓", "美逸樓", "福逸樓"]),
    ("葵涌邨", "葵青區", "大窩口道", ["逸葵樓", "夏葵樓", "映葵樓", "雅葵樓", "曉葵樓", "春葵樓", "秋葵樓", "百葵樓"]),
    ("德福花園", "觀塘區", "偉業街33號", [f"{block}座" for block in "ABCDEFGHIJKLMNOPQRSTU"]),
]
TWINS = [("嘉禾大廈", "油尖旺區", "彌敦道771號"), ("嘉禾大廈", "東區", "英皇道375號")]


@pytest.fixture(scope="module")
def hong_kong() -> CompoundMatcher:
    rows = [
        (f"{estate}{block}", f"{estate}{block}", district, address)
        for estate, district, address, blocks in ESTATES
        for block in blocks
    ] + [(f"{name}-{district}", name, district, address) for name, district, address in TWINS]
    return CompoundMatcher.build(pd.DataFrame(rows, columns=["compound_id", "name", "district", "addresses"]))


def written() -> Iterator[tuple[str, str]]:
    """Addresses as patients give them, each with the block it means."""
    for estate, district, address, blocks in ESTATES:
        for block in blocks:
            named = f"{estate}{block}"
            yield f"香港{district}{address}{named}12樓8室", named
            yield f"香港特別行政區{district}{named}0713室", named
            yield f"{district}{named}", named
            yield f"{named}7樓A室", named
    for name, district, address in TWINS:
        yield f"{district}{address}{name}5樓", f"{name}-{district}"


def answers(matcher: CompoundMatcher, addresses: list[str]) -> pd.DataFrame:
    return matcher.match(pd.DataFrame({"case_id": [str(i) for i in range(len(addresses))], "address": addresses}))


def test_blocks_of_hong_kong_are_told_apart(hong_kong):
    addresses, meant = zip(*written(), strict=True)
    found = answers(hong_kong, list(addresses))
    accepted = found["status"] == "accepted"
    assert (found["compound_id"] == list(meant))[accepted].all()
    assert accepted.mean() > 0.9


def test_a_block_that_hong_kong_does_not_list_is_never_another_one(hong_kong):
    unknown = [
        f"香港{district}{address}{estate}{block}12樓8室"
        for estate, district, address, _ in ESTATES
        for block in ("", "Z座", "第九十九座", "第十二期", "瑞安樓")
    ]
    assert "accepted" not in set(answers(hong_kong, [*unknown, "嘉禾大廈7樓A室"])["status"])


# Lanes (弄), numbered villages and production teams (队) as they stand in Shanghai's notices.
SHANGHAI = [
    ("康乐小区", "徐汇区", "宛平南路485弄"),
    ("枫林新村", "徐汇区", "宛平南路420弄"),
    ("曹杨一村", "普陀区", "花溪路"),
    ("曹杨二村", "普陀区", "兰溪路"),
    ("曹杨八村", "普陀区", "枣阳路"),
    ("三林苑", "浦东新区", "三林路1466弄"),
    ("联丰村3队", "浦东新区", "联丰村"),
    ("联丰村4队", "浦东新区", "联丰村"),
]


@pytest.fixture(scope="module")
def shanghai() -> CompoundMatcher:
    rows = [(name, name, district, address) for name, district, address in SHANGHAI]
    return CompoundMatcher.build(pd.DataFrame(rows, columns=["compound_id", "name", "district", "addresses"]))


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("徐汇区宛平南路485弄12号301室", "康乐小区"),
        ("上海市徐汇区宛平南路420弄", "枫林新村"),
        ("普陀区曹杨八村56号", "曹杨八村"),
        ("普陀区曹杨2村12号", "曹杨二村"),
        ("浦东新区三林路1466弄38号", "三林苑"),
        ("浦东新区联丰村三队25号", "联丰村3队"),
    ],
)
def test_lanes_villages_and_teams_of_shanghai_are_found(shanghai, address, meant):
    found = answers(shanghai, [address]).iloc[0]
    assert (found["status"], found["compound_id"]) == ("accepted", meant), found["reason_zh"]


@pytest.mark.parametrize(
    "address",
    [
        "徐汇区宛平南路485号",  # a house on the road, not the lane
        "徐汇区宛平南路48弄",
        "普陀区曹杨三村56号",
        "普陀区曹杨村56号",
        "浦东新区联丰村五队25号",
        "浦东新区联丰村25号",
        "浦东新区三林路1446弄38号",
    ],
)
def test_a_lane_village_or_team_that_shanghai_does_not_list_is_never_another_one(shanghai, address):
    found = answers(shanghai, [address]).iloc[0]
    assert found["status"] != "accepted", (found["compound_id"], found["reason_zh"])
