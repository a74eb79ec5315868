"""Invented names and addresses of compounds, with the ambiguities of a real gazetteer."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

FIRST = "金银锦宏泰华丰福东汉楚云鹤梅兰桂翠御盛恒嘉佳瑞祥康安和平永新星光明阳春江湖滨水碧蓝天龙凤景怡雅馨逸君悦名世纪都荷枫松竹柏紫丹朝晨晓"
SECOND = "苑园庭源泰盛安康和湖江岸城景月星泽悦府华林枫桂荷莲汀洲港湾桥山岭峰溪泉雅馨怡翔悦锦绣尚品域邦达顺昌隆兴旺宁静居舍轩阁台楼"
ENDS = ["花园", "小区", "家园", "新村", "雅苑", "公馆", "华府", "名邸", "城", "苑", "公寓", "新城", "豪庭", "居"]
END_SHARE = np.array([18, 15, 12, 8, 8, 5, 5, 4, 6, 8, 4, 3, 2, 2]) / 100
WORKS = ["棉纺厂", "机床厂", "肉联厂", "邮政局", "电信局", "供电局", "粮食局", "无线电厂", "车辆厂", "水利局", "纺织厂", "印刷厂", "烟草局", "自来水公司", "公交公司", "教育局", "税务局", "建筑公司", "化工厂", "油漆厂", "轴承厂", "汽轮厂", "造纸厂", "铁路局", "航运公司", "地质局", "测绘院", "设计院", "中学", "小学"]  # fmt: skip
LANES = ["路", "路", "路", "街", "街", "巷", "一路", "二路", "大道"]
PHASES = ["一期", "二期", "三期", "东区", "西区", "南区", "北区", "A区", "B区"]
ALIAS_ENDS = {"花园": "小区", "小区": "", "家园": "小区", "新村": "小区", "雅苑": "", "公馆": "", "苑": "小区"}
MAIN_ROAD_M = 350.0


def name_land(land: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, seed: int) -> pd.DataFrame:
    """Return name, aliases, addresses, areas, community of each compound, in order.

    land   district, street, geometry in metres
    roads  name, geometry in metres: the main roads that compounds may stand on
    Names are unique within a district save for a few; about one in ten stands in a second district too.
    """
    rng = np.random.default_rng([seed, 3])
    names = _names(land, rng)
    addresses, road = _addresses(land, roads, rng)
    community = _communities(land, rng)
    areas = [[c.removesuffix("社区"), *_nickname(s, rng)] for c, s in zip(community, land["street"], strict=True)]
    aliases = [_aliases(name, first, r, rng) for name, first, r in zip(names.name, names.family, road, strict=True)]
    frame = pd.DataFrame({"name": names.name, "community": community, "road": road})
    for column, values in (("aliases", aliases), ("addresses", addresses), ("areas", areas)):
        frame[column] = pd.Series(values, index=frame.index, dtype=object)
    return frame


@dataclass(frozen=True)
class _Names:
    name: list[str]
    family: list[str]  # the name without its phase


class _Words:
    """Invents names that were not used before in a district."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.used: dict[str, set[str]] = {}
        self.elsewhere: list[tuple[str, str]] = []  # names that may come again in another district

    def fresh(self, district: str, street: str) -> str:
        """Return a name that the district does not have yet."""
        used = self.used.setdefault(district, set())
        while True:
            name = self._again(district) or self._new(street)
            if name not in used:
                used.add(name)
                self.elsewhere.append((name, district))
                return name

    def _again(self, district: str) -> str:
        if self._rng.random() > 0.05 or not self.elsewhere:
            return ""
        name, other = self.elsewhere[int(self._rng.integers(len(self.elsewhere)))]
        return name if other != district else ""

    def _new(self, street: str) -> str:
        pick = self._rng.random()
        if pick < 0.16:
            return self._one(WORKS) + str(self._rng.choice(["宿舍", "宿舍", "小区", "家属院", "生活区"]))
        if pick < 0.20:
            return street.removesuffix("街道") + str(self._rng.choice(["小区", "新村", "大院"]))
        end = str(self._rng.choice(ENDS, p=END_SHARE))
        middle = self._letter(SECOND) if self._rng.random() < 0.35 else ""
        return self._letter(FIRST) + self._letter(SECOND) + middle + end

    def _letter(self, letters: str) -> str:
        return letters[int(self._rng.integers(len(letters)))]

    def _one(self, words: list[str]) -> str:
        return words[int(self._rng.integers(len(words)))]


