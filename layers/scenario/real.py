"""Take a folder of real files through the same door as everything else, and say what became of each."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import select

from layers._errors import FeedError
from layers.intake.datum_auto import Finder
from layers.intake.feeds import feed_named
from layers.intake.matching import gazetteer
from layers.intake.places import DistrictBook
from layers.intake.profile import load
from layers.intake.receipt import Receipt
from layers.intake.run import run
from layers.store import Store, open_store
from layers.store.schema import FOREVER, compound, person, placement

PROFILES = Path(__file__).resolve().parent.parent / "intake" / "profiles"


@dataclass(frozen=True)
class File:
    """One real file: the feed it belongs to, its place in the folder, its profile, and a frame it is not in."""

    feed: str
    path: str
    profile: str
    wrong: str = ""  # importing it as this datum must be seen in the receipt


WUHAN = (
    File("districts", "wuhan2020/districts_gcj02.geojson", "wuhan_districts"),
    File("compounds", "wuhan2020/addresses/gazetteer.jsonl", "wuhan_compounds"),
    File("hospitals", "wuhan2020/hospitals_bd09.csv", "wuhan_hospitals", wrong="gcj02"),
    File("beds", "wuhan2020/beds_20200215.csv", "wuhan_beds"),
    File("supplies", "wuhan2020/supplies_20200130_0224.csv", "wuhan_supplies"),
    File("cases", "wuhan2020/cases_dec2019.csv", "wuhan_cases", wrong="wgs84"),
)
SHANGHAI = (
    File("districts", "shanghai2022/districts_bd09.geojson", "shanghai_districts"),
    File("compounds", "shanghai2022/compounds_bd09.geojson", "shanghai_compounds", wrong="gcj02"),
    File("cases", "shanghai2022/case_addresses_daily.csv", "shanghai_cases", wrong="bd09"),
    File("controls", "shanghai2022/lockdown_zones.csv", "shanghai_controls"),
)
CITIES = {"wuhan": WUHAN, "shanghai": SHANGHAI}
GEOCODES = "shanghai2022/geocodes.csv"
Say = Callable[[str], None]


@dataclass
class RealReport:
    """What became of the files of one city."""

    city: str
    rows: list[dict[str, Any]] = field(default_factory=list)  # one a file
    auto: list[dict[str, Any]] = field(
        default_factory=list
    )  # one a file with positions: the frame found out before it went in
    wrong: list[dict[str, Any]] = field(default_factory=list)  # one a deliberately wrong frame
    against_polygons: dict[str, Any] = field(default_factory=dict)


def missing(folder: Path, city: str) -> list[str]:
    """Return the files of a city that the folder lacks."""
    wanted = [file.path for file in CITIES[city]] + ([GEOCODES] if city == "shanghai" else [])
    return [path for path in wanted if not (folder / path).exists()]


def run_city(folder: Path, city: str, url: str, say: Say = lambda text: None) -> RealReport:
    """Import the files of a city into the store at `url` twice (the second time must change nothing), and check the matches."""
    store = open_store(url, "production")
    report = RealReport(city)
    with tempfile.TemporaryDirectory() as scratch:
        for file in CITIES[city]:
            say(f"{city}: {file.path}")
            path = (
                with_geocodes(folder, Path(scratch))
                if file.path.endswith("case_addresses_daily.csv")
                else folder / file.path
            )
            told = _auto(store, file, path)
            report.auto += [told] if told else []
            receipt = _take(store, file, path)
            again = _take(store, file, path)
            report.rows.append(_row(file, receipt, again))
            if file.wrong:
                report.wrong.append(_wrong(store, file, path))
    if city == "shanghai":
        report.against_polygons = against_polygons(store)
    return report


def with_geocodes(folder: Path, scratch: Path) -> Path:
    """Write the case addresses with the provider's point beside each: the two files share the address, district first."""
    addresses = pd.read_csv(folder / "shanghai2022/case_addresses_daily.csv", dtype=str, keep_default_na=False)
    codes = pd.read_csv(folder / GEOCODES, dtype=str, keep_default_na=False)
    codes["address"] = codes["district"] + codes["address"]
    points = codes.drop_duplicates("address")[["address", "gcj02_lng", "gcj02_lat"]]
    out = scratch / "case_addresses_with_geocodes.csv"
    addresses.merge(points, on="address", how="left").fillna("").to_csv(out, index=False)
    return out


