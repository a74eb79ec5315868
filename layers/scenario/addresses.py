"""How the homes of the drill are written down: every habit and every mistake of a hurried register, at known rates."""

import numpy as np
import pandas as pd

from layers.scenario.city import City

# Share of addresses with each fault (docs/DRILL.md lists what a build really contains).
RATES = {
    "unknown": 0.04,  # a compound that is in no register
    "street": 0.02,  # nothing below the street office
    "typo": 0.025,
    "homophone": 0.025,
    "short": 0.05,  # 小区, 花园 or 苑 left out
    "phone": 0.02,  # a telephone number pasted into the address
    "id": 0.005,
}
PREFIXES = (np.array(["湖北省武汉市", "武汉市", "武汉", ""], dtype=object), np.array([0.3, 0.4, 0.05, 0.25]))
TAILS = ("{b}栋{u}单元{r}室", "{b}栋{r}", "{b}号楼{u}单元{r}", "{b}栋{u}单元", "{b}-{u}-{r}", "{b}栋", "")
TAIL_SHARES = np.array([0.34, 0.14, 0.12, 0.10, 0.12, 0.08, 0.10])
ENDINGS = ("住宅小区", "小区", "花园", "家园", "新村", "苑", "公寓")
SOUNDS = dict(
    zip(
        "园城湖江汉兴华苑景福金阳东和丽庭安星龙泰家公馆村里山水云天大学南北中民光明新春长宏康",
        "圆成胡姜汗新花院锦富今洋冬合利亭岸兴隆太佳宫管邨李杉睡芸添达雪楠背钟名广鸣欣椿常洪糠",
        strict=True,
    )
)
NOWHERE = ("鹭", "栩", "岚", "谧", "澜", "霁", "珩", "邶", "皓", "玥")
NOWHERE_ENDINGS = ("雅筑", "名邸", "华庭", "还建楼", "公寓", "里分")


def write(rng: np.random.Generator, city: City, persons: pd.DataFrame) -> pd.DataFrame:
    """Return address, district (as stated, "" where left out) and fault ("" for none) of each person, in their order.

    persons  compound (position), building, unit, room, phone, id_number
    """
    n, compounds = len(persons), city.compounds
    at = persons["compound"].to_numpy()
    fault = _faults(rng, n)
    said = rng.choice(np.array(["full", "short", ""], dtype=object), n, p=[0.78, 0.08, 0.14])
    column = rng.choice(np.array(["full", "short", ""], dtype=object), n, p=[0.84, 0.08, 0.08])
    district = compounds["district"].to_numpy(object)[at]
    pieces = zip(
        rng.choice(PREFIXES[0], n, p=PREFIXES[1]),
        [_said(d, how) for d, how in zip(district, said, strict=True)],
        np.where(rng.random(n) < 0.2, compounds["street"].to_numpy(object)[at], ""),
        np.where(rng.random(n) < 0.08, compounds["community"].to_numpy(object)[at], ""),
        _roads(rng, compounds, at),
        _names(rng, compounds, at, fault),
        _tails(rng, persons),
        strict=True,
    )
    streets = [f"{d}{s}" for d, s in zip(district, compounds["street"].to_numpy(object)[at], strict=True)]
    address = [
        f"武汉市{street}" if f == "street" else _pasted("".join(p), f, phone, number)
        for p, f, street, phone, number in zip(
            pieces, fault, streets, persons["phone"], persons["id_number"], strict=True
        )
    ]
    stated = [_said(d, how) for d, how in zip(district, column, strict=True)]
    return pd.DataFrame({"address": address, "district": stated, "fault": fault}, index=persons.index, dtype=object)


def again(rng: np.random.Generator, city: City, persons: pd.DataFrame) -> pd.Series:
    """Return a second, complete address of persons whose first one was corrected."""
    tail = [TAILS[0].format(b=b, u=u, r=r) for b, u, r in persons[["building", "unit", "room"]].to_numpy()]
    found = city.compounds.iloc[persons["compound"].to_numpy()]
    full = zip(found["district"], found["name"], tail, strict=True)
    return pd.Series([f"武汉市{d}{name}{t}" for d, name, t in full], index=persons.index, dtype=object)


def _faults(rng: np.random.Generator, size: int) -> np.ndarray:
    names = np.array([*RATES, ""], dtype=object)
    shares = [*RATES.values()]
    return rng.choice(names, size, p=[*shares, 1 - sum(shares)])


def _said(district: str, how: str) -> str:
    return district if how == "full" else district.removesuffix("区") if how == "short" and len(district) > 2 else ""


def _roads(rng: np.random.Generator, compounds: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    first = np.array([a[0] if len(a) else "" for a in compounds["addresses"]], dtype=object)
    return np.where(rng.random(len(at)) < 0.45, first[at], "")


def _names(rng: np.random.Generator, compounds: pd.DataFrame, at: np.ndarray, fault: np.ndarray) -> list[str]:
    """The name of each compound as this person's record spells it."""
    alias = np.array([a[0] if len(a) else "" for a in compounds["aliases"]], dtype=object)[at]
    name = compounds["name"].to_numpy(object)[at]
    names = np.where((rng.random(len(at)) < 0.12) & (alias != ""), alias, name)
    known = {*compounds["name"], *(a for aliases in compounds["aliases"] for a in aliases)}
    marks = rng.random((len(at), 3))
    return [_spelled(str(n), f, m, known) for n, f, m in zip(names, fault, marks, strict=True)]


def _spelled(name: str, fault: str, mark: np.ndarray, known: set[str]) -> str:
    if fault == "unknown":
        return _nowhere(mark, known)
    if fault == "short":
        return next((name.removesuffix(e) for e in ENDINGS if name.endswith(e) and len(name) > len(e) + 1), name)
    if fault == "homophone":
        places = [i for i, c in enumerate(name) if c in SOUNDS]
        if places:
            place = places[int(mark[0] * len(places))]
            return name[:place] + SOUNDS[name[place]] + name[place + 1 :]
    if fault == "typo" and len(name) > 3:
        place = int(mark[0] * (len(name) - 1))
        swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        return swapped if mark[1] < 0.5 else name[:place] + name[place + 1 :]
    return name


def _nowhere(mark: np.ndarray, known: set[str]) -> str:
    first, second, ending = (
        int(m * len(words)) for m, words in zip(mark, (NOWHERE, NOWHERE, NOWHERE_ENDINGS), strict=True)
    )
    name = NOWHERE[first] + NOWHERE[second] + NOWHERE_ENDINGS[ending]
    return name if name not in known else name + "东区"


def _tails(rng: np.random.Generator, persons: pd.DataFrame) -> list[str]:
    form = rng.choice(len(TAILS), len(persons), p=TAIL_SHARES)
    doors = persons[["building", "unit", "room"]].to_numpy()
    return [TAILS[f].format(b=b, u=u, r=r) for f, (b, u, r) in zip(form, doors, strict=True)]


def _pasted(address: str, fault: str, phone: str, number: str) -> str:
    return address + {"phone": f" 电话{phone}", "id": f"，身份证{number}"}.get(fault, "")
