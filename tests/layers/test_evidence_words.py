"""Evidence is read by people in both languages; no plan writes a code that only a machine understands."""

import re

import pytest

from layers.decisions._evidence_words import evidence_words

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("confirmed 2020-02-12: 1", "确诊 2020-02-12：1人", "confirmed 2020-02-12: 1"),
        ("control building_sealed 2020-02-25", "管控 楼栋封控 2020-02-25", None),
        ("building 1栋", "楼栋 1栋", "building 1栋"),
        ("last case 2020-02-10", "末例 2020-02-10", "last case 2020-02-10"),
        ("offered WH-F02: unknown", "WH-F02 可提供 – 张", "offered WH-F02: –"),
        ("demand light: 26736", "轻症需求：26736", "demand Mild: 26736"),
        ("gap WH-D38 icu_nurse: 13", "WH-D38 缺重症护士 13人", "gap WH-D38, ICU nurses: 13"),
        ("icu: 965 beds x 1", "ICU床 965 张 × 1", "ICU: 965 beds × 1"),
        ("by staff nan", "按人员推算日耗 –", "by staff –"),
        ("short since day 18302", "自 2020-02-10 起低于目标", "short since 2020-02-10"),
        ("WH-F13: 556, 25.8 km", "自 WH-F13 调 556，25.8 公里", "556 from WH-F13, 25.8 km"),
        ("unmet critical: 1904 person-days", "危重型未收治：1904人·日", "unmet Critical: 1904 person-days"),
        ("something else", "something else", "something else"),
    ],
)
def test_a_code_is_said_in_both_languages(code, zh, en):
    said = evidence_words(code)
    assert said.zh == zh
    assert en is None or said.en == en
