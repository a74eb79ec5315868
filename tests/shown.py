"""A small city in which every page has something to show, the same whenever it is founded: pictures are taken of it."""

from pathlib import Path
from typing import Any

from dashboard.watch import Watch
from layers.store import Store, alerts, open_store
from layers.store.alerts import Rule
from tests import city, office, orders

UNCLEAR = "江汉区长江花园5栋2单元301"  # which of two phases it is, a person must say
EVENINGS = (4, 7, 10)  # of February 2020, when files came in
LAST = EVENINGS[-1]
STREETS = ("一元街道", "二七街道", "民意街道")
MORE = tuple(  # code, name, district, street, column, row
    (f"K{n:02}", f"{first}{last}", "江岸区" if n % 4 < 2 else "江汉区", STREETS[n % 3], (n % 4) * 2 + n % 2, 1 + n // 4)
    for n, (first, last) in enumerate((a, b) for a in ("桃源", "青松", "望江", "百合") for b in ("苑", "里", "花园"))
)
HOSPITALS = (  # code, name, kind, longitude, latitude, beds it could hold
    ("H1", "第一医院", "定点", 114.22, 30.505, 400),
    ("H2", "第二医院", "定点", 114.27, 30.505, 300),
    ("H3", "体育馆方舱医院", "方舱", 114.24, 30.525, 800),
    ("S1", "会展中心", "备选", 114.255, 30.515, 500),
)
BEDS = (  # hospital, kind, open, in use
    ("H1", "普通", 260, 251),
    ("H1", "重症", 40, 44),
    ("H1", "ICU", 12, 12),
    ("H2", "普通", 180, 121),
    ("H2", "ICU", 6, 5),
    ("H3", "方舱", 400, 236),
)
STOCK = (("N95口罩", "只", 900, 620), ("医用防护服", "套", 350, 90), ("医用外科口罩", "只", 22000, 3100))
TEAMS = (("T1", "江苏队", "护士", 80, "H1"), ("T2", "江苏队", "重症医生", 12, "H1"), ("T3", "广东队", "护士", 40, ""))
HOME = Rule("小区有病例", "count", {"status": "confirmed", "measure": "now", "each": "compound"}, 5, ("总值班",))

NAMES = frozenset(  # what is Chinese in every language
    [
        *(row[1] for rows in (city.COMPOUNDS, MORE, HOSPITALS, TEAMS) for row in rows),
        *(row[0] for row in STOCK),
        *STREETS,
        *(f"{street}办事处" for street in STREETS),
        HOME.name,
        "街道值班",  # who takes the steps of an order (tests/orders.py)
        *HOME.told,
        "江汉区长江花园",  # as far as the queue shows it
        "江汉区",
        "长江花园",
    ]
)


def found(folder: Path) -> str:
    """Build the city in a folder and return the address of its store."""
    url = f"sqlite:///{folder / 'store.db'}"
    store = city.found(open_store(url, "drill", durable=False), folder)
    _compounds(store, folder)
    _resources(store, folder)
    for day in EVENINGS:
        _evening(store, folder, day)
    alerts.make(store, HOME, "总值班")
    orders.given(store, "C1")
    orders.walked(store, orders.given(store, "K00"), "acknowledged")
    with_app = office.Office(url, "drill")
    watch: Watch = with_app.app.server.extensions["watch"]
    watch.look()
    with_app.store.close()
    store.close()
    return url


def _compounds(store: Store, folder: Path) -> None:
    names = ("compound_id", "name", "district", "street")
    places = [
        (
            dict(zip(names, about, strict=True)) | {"households": 400 + 20 * row, "buildings": 8},
            city.square(column, row * 0.7, 0.005),
        )
        for *about, column, row in MORE
    ]
    city.deliver(store, "compounds", city.geojson(folder / "more.geojson", places), "2020-01-02T08:00", datum="wgs84")


def _resources(store: Store, folder: Path) -> None:
    names = ("hospital_id", "name", "kind", "lon", "lat", "capacity")
    sites = [dict(zip(names, row, strict=True)) for row in HOSPITALS]
    city.deliver(store, "hospitals", city.table(folder / "h.csv", sites), "2020-02-01T08:00", datum="wgs84")


def _evening(store: Store, folder: Path, day: int) -> None:
    """The files of one evening: some more of everything each day, so that every curve rises."""
    date = f"2020-02-{day:02}"
    daily = {"beds": _beds(day, date), "supplies": _stock(day, date), "staff": _teams() if day == LAST else []}
    daily["contacts"] = [
        {"contact_id": f"{day}-{n}", "address": _home(day + n), "state": "密接", "state_at": date} for n in range(day)
    ]
    daily["fever"] = [
        {"fever_id": f"{day}-{n}", "address": _home(day * n), "state": "未排除", "state_at": date}
        for n in range(day // 3)
    ]
    for minute, (feed, rows) in enumerate(daily.items(), start=10):
        if rows:
            city.deliver(store, feed, city.table(folder / f"{feed}{day}.csv", rows), f"{date}T17:{minute}")
    rows = [row for one in range(day - 2, day + 1) for row in _cases(one)]
    city.cases(store, folder, f"{date}T18:00", *rows)


def _cases(day: int) -> list[dict[str, Any]]:
    """New cases of a day, most of them in the first compounds; the last day brings one that may live in either of two."""
    rows = [
        {"case_id": f"{day}-{n}", "address": _home(n * n), "status": ("确诊", "疑似", "临床诊断")[(day + n) % 3]}
        for n in range(day // 2 + 1)
    ]
    if day == LAST:
        rows.append({"case_id": "unclear", "address": UNCLEAR, "status": "确诊"})
    return [row | {"status_at": f"2020-02-{day:02}"} for row in rows]


def _home(n: int) -> str:
    code = n % (len(MORE) + 2)
    name, district = [("春风里", "江岸区"), ("丹水池小区", "江岸区"), *((row[1], row[2]) for row in MORE)][code]
    return f"{district}{name}{n % 8 + 1}栋{n % 3 + 1}单元{n % 9 + 1}01"


def _beds(day: int, date: str) -> list[dict[str, Any]]:
    return [
        {
            "hospital": site,
            "kind": kind,
            "reported_for": f"{date}T16:00",
            "open": total,
            "used": used - (LAST - day) * 3,
        }
        for site, kind, total, used in BEDS
        if used > 3 * LAST or day == LAST
    ]


def _teams() -> list[dict[str, Any]]:
    names = ("team_id", "team", "skill", "people", "hospital")
    return [dict(zip(names, row, strict=True)) | {"arrived_at": "2020-02-01"} for row in TEAMS]


def _stock(day: int, date: str) -> list[dict[str, Any]]:
    return [
        {
            "kind": "库存",
            "day": date,
            "site": site,
            "item": item,
            "unit": unit,
            "quantity": have - 9 * day,
            "daily_use": use,
        }
        for site in ("H1", "H2")
        for item, unit, have, use in STOCK
    ]
