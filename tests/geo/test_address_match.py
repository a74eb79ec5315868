"""Matching addresses: what is accepted, what goes to review, and why."""

import pandas as pd
import pytest

from geo.address_match import AddressAnswer, AddressMatcher
from geo.gazetteer import Gazetteer

COMPOUNDS = pd.DataFrame(
    [
        # id, name, aliases, addresses, areas, district
        ("P1", "滨江苑一期", "", "武汉市沿江大道183号", "三阳路", "江岸区"),
        ("P3", "滨江苑三期", "", "沿江大道185号", "三阳路", "江岸区"),
        ("D", "丹水池小区", "", "解放大道2020号", "二七", "江岸区"),
        ("H1", "教师公寓", "", "鲁磨路407号", "关山", "洪山区"),
        ("H2", "教师公寓", "", "汉阳大道310号", "七里庙", "汉阳区"),
        ("Z", "清江山水", "", "软件园二路10号", "民族大道", "东湖高新区"),
        ("J", "万科金域蓝湾花园", "金域蓝湾", "白沙洲大道88号", "白沙洲", "洪山区"),
        ("L", "康宁大楼", "", "宛平南路485弄", "", "徐汇区"),
        ("L2", "枫林大楼", "", "宛平南路420弄", "", "徐汇区"),
        ("K", "常乐里12街坊", "", "工业一路24号", "", "青山区"),
    ],
    columns=["compound_id", "name", "aliases", "addresses", "areas", "district"],
)


@pytest.fixture(scope="module")
def matcher() -> AddressMatcher:
    return AddressMatcher(Gazetteer.from_frame(COMPOUNDS))


def ask(matcher: AddressMatcher, address: str, district: str | None = None) -> tuple[str, str, AddressAnswer]:
    (answer,) = matcher.match([address], [district])
    chosen = matcher.gazetteer.compounds[answer.position].compound_id if answer.position >= 0 else ""
    return answer.status, chosen, answer


@pytest.mark.parametrize(
    ("address", "compound", "why"),
    [
        ("武汉市江岸区沿江大道183号滨江苑一期12栋802", "P1", "name, door and district"),
        ("武漢市江岸區瀕江苑三期".replace("瀕", "濱"), "P3", "traditional characters"),
        ("江岸区，二七街道，丹水池小区，３栋２单元", "D", "separators and full width"),
        ("洪山区教师公寓3栋", "H1", "of two namesakes the one in the stated district"),
        ("汉阳大道310号教师公寓", "H2", "of two namesakes the one at the stated door"),
        ("洪山区白沙洲街道金域蓝湾", "J", "an alias"),
        ("王芳 洪山区清江山水软件园二路10号 13912345678", "Z", "a development zone overlaps the district"),
        ("江岸区滨江苑第三期", "P3", "an ordinal before the phase"),
        ("江岸区滨江苑(Ⅲ期)5栋", "P3", "a Roman phase"),
        ("江岸区滨江苑3期5栋", "P3", "a phase in digits"),
        ("徐汇区宛平南路485弄", "L", "a lane alone"),
        ("徐汇区宛平南路485弄12号301室", "L", "a house in a lane"),
    ],
)
def test_accepted_when_name_and_place_agree(matcher, address, compound, why):
    status, chosen, answer = ask(matcher, address)
    assert (status, chosen) == ("accepted", compound), (why, answer.reason_zh)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("江岸区沿江大道滨江苑5栋", "siblings, and no phase is named"),
        ("江岸区沿江大道滨江苑二期5栋", "a phase that the gazetteer does not hold"),
        ("教师公寓3栋", "two namesakes and nothing to tell them apart"),
        ("汉阳区丹水池小区", "the district conflicts"),
        ("徐汇区宛平南路500弄", "another lane of the same road"),
        ("徐汇区宛平南路485号", "a house number is no lane"),
        ("青山区常乐里112街坊", "12 is only the end of 112"),
        ("江岸区滨江苑东区5栋", "a block that the gazetteer does not hold"),
        ("江岸区红树丹水池小区", "unknown words touch the name"),
        ("江岸区161丹水池小区", "unknown digits touch the name"),
        ("长沙市江岸区二七丹水池小区", "another city"),
        ("北京市朝阳区二七丹水池小区", "a district of another city"),
        ("洪山区万科金域绿湾花园", "one character sounds differently"),
        ("江岸区丹水池小区洪山区金域蓝湾", "two compounds are named"),
        ("武汉市江岸区", "a district only"),
        ("", "nothing at all"),
    ],
)
def test_never_accepted_by_chance(matcher, address, why):
    status, _, answer = ask(matcher, address)
    assert status != "accepted", (why, answer.reason_zh)


