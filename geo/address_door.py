"""What in an address tells the door of a home: building, unit, floor and room, in whatever way and order they are written."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from geo.address_spelling import normalise, simplified

_FORMAL = dict(zip("壹贰貳叁參参肆伍陆陸柒捌玖拾佰", "一二二三三三四五六六七八九十百", strict=True))
_ONE_WAY = str.maketrans({"〇": "零", "○": "零", "◯": "零", "廿": "二十", "卅": "三十"})
_CHINESE = "零一二三四五六七八九十百两"
_READ = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"两": "2"}

_UNIT = r"(?:单元|号楼|栋|幢|座|楼|梯|门|层|室|房|户|间|铺|洞|排|阁)"
# 陆, 伍 and 参 are names as well: there a formal numeral is one beside another numeral, in a chain, or before what is counted.
_NAMES = "陆伍参"
_NUMERAL = f"{''.join(_FORMAL)}{_CHINESE}\\d"
_FORMAL_RUN = re.compile(rf"(?P<one>(?<![{_NUMERAL}/-])[{_NAMES}](?![{_NUMERAL}/-]|号|{_UNIT}))|[{''.join(_FORMAL)}]")
# 五〇一 and 三五〇一 are read out; 二七, 五一 and 八一 are names.
_READ_OUT = re.compile(r"(?=[一二三四五六七八九两\d]*[零0]|[一二三四五六七八九]{3})[零一二三四五六七八九两\d]{2,}")
_CHAIN = re.compile(rf"(?=[\d-]*[{_CHINESE}])[{_CHINESE}\d]+(?:\s*[-‐-—/]\s*[{_CHINESE}\d]+)+")  # 三-二-五〇一

STANDS_FOR = " 甲室 "  # any unit: what could not be told apart once letters and hyphens are brought into one spelling
_WORDS = "building|bldg|block|blk|tower|unit|entrance|staircase|stair|lift|room|rm|flat|apartment|apt|suite|ste|floor|flr|fl|level|lvl|door|house|villa|number|nr|no"
_COUNTED = "zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
_NUMBER = rf"(?:[A-Za-z]{{0,2}}\d[0-9A-Za-z]*(?:[-/][0-9A-Za-z]+)*|[A-Za-z]{{1,2}}(?![A-Za-z])|(?:{_COUNTED})(?:[\s-]+(?:and[\s-]+)?(?:{_COUNTED}))*(?![A-Za-z]))"
_SIGNS = r"[\s.:#№,-]*"
_ENGLISH = re.compile(
    rf"(?<![A-Za-z])(?:{_WORDS})s?(?![A-Za-z]){_SIGNS}{_NUMBER}"
    rf"|(?<![0-9A-Za-z])(?:\d+(?:st|nd|rd|th)|{_NUMBER})[\s-]*(?:{_WORDS})s?(?![A-Za-z])(?!{_SIGNS}{_NUMBER})",
    re.IGNORECASE,
)

_LETTER = rf"(?<![A-Z])(?:[A-Z](?![A-Z])|[A-Z]+(?={_UNIT}))"
_DIGITS = r"(?<![A-Z])[A-Z]?\d+[A-Z]?(?![A-Z])"
_VALUE = rf"(?:{_DIGITS}|{_LETTER}|[{_CHINESE}]+|[甲乙丙丁戊己庚辛])"
_SIDE = r"[东南西北中左右前后正]{1,2}(?:单元|户|室|梯|套)"
_MORE = rf"(?:-?{_VALUE}(?:{_UNIT}|号)?|{_UNIT})*"  # what stands behind a unit belongs to it
_CLOSED = rf"(?:(?<=[室房户])(?:-?{_DIGITS}(?:{_UNIT}|号)?|{_UNIT})*|(?<![室房户]){_MORE})"  # 101室二七小区: nothing smaller than a room follows
_DOOR_NUMBER = r"(?<=[路街巷道同线速])[附特临]?\d{1,5}(?:(?:附|之|-)\d{1,2})?(?:号(?:附\d{1,2}号?)?院?|支弄|弄(?:\d{1,4}支?弄)?)(?![楼栋室])"
_PART = r"(?<![0-9A-Z-])(?:\d{1,2}(?:期|区|村|里|院|街坊|小区|社区|巷|支?路|街|道|大道|队|组|地块|组团|环|国道|省道|号[路线桥院])|\d{3}(?:小区|街坊|国道|省道)|[A-Z]\d?(?:期|区|地块|组团))"
_MARKS = re.compile(
    rf"(?P<open>{_DOOR_NUMBER}|{_PART})"
    rf"|(?P<unit>(?:[第附负]|地下)?{_VALUE}{_UNIT}{_CLOSED}|{_SIDE}{_CLOSED}|{_DIGITS}(?:-{_DIGITS})+(?:{_UNIT}|号)?)"
    rf"|(?P<number>[0-9A-Z-]*\d[0-9A-Z-]*(?:号{_MORE})?|{_LETTER})"
)
LABEL = re.compile(rf"(?:[{_CHINESE}]{{2,}}|房间?号?|门牌号?|室号?|单元号?|楼号|栋号|(?<!\d)号|地下|第|附|负)$")


@dataclass(frozen=True)
class Piece:
    """A stretch of an address that may be shown, and whether what ended it names a unit, and is not merely a number; the last ends with nothing."""

    text: str
    ends_in_unit: bool


def pieces(text: str) -> Iterator[Piece]:
    """Yield what an address says beside building, unit, floor, room and every number that is no door of a road, lane or phase.

    >>> [piece.text for piece in pieces("3栋501春风里")], [piece.text for piece in pieces("珞瑜路95号 三期 五〇一")]
    (['', '春风里'], ['珞瑜路95号3期', ''])
    """
    whole, at = normalise(_legible(text)), 0
    for mark in _MARKS.finditer(whole):
        if mark.lastgroup != "open":
            yield Piece(whole[at : mark.start()], mark.lastgroup == "unit")
            at = mark.end()
    yield Piece(whole[at:], ends_in_unit=False)


def _legible(text: str) -> str:
    """The text with numbers in digits where they are read out or formal, and with English units as Chinese ones."""
    plain = simplified(unicodedata.normalize("NFKC", text).translate(_ONE_WAY))
    if plain.upper() != plain.lower():  # letters
        plain = _ENGLISH.sub(STANDS_FOR, plain)
    plain = _FORMAL_RUN.sub(lambda run: run[0] if run["one"] else _FORMAL[run[0]], plain)
    plain = _CHAIN.sub(STANDS_FOR, plain)
    return _READ_OUT.sub(lambda run: "".join(_READ.get(c, c) for c in run.group(0)), plain)
