"""English for what providers name in Chinese only: goods, their units, and the groups that beds and staff are counted for."""

import re
from collections.abc import Mapping

from layers.decisions.beds import NEED_WORDS
from layers.decisions.staff import SKILL_WORDS

GOODS: Mapping[str, str] = {
    "医用防护服": "protective suits",
    "防护服（连体）": "protective suits, one-piece",
    "隔离衣": "isolation gowns",
    "护目镜": "goggles",
    "护目镜（日本）": "goggles (Japan)",
    "防护面屏": "face shields",
    "N95口罩": "N95 masks",
    "KN95 带阀口罩": "KN95 masks with valve",
    "医用口罩": "medical masks",
    "医用外科口罩": "surgical masks",
    "医用手套": "medical gloves",
    "一次性乳胶手套": "latex gloves, single use",
    "84消毒液": "bleach (84)",
    "呼吸机": "ventilators",
}
UNITS: Mapping[str, str] = {
    "套": "sets",
    "件": "pieces",
    "个": "pieces",
    "只": "pieces",
    "双": "pairs",
    "副": "pairs",
    "箱": "boxes",
    "桶": "barrels",
    "台": "units",
    "升": "litres",
    "瓶": "bottles",
}
GROUPS: Mapping[str, str] = {words.zh: words.en for words in (*NEED_WORDS.values(), *SKILL_WORDS.values())}
_UNIT_OF_A_NUMBER = re.compile(rf"(?<=\d) ?({'|'.join(UNITS)})(?![\u4e00-\u9fff])")


def in_words(name: str, lang: str) -> str:
    """Return the name of a good, a unit or a group in the page's language; a name that nobody translated stays as it is."""
    if lang == "zh":
        return name
    found = GOODS.get(name) or UNITS.get(name) or GROUPS.get(name)
    return found[0].upper() + found[1:] if found and name not in UNITS else found or name


def said(sentence: str, lang: str) -> str:
    """Return an English sentence with the units and goods in it in English, for example "3,656 套 in stock"."""
    if lang == "zh":
        return sentence
    for zh, en in GOODS.items():
        sentence = sentence.replace(zh, en)
    return _UNIT_OF_A_NUMBER.sub(lambda unit: f" {UNITS[unit[1]]}", sentence)
