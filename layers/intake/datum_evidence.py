"""What a delivery's own rows say about its coordinate frame: a wrong one shifts a place by 0.5-1.2 km (MATCHING 4)."""

from typing import Any

import numpy as np

from geo import datum
from geo.crs import distance_m
from geo.datum_detect import ENOUGH, FRAMES, Finding, detect, plain
from geo.match import UNCONFIRMED
from layers.intake.datum_picture import offsets
from layers.intake.places import DistrictBook
from layers.intake.receipt import Receipt

BETTER_SHARE = 0.02
MOVED_M = 200.0
FEW = 5  # places that move together by chance

NOT_USED = ("这批坐标未入库，也未用于任何匹配", " None of these points was kept or used to place anybody")


class Witness:
    """Collects what the rows of one delivery say about the frame that was stated for it.

    stated  None where nothing was stated: there is nothing to doubt, and the points are trusted
    """

    def __init__(self, stated: str | None) -> None:
        self.stated = stated
        self._seen: list[tuple[np.ndarray, ...]] = []
        self._finding: Finding | None = None
        self.districts: dict[str, Any] = {}
        self.moves: dict[str, Any] = {}
        self.let_in = 0  # positions of persons that were kept before anything spoke against them

    def anchors(self, lon: np.ndarray, lat: np.ndarray, place_lon: np.ndarray, place_lat: np.ndarray) -> None:
        """Take rows whose address alone names a compound.

        lon, lat              WGS-84 as computed from the stated frame
        place_lon, place_lat  WGS-84 of that compound
        """
        good = np.isfinite(lon) & np.isfinite(lat) & np.isfinite(place_lon) & np.isfinite(place_lat)
        if self.stated and good.any():
            raw = datum.from_wgs84(lon[good], lat[good], plain(self.stated))
            self._seen.append((*raw, place_lon[good], place_lat[good]))
            self._finding = None

    def in_districts(self, lon: np.ndarray, lat: np.ndarray, codes: np.ndarray, book: DistrictBook) -> None:
        """Take the share of points inside the district that their row states, under each frame; weaker than anchors."""
        good = np.isfinite(lon) & np.isfinite(lat) & (codes != "")
        if not self.stated or good.sum() < ENOUGH or good.sum() < self.districts.get("rows", 0):
            return
        raw = datum.from_wgs84(lon[good], lat[good], plain(self.stated))
        read = {frame: datum.to_wgs84(*raw, frame) for frame in FRAMES}
        shares = {frame: round(float((book.at(x, y) == codes[good]).mean()), 4) for frame, (x, y) in read.items()}
        self.districts = {"rows": int(good.sum()), "share_inside": shares}

    def moved(self, before_lon: np.ndarray, before_lat: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> None:
        """Take how far known places moved: together, when a file is read in another frame than before."""
        good = np.isfinite(before_lon) & np.isfinite(lon)
        if good.sum() < FEW or good.sum() < self.moves.get("rows", 0):
            return
        metres = distance_m(before_lon[good], before_lat[good], lon[good], lat[good])
        self.moves = {"rows": int(good.sum()), "median_m": round(float(np.median(metres)), 1)}

    @property
    def finding(self) -> Finding:
        """What all anchors so far say."""
        if self._finding is None:
            seen = self._seen or [(np.empty(0),) * 4]
            self._finding = detect(*(np.concatenate(column) for column in zip(*seen, strict=True)))
        return self._finding

    @property
    def refuted(self) -> bool:
        """Whether points and places do not lie in one frame as stated: then no point may place anybody."""
        return bool(self.stated) and self.finding.refutes(str(self.stated))

    @property
    def frame_sure(self) -> float:
        """How sure it is that the points were read in their frame: 1 where anchors confirm it."""
        return 1.0 if not self.stated or self.finding.confirms(self.stated) else UNCONFIRMED

    def conclude(self, receipt: Receipt) -> None:
        """Put the evidence into the receipt, and say what it means."""
        if self._seen:
            receipt.datum_evidence["anchors"] = self.finding.as_json()
            receipt.datum_evidence["points_used"] = not self.refuted
            seen = (np.concatenate(column) for column in zip(*self._seen, strict=True))
            receipt.datum_evidence["offsets"] = offsets(*seen)
        if self.districts:
            receipt.datum_evidence["districts"] = self.districts
        if self.moves:
            receipt.datum_evidence["moves"] = self.moves
        if self.refuted:
            receipt.note(
                *(f"{said}{stop}{none}" for said, stop, none in zip(self.doubt(), "。.", NOT_USED, strict=True))
            )
            if self.let_in:
                receipt.note(
                    f"此前各行的 {self.let_in} 个坐标已入库：请改正坐标系后重新导入",
                    f"{self.let_in} points of earlier rows were kept before that was seen: import the file again in its frame",
                )
        self._doubt_districts(receipt)
        if self.moves.get("median_m", 0) > MOVED_M:
            rows, median = self.moves["rows"], self.moves["median_m"]
            receipt.note(
                f"{rows} 个已知地点整体移动，中位 {median:.0f} 米：请核对坐标系",
                f"datum in doubt: {rows} places known before moved by a median {median:.0f} m",
            )

    def doubt(self) -> tuple[str, str]:
        """Return what to say when the stated frame is refuted."""
        found, stated = self.finding, str(self.stated)
        lies = found.median_m.get(plain(stated), float("nan"))
        if found.best in found.median_m and found.why in ("decided", "weak") and found.best != plain(stated):
            best = found.median_m[found.best]
            zh = f"若按 {found.best} 读取则为 {best:.0f} 米（{found.anchors} 个地点）"
            en = f"read as {found.best} it would be {best:.0f} m ({found.anchors} places)"
        else:
            zh, en = found.reason_zh, found.reason_en
        return (
            f"坐标系存疑：声明为 {stated}，但与地址所指小区的中位距离为 {lies:.0f} 米；{zh}",
            f"datum in doubt: stated {stated}, yet points lie a median {lies:.0f} m from the compounds "
            f"their addresses name; {en}",
        )

    def _doubt_districts(self, receipt: Receipt) -> None:
        if not self.districts:
            return
        stated = plain(str(self.stated))
        shares, rows = self.districts["share_inside"], self.districts["rows"]
        best = max(shares, key=lambda frame: shares[frame])
        if shares[best] - shares[stated] > BETTER_SHARE:
            receipt.note(
                f"坐标系存疑：声明为 {self.stated}，落在所填区内的比例为 {shares[stated]:.1%}；"
                f"若按 {best} 读取则为 {shares[best]:.1%}（{rows} 条）",
                f"datum in doubt: stated {self.stated}, {shares[stated]:.1%} of the points lie in the district their row "
                f"states; read as {best} it would be {shares[best]:.1%} ({rows} rows)",
            )
