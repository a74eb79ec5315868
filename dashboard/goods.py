"""English for what providers name in Chinese only: goods, their units, and the groups that beds and staff are counted for."""

import re
import tomllib
from collections.abc import Mapping

from dashboard.text import WORDS
from layers.decisions.beds import NEED_WORDS
from layers.decisions.staff import SKILL_WORDS

_NAMED = tomllib.loads((WORDS / "goods.toml").read_text("utf-8"))
GOODS: Mapping[str, str] = _NAMED["goods"]
UNITS: Mapping[str, str] = _NAMED["units"]
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