def test_siblings_go_to_review_as_a_family(matcher):
    status, _, answer = ask(matcher, "江岸区沿江大道滨江苑5栋")
    family = {matcher.gazetteer.compounds[p].compound_id for p, _ in answer.alternatives}
    assert status == "review"
    assert {"P1", "P3"} <= family


@pytest.mark.parametrize("address", ["青山区红卫路街道", "武汉市青山区", "青山区红卫路街道办事处12栋"])
def test_a_street_office_or_a_district_is_no_compound_of_its_name(address):
    gazetteer = Gazetteer.from_frame(
        pd.DataFrame(
            [("R", "红卫路小区", "红卫路", "青山区"), ("Q", "青山小区", "", "青山区")],
            columns=["compound_id", "name", "areas", "district"],
        )
    )
    assert ask(AddressMatcher(gazetteer), address)[0] == "unmatched"
    assert ask(AddressMatcher(gazetteer), "青山区红卫路小区")[:2] == ("accepted", "R")


def test_an_alias_that_is_the_general_name_of_phases_means_none_of_them():
    gazetteer = Gazetteer.from_frame(
        pd.DataFrame(
            [("A", "湖畔睿园", "湖畔花园", "洪山区"), ("B", "湖畔花园一期", "", "洪山区")],
            columns=["compound_id", "name", "aliases", "district"],
        )
    )
    status, _, answer = ask(AddressMatcher(gazetteer), "洪山区湖畔花园3栋")
    assert status == "review", answer.reason_zh
    assert {position for position, _ in answer.alternatives} == {0, 1}


@pytest.mark.parametrize(("written", "barred"), [("万科金城蓝湾花园", False), ("万科金色蓝湾花园", True)])
def test_a_character_that_looks_alike_is_an_error_and_another_one_another_name(matcher, written, barred):
    _, chosen, answer = ask(matcher, f"洪山区白沙洲{written}")
    assert chosen == "J"
    assert ("音形都不近" in answer.reason_zh) is barred


def test_a_homophone_is_found_and_shown_for_review(matcher):
    status, chosen, answer = ask(matcher, "洪山区万科金玉蓝湾花园")
    assert chosen == "J"
    assert "同音" in answer.reason_zh or "相近" in answer.reason_zh


def test_the_reason_names_what_was_removed_and_what_conflicts(matcher):
    _, _, answer = ask(matcher, "汉阳区丹水池5栋")
    assert "小区名去掉“小区”后完全一致;地址写汉阳区,名录为江岸区" in answer.reason_zh
    assert "exact after removing 小区" in answer.reason_en
    assert "district conflicts: 汉阳区 in the address, 江岸区 in the gazetteer" in answer.reason_en


def test_every_answer_explains_itself_in_both_languages(matcher):
    for answer in matcher.match(["丹水池", "滨江苑", "没有这个地方", "", "宛平南路485弄"]):
        assert answer.reason_zh
        assert answer.reason_en


def test_a_district_given_beside_the_address_counts(matcher):
    assert ask(matcher, "教师公寓3栋", "汉阳区")[:2] == ("accepted", "H2")


def test_the_best_candidate_leads_at_most_five_alternatives(matcher):
    for answer in matcher.match(["洪山区教师公寓", "江岸区滨江苑", "教师公寓"]):
        positions = [position for position, _ in answer.alternatives]
        scores = [score for _, score in answer.alternatives]
        assert positions[0] == answer.position
        assert len(positions) == len(set(positions)) <= 5
        assert scores == sorted(scores, reverse=True)


def test_equal_addresses_are_matched_once(matcher):
    told = []
    answers = matcher.match(["丹水池小区"] * 50 + ["教师公寓"], progress=lambda done, of: told.append((done, of)))
    assert told == [(2, 2)]
    assert len(answers) == 51
    assert len(set(map(id, answers[:50]))) == 1


def test_an_empty_gazetteer_matches_nothing():
    empty = AddressMatcher(Gazetteer.from_frame(pd.DataFrame({"compound_id": [], "name": []})))
    assert [a.status for a in empty.match(["丹水池小区", ""])] == ["unmatched", "unmatched"]
