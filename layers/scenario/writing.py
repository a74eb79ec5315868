"""How homes get written down: right, short, or wrong in the ways that telephone and paper make them wrong."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Which character is heard or seen instead: same sound, or nearly the same shape.
MISHEARD = dict(zip("园苑丽华嘉佳锦金宏鸿景福江桥泰盛祥翔楚春湖枫峰康安兰馨星新城庭源怡逸御裕翠滨景光广阳洋龙隆桂贵荷和", "圆院利花佳家金锦红宏井富姜乔太胜翔祥储村胡峰枫糠按蓝心新星成亭圆宜易玉御脆宾锦广光杨阳隆龙贵桂和荷", strict=True))  # fmt: skip
MISREAD = dict(zip("苑园府城庄银铁汉水光天江土未", "苑国附诚压很铁汊永先夭汪士末", strict=True))
OLD_FORMS = str.maketrans("汉武东区园号楼单华丰龙广阳岸兴乐宝门庄铁车邮纺织", "漢武東區園號樓單華豐龍廣陽岸興樂寶門莊鐵車郵紡織")
WIDE = str.maketrans("0123456789-#", "０１２３４５６７８９－＃")
CHINESE = "零一二三四五六七八九十"
HEADS = ["湖北省武汉市", "武汉市", "武汉市", "武汉市", "武汉", "", "", "湖北武汉", "现住：", "居住地：武汉市", "患者住"]
SUFFIXES = ("小区", "花园", "家园", "雅苑", "公馆", "新村", "公寓", "苑")
SHARES = {
    "no district": 0.18,
    "wrong district": 0.015,
    "street named": 0.35,
    "no road": 0.42,
    "wrong road": 0.015,
    "road only": 0.03,
    "alias": 0.10,
    "no suffix": 0.05,
    "misheard": 0.035,
    "misread": 0.012,
    "left out": 0.01,
    "doubled": 0.008,
    "old forms": 0.015,
    "spaces": 0.05,
    "full width": 0.04,
    "name first": 0.03,
    "phone pasted": 0.035,
    "identity number pasted": 0.012,
    "near": 0.01,
}


@dataclass(frozen=True)
class Written:
    """Addresses as written, and what was done to each (names of SHARES)."""

    text: list[str]
    dirt: list[frozenset[str]]


def write_addresses(homes: pd.DataFrame, phones: list[str], numbers: list[str], rng: np.random.Generator) -> Written:
    """Return one written address per home.

    homes  name, aliases (list), road, door, district, street, building, other_district, other_road
    """
    count = len(homes)
    struck = {dirt: rng.random(count) < share for dirt, share in SHARES.items()}
    heads = rng.integers(0, len(HEADS), count)
    picks = rng.random((count, 3))
    text, done = [], []
    for at, home in enumerate(homes.itertuples(index=False)):
        dirt = frozenset(name for name, hit in struck.items() if hit[at])
        body = _place(home, dirt, picks[at])
        line = HEADS[heads[at]] + _spelled(body, dirt)
        if "phone pasted" in dirt:
            line += ("，电话" if picks[at, 0] < 0.5 else " ") + phones[at]
        if "identity number pasted" in dirt:
            line += " " + numbers[at]
        text.append(line)
        done.append(dirt)
    return Written(text, done)


def _place(home: object, dirt: frozenset[str], pick: np.ndarray) -> str:
    district = getattr(home, "other_district" if "wrong district" in dirt else "district")
    short = district.removesuffix("区") if pick[0] < 0.12 and len(district) > 2 else district
    parts = ["" if "no district" in dirt else short]
    parts.append(home.street.replace("街道", "街道办事处" if pick[1] < 0.2 else "街道") if "street named" in dirt else "")  # type: ignore[attr-defined]
    road = getattr(home, "other_road" if "wrong road" in dirt else "road")
    door = "" if pick[2] < 0.3 and "road only" not in dirt else home.door  # type: ignore[attr-defined]
    road = "" if "no road" in dirt and "road only" not in dirt else road + door
    name = "" if "road only" in dirt else _name(home, dirt, pick)
    parts += [name, road] if "name first" in dirt else [road, name]
    tail = "附近" if "near" in dirt else home.tail  # type: ignore[attr-defined]
    return (" " if "spaces" in dirt else "").join(part for part in (*parts, tail) if part)


def _name(home: object, dirt: frozenset[str], pick: np.ndarray) -> str:
    name: str = home.name  # type: ignore[attr-defined]
    aliases: list[str] = home.aliases  # type: ignore[attr-defined]
    if "alias" in dirt and aliases:
        name = aliases[int(pick[0] * len(aliases))]
    if "no suffix" in dirt:
        end = next((e for e in SUFFIXES if name.endswith(e) and len(name) > len(e) + 1), "")
        name = name.removesuffix(end)
    at = int(pick[1] * len(name))
    if "misheard" in dirt:
        name = _swap(name, MISHEARD, at)
    if "misread" in dirt:
        name = _swap(name, MISREAD, at)
    if "left out" in dirt and len(name) > 3:
        name = name[:at] + name[at + 1 :]
    return name[: at + 1] + name[at:] if "doubled" in dirt else name


def _swap(name: str, table: dict[str, str], at: int) -> str:
    """Replace the first character from `at` on that can be taken for another."""
    order = [*range(at, len(name)), *range(at)]
    spot = next((i for i in order if table.get(name[i], name[i]) != name[i]), None)
    return name if spot is None else name[:spot] + table[name[spot]] + name[spot + 1 :]


def _spelled(body: str, dirt: frozenset[str]) -> str:
    if "old forms" in dirt:
        body = body.translate(OLD_FORMS)
    return body.translate(WIDE) if "full width" in dirt else body


def tails(building: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Return the end of an address for each building number: building, unit and room in one of the usual forms."""
    count = len(building)
    form, unit = rng.random(count), rng.integers(1, 4, count)
    room = rng.integers(1, 19, count) * 100 + rng.integers(1, 5, count)
    out = []
    for b, f, u, r in zip(building.tolist(), form.tolist(), unit.tolist(), room.tolist(), strict=True):
        if f < 0.40:
            out.append(f"{b}栋{u}单元{r}室")
        elif f < 0.58:
            out.append(f"{b}栋{r}")
        elif f < 0.70:
            out.append(f"{b}号楼{u}单元{r}")
        elif f < 0.80:
            out.append(f"{b}-{u}-{r}")
        elif f < 0.88:
            out.append(f"{b}#{r}")
        elif f < 0.92 and b <= 10:
            out.append(f"{CHINESE[b]}栋{u}单元")
        else:
            out.append("" if f > 0.95 else f"{b}栋")
    return out


def phone_numbers(count: int, rng: np.random.Generator) -> list[str]:
    """Return telephone numbers that cannot exist: no mobile number begins with 100, no area has the code 000."""
    mobile = rng.integers(0, 10**8, count)
    lines = rng.random(count) < 0.2
    return [f"000-{n:08d}" if line else f"100{n:08d}" for n, line in zip(mobile.tolist(), lines.tolist(), strict=True)]


def identity_numbers(born: np.ndarray, first: int, rng: np.random.Generator) -> list[str]:
    """Return identity numbers that cannot exist: region 990000, and a check character that is not the right one.

    born   birthdays as yyyymmdd
    first  serial number of the first person of a birthday: no two persons share a number
    """
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    serial = (first + pd.Series(born).groupby(born).cumcount().to_numpy()) % 1000
    shift = rng.integers(1, 11, len(born))
    heads = [f"990000{day:08d}{n:03d}" for day, n in zip(born.tolist(), serial.tolist(), strict=True)]
    digits = np.array([[int(c) for c in head] for head in heads]).reshape(-1, 17)
    right = (digits * weights).sum(axis=1) % 11
    return [head + "10X98765432"[(r + s) % 11] for head, r, s in zip(heads, right.tolist(), shift.tolist(), strict=True)]
