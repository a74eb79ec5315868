"""One spelling for every way of writing the same address: script, width, numerals, private numbers, punctuation."""

import re
from dataclasses import dataclass
from functools import cache

_HANZI = range(0x4E00, 0xA000)
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_ROMAN = dict(zip("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ", ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"), strict=True))

# 000000 is the region code of an invented identity number; \d{17} covers it and every real one.
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\+?86-?)?1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-?\d{7,8}(?!\d)")

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_COUNTED = (
    r"(?:期|区|栋|幢|号|单元|室|楼|层|组|门|座|村|里(?![墩庙铺桥店河坡])|院|街坊|小区|社区|巷|弄|支路|路|队|地块)"
)
_NUMERAL = re.compile(rf"[一二三四五六七八九十百零〇两]+(?={_COUNTED})|(?<=第)[一二三四五六七八九十百]+")
_READ_OUT = ("栋", "幢", "号", "单元", "室", "楼", "层", "门", "座", "弄", "街坊")
_ORDINAL = re.compile(r"第(?=\d+期)")  # 第六期 and 六期 are one
_ROMAN_PHASE = re.compile(r"(?<![A-Z])(IV|III|II|VI|V|I)(?=期)")
_ROMAN_VALUE = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6"}

_HASH_BUILDING = re.compile(r"(?<=[0-9A-Z])#(?!\d*$)|(?<=[0-9A-Z])#(?=\d{3,4}$)|(?<=\d)#$")
_BUILDING_WORDS = re.compile(r"幢|号楼|(?<=[0-9A-Z])棟")
_PLACEHOLDER = re.compile(r"(?:暂无(?:资料|数据|信息)|不详|未知)(?:街道办事处|街道办|街道|街|社区|小区|路)?")
_NOISE = re.compile(r"[^0-9A-Z\u3400-\u9fff-]+")
_LOOSE_HYPHEN = re.compile(r"(?<![0-9A-Z])-+|-+(?![0-9A-Z])")


@dataclass(frozen=True)
class Spelling:
    """A normalised text and where separators stood in the original: `breaks` are offsets into `text`."""

    text: str
    breaks: frozenset[int]


def normalise(text: str) -> str:
    """Return `text` in the one spelling that all matching uses.

    Simplified characters, half width, upper case; telephone and identity numbers removed; Chinese numerals turned into
    digits only before a counted word (三期 -> 3期, but 五里墩 stays); 幢, 号楼 and 12# -> 栋; punctuation removed, except a
    hyphen between two digits or letters.
    >>> normalise("武漢市，江漢街 Ａ棟（三期）电话19900012345")
    '武汉市江汉街A栋3期电话'
    """
    return spell(text).text


def spell(text: str) -> Spelling:
    """Return the normalised text together with the places where punctuation or a removed number stood."""
    text = simplified(text)
    text = _PHONE.sub(" ", _ID_NUMBER.sub(" ", text))
    text = _PLACEHOLDER.sub(" ", text)
    text = _BUILDING_WORDS.sub("栋", _HASH_BUILDING.sub("栋", text))
    text = _ROMAN_PHASE.sub(lambda m: _ROMAN_VALUE[m.group(1)], text)
    text = _ORDINAL.sub("", _NUMERAL.sub(_digits, text))
    text = _LOOSE_HYPHEN.sub(" ", text)
    pieces, breaks, length = [], [], 0
    for piece in _NOISE.split(text):
        if piece:
            breaks.append(length)
            pieces.append(piece)
            length += len(piece)
    return Spelling("".join(pieces), frozenset(breaks[1:]))


def simplified(text: str) -> str:
    """Return a text in simplified characters, half width and upper case."""
    return text.translate(_table()).upper()


@cache
def _table() -> dict[int, str]:
    from opencc import OpenCC  # the dictionary is read once, when the first address comes

    hanzi = [chr(c) for c in _HANZI]
    # One character a line: no phrase rule of the dictionary can reach over a line end.
    simple = OpenCC("t2s").convert("\n".join(hanzi)).split("\n")
    table = {ord(a): b for a, b in zip(hanzi, simple, strict=True) if a != b and len(b) == 1}
    table |= {c: chr(c - 0xFEE0) for c in _FULL_WIDTH} | {0x3000: " "}
    table |= {ord(a): b for a, b in _ROMAN.items()}
    table[ord("邨")] = "村"
    return table


def _digits(match: re.Match[str]) -> str:
    """Turn one Chinese numeral into digits, where it is one."""
    numeral = match.group(0)
    if not set(numeral) & set("十百"):
        # 八一路 is a name and 一二期 lists two phases; only buildings and doors are read out digit by digit.
        read_out = len(numeral) == 1 or match.string.startswith(_READ_OUT, match.end())
        return "".join(str(_DIGITS[c]) for c in numeral) if read_out else numeral
    hundreds, has_hundreds, rest = numeral.rpartition("百")
    tens, has_tens, units = rest.rpartition("十")
    units = units.lstrip("零〇")
    if any(len(part) > 1 for part in (hundreds, tens.lstrip("零〇"), units)):
        return numeral
    total = 100 * _DIGITS.get(hundreds, 1) if has_hundreds else 0
    total += 10 * _DIGITS.get(tens.lstrip("零〇"), 1) if has_tens else 0
    if has_hundreds and not has_tens and units and rest[:1] not in ("零", "〇"):
        return str(total + 10 * _DIGITS[units])  # 一百二 is 120
    return str(total + (_DIGITS[units] if units else 0))