def against_polygons(store: Store) -> dict[str, Any]:
    """Compare accepted matches with the polygon that bears the very address, for addresses and for case-days."""
    joined = placement.join(person, person.c.key == placement.c.key)
    query = select(person.c.address, placement.c.status, placement.c.method, placement.c.compound).select_from(joined)
    rows = store.read(query.where(placement.c.known_until == FOREVER, person.c.known_until == FOREVER))
    polygons = store.read(select(compound.c.code, compound.c.addresses).where(compound.c.known_until == FOREVER))
    truth = {
        address: code
        for code, addresses in zip(polygons["code"], polygons["addresses"], strict=True)
        for address in addresses or []
    }
    rows = rows.assign(truth=rows["address"].map(truth))
    rows = rows[rows["truth"].notna()]
    return {"case_days": _score(rows), "addresses": _score(rows.drop_duplicates("address"))}


def _score(rows: pd.DataFrame) -> dict[str, Any]:
    accepted = rows[rows["status"] == "accepted"]
    return {
        "with_polygon": len(rows),
        "accepted": len(accepted),
        "accepted_share": round(len(accepted) / max(len(rows), 1), 4),
        "right": int((accepted["compound"] == accepted["truth"]).sum()),
        "right_share": round(float((accepted["compound"] == accepted["truth"]).mean()), 4) if len(accepted) else None,
        "by_method": accepted.groupby("method").size().to_dict(),
    }


def _take(store: Store, file: File, path: Path, *, datum: str | None = None, dry_run: bool = False) -> Receipt:
    feed = feed_named(file.feed)
    return run(store, feed, path, datum=datum, profile=load(PROFILES / f"{file.profile}.toml", feed), dry_run=dry_run)


def _auto(store: Store, file: File, path: Path) -> dict[str, Any] | None:
    """What `auto` would say of a file that states its frame, from what the store holds before it; None: no positions."""
    feed = feed_named(file.feed)
    profile = load(PROFILES / f"{file.profile}.toml", feed)
    stated = profile.options.get("datum")
    if not stated:
        return None
    told = {"file": file.path, "stated": stated}
    with store.snapshot() as connection:
        book = DistrictBook.load(connection, store.identity)
        finder = Finder(connection, feed, book, lambda: gazetteer(connection, store.identity, store.cache))
        try:
            found = finder.find(path, profile)
        except FeedError as error:
            return told | {"told": None, "why": str(error)}
    return told | {"told": found.title, "why": found.whole.reason_en} if found else None


def _wrong(store: Store, file: File, path: Path) -> dict[str, Any]:
    """Rehearse the import in a frame that the file is not in; what the receipt says must not be silence."""
    receipt = _take(store, file, path, datum=file.wrong, dry_run=True)
    doubts = [notice["en"] for notice in receipt.notices if "datum" in notice["en"]]
    return {
        "feed": file.feed,
        "file": file.path,
        "as": file.wrong,
        "notices": doubts,
        "evidence": receipt.datum_evidence,
    }


def _row(file: File, receipt: Receipt, again: Receipt) -> dict[str, Any]:
    plain = receipt.as_json()
    return {
        "feed": file.feed,
        "file": file.path,
        "datum": receipt.datum,
        "rows": receipt.rows_read,
        **plain["rows"],
        "rejected": receipt.rows_rejected,
        "rejected_by_reason": plain["rejected_by_reason"],
        "warned_by_reason": plain["warned_by_reason"],
        "matched": plain["matched"],
        "evidence": receipt.datum_evidence,
        "seconds": receipt.seconds,
        "again_changed": again.changed_anything,
    }
