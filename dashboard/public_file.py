"""The public bulletin of a day as a file: a row a district and one of the city, with a star where a count is not shown."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from dashboard.text import say
from layers._times import day_start
from layers.decisions.bulletin import Bulletin

HIDDEN = "*"


def write(path: Path, found: Bulletin, titles: Mapping[str, str], lang: str) -> None:
    """Write a bulletin as CSV that spreadsheets open as UTF-8; titles: code of a district -> its name."""
    day = day_start(found.day).date().isoformat()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow([say(f"public.{name}", lang) for name in ("day", "code", "area", *found.tables)])
        for at, area in enumerate(next(iter(found.tables.values()))["area"]):
            counts = [_shown(table["count"].iloc[at]) for table in found.tables.values()]
            out.writerow([day, area, titles.get(area, area) if area else say("rows.whole_city", lang), *counts])
        out.writerow([say("public.note", lang, k=found.rule.params["k"] - 1)])


def _shown(count: float) -> str:
    return HIDDEN if pd.isna(count) else f"{count:.0f}"
