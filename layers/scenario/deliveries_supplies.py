"""Supplies of the drill: what each site holds and uses, and what was handed out; published totals on 15 February."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from layers.scenario.city import City
from layers.scenario.curve import EPOCH, day_of
from layers.scenario.deliveries_beds import open_sites, totals
from layers.scenario.published import apportion, settings

FIRST = day_of("2020-01-24")
COUNTED = day_of("2020-02-15")  # the day of the published stock and need
UNKNOWN, UNUSED = 0.08, 0.03  # shares of (site, item) whose use is not reported, or nothing
HANDOUTS = 26  # a day, in the whole city
SPECS = ("", "L", "XL", "国标", "10只/包", "50箱*100", "日本")
GIFTS = {  # item as donors write it -> unit and a usual quantity
    "防护服（连体）": ("件", 300),
    "N95口罩": ("只", 2000),
    "KN95 带阀口罩": ("箱", 15),
    "医用外科口罩": ("只", 10_000),
    "护目镜（日本）": ("件", 40),
    "一次性乳胶手套": ("双", 5000),
    "84消毒液": ("桶", 60),
    "呼吸机": ("台", 2),
}
COLUMNS = ["kind", "day", "site", "item", "spec", "unit", "quantity", "daily_use"]


def supplies(city: City, day: int, factor: float, seed: int) -> pd.DataFrame:
    """Return the rows of one evening in the feed's columns: stock of every open site, and the day's hand-outs."""
    sites = city.hospitals.set_index("hospital_id")
    here = pd.concat([open_sites(sites, kind, day) for kind in ("designated", "fangcang")])
    rows = [
        _stock(here, item, number, day, factor, seed) for number, item in enumerate(settings("supplies.toml")["item"])
    ]
    rows += [_handouts(here, day, factor, seed)]
    return pd.concat(rows, ignore_index=True).assign(day=str(EPOCH + timedelta(days=day)))[COLUMNS]


def item_totals(item: dict[str, Any], day: int, factor: float = 1.0) -> tuple[int, int]:
    """Return stock and daily need of an item in the city: as published on 15 February; need follows the patients in hospital,
    cover grows from 0.5 to 2.5 times that of the published day."""
    patients, then = (sum(totals(d)[kind]["used"] for kind in ("designated", "fangcang")) for d in (day, COUNTED))
    need = item["need"] * patients / then
    path = np.interp(day, [FIRST, COUNTED, COUNTED + 10], [0.5, 1.0, 2.5])
    return round(item["stock"] * path * patients / then * factor), round(need * factor)


def _stock(here: pd.DataFrame, item: dict[str, Any], number: int, day: int, factor: float, seed: int) -> pd.DataFrame:
    """One row a site. Published items are known everywhere, so that the city's cover is the published one."""
    # Drawn from the site's code, so that a site keeps its habits from day to day whichever others are open.
    draws = np.array([np.random.default_rng([seed, 6, number, *code.encode()]).random(2) for code in here.index])
    weight = here["capacity"].to_numpy(float) * (0.5 + draws[:, 0])
    unused = draws[:, 1] < UNUSED
    unknown = (draws[:, 1] > 1 - UNKNOWN) & (not item["published"])
    stock, need = item_totals(item, day, factor)
    use = apportion(need, np.where(unused | unknown, 0, weight)).astype(object)
    use[unknown] = ""
    held = apportion(stock, weight * (0.6 + 0.8 * np.roll(draws[:, 0], 1)))
    return pd.DataFrame(
        {
            "kind": "库存",
            "site": here.index,
            "item": item["name"],
            "spec": "",
            "unit": item["unit"],
            "quantity": held,
            "daily_use": use,
        }
    )


def _handouts(here: pd.DataFrame, day: int, factor: float, seed: int) -> pd.DataFrame:
    """What donors' depots handed out, in their words; one row without a quantity and one repeated row on every fourth day."""
    rng = np.random.default_rng([seed, 7, day])
    size = max(round(HANDOUTS * factor), 3)
    gifts = rng.choice(list(GIFTS), size)
    names = np.array(
        [
            aliases[0] if aliases and rng.random() < 0.5 else name
            for name, aliases in zip(here["name"], here["aliases"], strict=True)
        ],
        dtype=object,
    )
    rows = pd.DataFrame(
        {
            "kind": "发放",
            "site": rng.choice(names, size),
            "item": gifts,
            "spec": rng.choice(SPECS, size),
            "unit": [GIFTS[g][0] for g in gifts],
            "quantity": [round(GIFTS[g][1] * f) + 1 for g, f in zip(gifts, rng.gamma(2, 0.5, size), strict=True)],
            "daily_use": "",
        }
    )
    if day % 4 == 0:
        rows = pd.concat([rows, rows.head(1), rows.tail(1).assign(quantity="")], ignore_index=True)
    return rows