def _names(land: gpd.GeoDataFrame, rng: np.random.Generator) -> _Names:
    """One compound in nine begins a family of phases with its nearest neighbours of the same street."""
    words = _Words(rng)
    name, family = [""] * len(land), [""] * len(land)
    centre = shapely.get_coordinates(shapely.centroid(land.geometry.to_numpy()))
    place = list(zip(land["district"], land["street"], strict=True))
    members: dict[tuple[str, str], list[int]] = {}
    for at, key in enumerate(place):
        members.setdefault(key, []).append(at)
    for at in rng.permutation(len(land)).tolist():
        if name[at]:
            continue
        family[at] = name[at] = words.fresh(*place[at])
        if rng.random() < 0.07:
            mates = [m for m in members[place[at]] if not name[m]]
            away = ((centre[mates] - centre[at]) ** 2).sum(axis=1) if mates else []
            mates = [mates[k] for k in np.argsort(away, kind="stable")]
            labels = PHASES[:3] if rng.random() < 0.5 else PHASES[3:7] if rng.random() < 0.7 else PHASES[7:]
            for label, mate in zip(labels, [at, *mates], strict=False):
                name[mate], family[mate] = family[at] + label, family[at]
    return _Names(name, family)


def _addresses(
    land: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, rng: np.random.Generator
) -> tuple[list[list[str]], list[str]]:
    """A door on the main road nearby, else on one of the street's own roads; doors count along the road."""
    centre = shapely.centroid(land.geometry.to_numpy())
    near = shapely.STRtree(roads.geometry.to_numpy()).query_nearest(centre, max_distance=MAIN_ROAD_M, all_matches=False)
    main = dict(zip(near[0].tolist(), roads["name"].to_numpy(object)[near[1]], strict=True))
    along = shapely.line_locate_point(roads.geometry.to_numpy()[near[1]], centre[near[0]])
    where = dict(zip(near[0].tolist(), along.tolist(), strict=True))
    own: dict[str, list[str]] = {}
    doors: set[tuple[str, str, int]] = set()
    out, road = [], []
    for at, (district, street) in enumerate(zip(land["district"], land["street"], strict=True)):
        lanes = own.setdefault(district + street, _lanes(street, rng))
        name = str(main.get(at) or lanes[int(rng.integers(len(lanes)))])
        number = int(where[at] // 22) + 1 if at in where else int(rng.integers(1, 260))
        while (district, name, number) in doors:
            number += 2
        doors.add((district, name, number))
        listed = [f"{name}{number}号"]
        if at in where and rng.random() < 0.15:
            listed.append(f"{lanes[0]}{int(rng.integers(1, 90))}号")
        out.append(listed)
        road.append(name)
    return out, road


def _lanes(street: str, rng: np.random.Generator) -> list[str]:
    """Five to nine invented roads of a street; one bears its name."""
    stem = street.removesuffix("街道").removesuffix("镇")
    count = int(rng.integers(5, 10))
    first = rng.integers(0, len(FIRST), count)
    second = rng.integers(0, len(SECOND), count)
    kinds = rng.integers(0, len(LANES), count)
    drawn = [FIRST[a] + SECOND[b] + LANES[k] for a, b, k in zip(first, second, kinds, strict=True)]
    return [stem if stem.endswith("路") else stem + "路", *dict.fromkeys(drawn)]


def _communities(land: gpd.GeoDataFrame, rng: np.random.Generator) -> list[str]:
    """Communities of about five compounds, side by side within a street."""
    centre = shapely.get_coordinates(shapely.centroid(land.geometry.to_numpy()))
    out = [""] * len(land)
    for (_, street), rows in land.groupby(["district", "street"], sort=False):
        at = rows.index.to_numpy()
        count = max(1, len(at) // 5)
        seeds = centre[rng.choice(at, count, replace=False)]
        nearest = np.argmin(((centre[at][:, None] - seeds[None]) ** 2).sum(axis=2), axis=1)
        stem = str(street).removesuffix("街道")
        labels = [FIRST[i % len(FIRST)] + SECOND[(i * 7) % len(SECOND)] for i in rng.permutation(len(FIRST))[:count]]
        names = [f"{stem}社区", *(f"{label}社区" for label in labels)]
        for i, k in zip(at.tolist(), nearest.tolist(), strict=True):
            out[i] = names[k % len(names)]
    return out


def _aliases(name: str, family: str, road: str, rng: np.random.Generator) -> list[str]:
    found = []
    end = next((e for e in ALIAS_ENDS if family.endswith(e)), None)
    if end is not None and rng.random() < 0.30:
        found.append(name.replace(end, ALIAS_ENDS[end], 1))
    if name.endswith("宿舍") and rng.random() < 0.5:
        found.append(name.removesuffix("宿舍") + "家属楼")
    if rng.random() < 0.06:
        found.append(f"{road}{name}")
    return [alias for alias in dict.fromkeys(found) if len(alias) > 2 and alias != name]


def _nickname(street: str, rng: np.random.Generator) -> list[str]:
    return [street.removesuffix("街道")] if rng.random() < 0.4 else []
