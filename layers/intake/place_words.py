"""Words that name a road, an area, a district, the city, or nothing in particular: none of them may name a compound."""

import re
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection, func, select

from geo.address import normalise
from geo.address_places import PLAIN_WORDS, district_spellings, region_prefix
from geo.gazetteer import Gazetteer
from layers.intake.places import believed
from layers.store.schema import FOREVER, compound, district

COLUMNS = ("code", "name", "aliases", "addresses", "areas", "district_stated", "street", "community")
_BESIDE = re.compile(r"(?:旁边?|附近|对面|门口|隔壁|周边|一带|[东南西北]门|路口|交叉口|交汇处)$")
_ROAD = re.compile(r"(?:大道|路|街|巷|胡同)$")
_AREA = re.compile(r"(?:街道|街道办|办事处|社区|居委会|村委会)$")
_AREA_WORDS = ("道", "街道", "社区")  # 一元街 and 一元 are short for 一元街道
_COMPOUND_WORD = re.compile(r"(?<=..)(?:住宅小区|生活小区|居民小区|小区|社区|生活区)$")
_KINDS = """
小区 社区 住宅区 生活区 居民区 家属区 家属院 家属楼 家属 宿舍楼 宿舍 公寓 大院 院子 单位 职工 员工 教师 学生 居民 学校 幼儿园 小学 中学 大学 学院 医院
诊所 超市 商场 市场 菜场 酒店 宾馆 旅馆 工地 工厂 厂房 车站 地铁站 银行 派出所 本市 本地 外地
"""
_GENERAL = re.compile(f"(?:{'|'.join([*_KINDS.split(), *PLAIN_WORDS])})+")
_words: dict[tuple[str, int, int, int], "PlaceWords"] = {}
_lock = Lock()


@dataclass(frozen=True)
class PlaceWords:
    """What the reader of addresses takes for something else than a compound, in normalised spelling."""

    roads: frozenset[str]
    areas: frozenset[str]  # streets and communities among them
    districts: frozenset[str]

    def meant_by(self, name: str) -> str:
        """Return what a name means that is no compound's: a road, an area ..., "" when it may be a compound's.

        A landmark (中山公园) may lend a compound its name, as long as it is neither an area nor a road.
        """
        text = normalise(name)
        if _BESIDE.search(text):
            return "a place beside something"
        rest = self._without_region(text)
        if not rest:
            return "a district or a city"
        if _GENERAL.fullmatch(rest):
            return "a general word"
        core = _COMPOUND_WORD.sub("", rest)
        if _AREA.search(rest) or rest in self.areas or core in self.areas or self._is_short_area(rest):
            return "an area, a street or a community"
        return "a road" if _ROAD.search(core) or rest in self.roads or core in self.roads else ""

    def _is_short_area(self, text: str) -> bool:
        return any(text + word in self.areas for word in _AREA_WORDS)

    def _without_region(self, text: str) -> str:
        """The text without province, city and district in front; "" for what names nothing else.

        中山公园 and 南京里 begin with a city as well: it is taken off where 市 or a district follows.
        """
        region = region_prefix().match(text)
        rest = text[region.end() :] if region else text
        after = self._without_district(rest)
        if not after or after != rest or text[: len(text) - len(rest)].endswith(("市", "省", "自治区")):
            return after
        return self._without_district(text)

    def _without_district(self, text: str) -> str:
        for word in sorted(self.districts, key=len, reverse=True):
            if text == word or (text.startswith(word) and word[-1] in "区县市"):
                return text[len(word) :]
        return text


def place_words(connection: Connection, identity: str) -> PlaceWords:
    """Return the words of a store (`identity`) as its deliveries make them; found out once per state of these."""
    key = (identity, *_state(connection))
    with _lock:
        if key not in _words:
            _words.clear()
            _words[key] = _found(connection)
        return _words[key]


def _found(connection: Connection) -> PlaceWords:
    rows = believed(connection, compound, *COLUMNS)
    known = Gazetteer.from_frame(rows.rename(columns={"code": "compound_id", "district_stated": "district"}))
    names = {*known.districts, *believed(connection, district, "name")["name"]}
    spelt = {normalise(form) for name in names if name for form in district_spellings(name)}
    return PlaceWords(known.roads, known.areas, frozenset(spelt))


def _state(connection: Connection) -> tuple[int, int, int]:
    state = connection.execute(
        select(func.max(compound.c.id), func.count()).where(compound.c.known_until == FOREVER)
    ).one()
    outlines = connection.execute(select(func.max(district.c.id))).scalar()
    return state[0] or 0, state[1], outlines or 0
