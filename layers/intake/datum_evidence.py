"""What a delivery's own rows say about its coordinate frame: a wrong one shifts a place by 0.5-1.2 km (MATCHING 4)."""

from typing import Any

import numpy as np

from geo import datum
from geo.crs import distance_m
from layers.intake.places import DistrictBook
from layers.intake.receipt import Receipt

FRAMES = ("wgs84", "gcj02", "bd09")
ENOUGH = 20  # fewer anchors say nothing (MATCHING 4)
BETTER_M = 100.0  # another frame must bring the anchors this much nearer before a delivery is doubted
BETTER_SHARE = 0.02
MOVED_M = 200.0
FEW = 5  # places that move together by chance


def by_anchors(
    receipt: Receipt, stated: str, lon: np.ndarray, lat: np.ndarray, anchor_lon: np.ndarray, anchor_lat: np.ndarray
) -> None:
    """Keep the median distance between rows' points and their places known by name, under each frame.

    lon, lat               WGS-84 as computed from the stated frame
    anchor_lon, anchor_lat WGS-84 of the compound that the row's address alone names
    """
    good = np.isfinite(lon) & np.isfinite(lat) & np.isfinite(anchor_lon) & np.isfinite(anchor_lat)
    if good.sum() < ENOUGH or stated not in FRAMES:
        return
    medians = {}
    for frame, (x, y) in _readings(lon[good], lat[good], stated).items():
        medians[frame] = round(float(np.median(distance_m(x, y, anchor_lon[good], anchor_lat[good]))), 1)
    _merge(receipt, "anchors", {"rows": int(good.sum()), "median_m": medians})


def by_districts(
    receipt: Receipt, stated: str, lon: np.ndarray, lat: np.ndarray, codes: np.ndarray, book: DistrictBook
) -> None:
    """Keep the share of points inside the district that their row states, under each frame; weaker than anchors."""
    good = np.isfinite(lon) & np.isfinite(lat) & (codes != "")
    if good.sum() < ENOUGH or stated not in FRAMES:
        return
    readings = _readings(lon[good], lat[good], stated).items()
    shares = {frame: round(float((book.at(x, y) == codes[good]).mean()), 4) for frame, (x, y) in readings}
    _merge(receipt, "districts", {"rows": int(good.sum()), "share_inside": shares})


def by_moves(
    receipt: Receipt, before_lon: np.ndarray, before_lat: np.ndarray, lon: np.ndarray, lat: np.ndarray
) -> None:
    """Keep how far known places moved: together, when a file is read in another frame than before."""
    good = np.isfinite(before_lon) & np.isfinite(lon)
    if good.sum() < FEW:
        return
    moved = distance_m(before_lon[good], before_lat[good], lon[good], lat[good])
    _merge(receipt, "moves", {"rows": int(good.sum()), "median_m": round(float(np.median(moved)), 1)})


def conclude(receipt: Receipt) -> None:
    """Say what the evidence means, once a delivery has been read."""
    stated, found = receipt.datum or "", receipt.datum_evidence
    if "anchors" in found:
        medians, rows = found["anchors"]["median_m"], found["anchors"]["rows"]
        best = min(medians, key=lambda frame: medians[frame])
        if medians[stated] - medians[best] > BETTER_M:
            receipt.note(
                f"坐标系存疑：声明为 {stated}，但与地址所指小区的中位距离为 {medians[stated]:.0f} 米；"
                f"若按 {best} 读取则为 {medians[best]:.0f} 米（{rows} 条）",
                f"datum in doubt: stated {stated}, yet points lie a median {medians[stated]:.0f} m from the compounds "
                f"their addresses name; read as {best} it would be {medians[best]:.0f} m ({rows} rows)",
            )
    if "districts" in found:
        shares, rows = found["districts"]["share_inside"], found["districts"]["rows"]
        best = max(shares, key=lambda frame: shares[frame])
        if shares[best] - shares[stated] > BETTER_SHARE:
            receipt.note(
                f"坐标系存疑：声明为 {stated}，落在所填区内的比例为 {shares[stated]:.1%}；"
                f"若按 {best} 读取则为 {shares[best]:.1%}（{rows} 条）",
                f"datum in doubt: stated {stated}, {shares[stated]:.1%} of the points lie in the district their row "
                f"states; read as {best} it would be {shares[best]:.1%} ({rows} rows)",
            )
    if found.get("moves", {}).get("median_m", 0) > MOVED_M:
        rows, median = found["moves"]["rows"], found["moves"]["median_m"]
        receipt.note(
            f"{rows} 个已知地点整体移动，中位 {median:.0f} 米：请核对坐标系",
            f"datum in doubt: {rows} places known before moved by a median {median:.0f} m",
        )


def _readings(lon: np.ndarray, lat: np.ndarray, stated: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The same raw numbers read in each frame, as WGS-84."""
    raw = datum.from_wgs84(lon, lat, stated)
    return {frame: datum.to_wgs84(*raw, frame) for frame in FRAMES}


def _merge(receipt: Receipt, name: str, found: dict[str, Any]) -> None:
    """Keep the evidence with most rows of a delivery read in chunks."""
    if found["rows"] >= receipt.datum_evidence.get(name, {"rows": 0})["rows"]:
        receipt.datum_evidence[name] = found
