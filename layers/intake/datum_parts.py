"""Decide the frame of a file that states none: of the whole, or of each source in it; or refuse with the evidence."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo.datum_detect import SURE, Finding
from layers._errors import FeedError
from layers.intake.profile import Profile

AUTO = "auto"  # stated in place of a frame: find it out
SOURCE_COLUMNS = ("source", "data_source", "geocoder", "来源", "数据来源", "坐标来源")
AGAINST = SURE / 4  # a part too small to be judged goes with its file unless its own anchors speak this much against it
NAMED = 8  # parts named in an error

Judge = Callable[[pd.DataFrame], Finding]


@dataclass(frozen=True)
class Decision:
    """The frame of every row of a file.

    column  the file's column that tells its sources apart, None where the whole file is in one frame
    frames  source -> frame; "" stands for rows without a source, and for all rows where there is no column
    whole, parts  what the anchors of all rows, and of each source, say
    """

    column: str | None
    frames: Mapping[str, str]
    whole: Finding
    parts: Mapping[str, Finding] = field(default_factory=dict)

    @property
    def frame(self) -> str | None:
        """The one frame of all rows, None where there are several."""
        found = set(self.frames.values())
        return next(iter(found)) if len(found) == 1 else None

    @property
    def title(self) -> str:
        """The frames in words for a receipt."""
        return self.frame or ", ".join(sorted(set(self.frames.values())))

    def of(self, sources: Iterable[str]) -> np.ndarray:
        """Return the frame of each row; a source that had no position when the file was judged goes with the rest."""
        fallback = self.frame or next(iter(self.frames.values()))
        return np.array([self.frames.get(source, fallback) for source in sources], dtype=object)

    def as_json(self) -> dict[str, object]:
        """Return the evidence for a receipt or report."""
        evidence: dict[str, object] = {"decided": True, "anchors": self.whole.as_json()}
        if self.column and self.parts:
            parts = {source: self.parts[source].as_json() | {"taken_as": self.frames[source]} for source in self.parts}
            evidence |= {"source_column": self.column, "parts": parts}
        return evidence

    def notices(self, file: str) -> list[dict[str, str]]:
        """Return what a person should know: the frame, and of a split file that of each source."""
        if self.frame:
            said = self.whole if self.whole.frame else next(p for p in self.parts.values() if p.frame)
            return [{"zh": f"{file}：坐标系自动{said.reason_zh}", "en": f"{file}: datum {said.reason_en}"}]
        return [
            {
                "zh": f"{file}：来源“{source}”（{self.column}）按 {frame} 读取：{self.parts[source].reason_zh}",
                "en": f"{file}: datum of source {source!r} ({self.column}) read as {frame}: {self.parts[source].reason_en}",
            }
            for source, frame in self.frames.items()
        ]


def source_column(names: Iterable[str], profile: Profile, file: str) -> str | None:
    """Return the column of the file that tells its sources apart: the one the profile names, else one of the usual names."""
    known = [str(name) for name in names]
    asked = profile.options.get("datum_by")
    if asked:
        if asked not in known:
            raise FeedError(f"{file}: column {asked!r} ([options] datum_by) is missing; found {known}")
        return asked
    return next((name for name in SOURCE_COLUMNS if name in known), None)


def sources_of(rows: pd.DataFrame, column: str | None) -> list[str]:
    """Return the source of each row, "" where it has none."""
    if column is None:
        return [""] * len(rows)
    return [value if isinstance(value, str) else "" for value in rows[column]]


def decide(points: pd.DataFrame, column: str | None, judge: Judge, file: str, option: str) -> Decision:
    """Return the frame of the file, or of each of its sources.

    points  one row a position, with `source` and whatever `judge` needs
    option  how a person states a frame, for the message
    A source is taken by its own anchors. One too small to be judged goes with the file when the file as a whole is decided,
    no other source is in another frame, and its own few anchors do not speak against it. FeedError: anything else.
    """
    whole = judge(points)
    if column is None or points["source"].nunique() < 2:
        if whole.frame is None:
            raise FeedError(_refusal(file, whole, option), _refusal_zh(file, whole))
        return Decision(None, {"": whole.frame}, whole)
    parts = {str(source): judge(rows) for source, rows in points.groupby("source")}
    decided = {part.frame for part in parts.values()} - {None}
    if whole.frame is None and not decided:
        raise FeedError(_refusal(file, whole, option), _refusal_zh(file, whole))
    frames = {source: part.frame or _follows(part, whole, decided) for source, part in parts.items()}
    lost = {source: parts[source] for source, frame in frames.items() if not frame}
    if lost:
        named_zh = "；".join(f"来源“{source}”：{part.reason_zh}" for source, part in list(lost.items())[:NAMED])
        named = "; ".join(f"source {source!r}: {part.reason_en}" for source, part in list(lost.items())[:NAMED])
        raise FeedError(
            f"{file}: the datum of {len(lost)} of {len(parts)} sources (column {column!r}) cannot be told: {named}. "
            f"Split the file by its sources and state the frame of each with {option}",
            f"{file}：{len(parts)}个来源（列“{column}”）中有{len(lost)}个判定不出坐标系：{named_zh}。请按来源拆开文件，分别选定坐标系",
        )
    return Decision(column, {source: frame for source, frame in frames.items() if frame}, whole, parts)


def _follows(part: Finding, whole: Finding, decided: set[str | None]) -> str | None:
    """The frame of the whole file for a part that cannot be judged by itself, None where it must not be taken."""
    if whole.frame is None or decided - {whole.frame} or part.why not in ("few", "weak"):
        return None
    return whole.frame if part.leads.get(whole.frame, 0.0) < AGAINST else None


def _refusal(file: str, found: Finding, option: str) -> str:
    advice = f"State the frame with {option}"
    if found.why == "mixed":
        advice = (
            "Split the file by frame, or name the column that says where each position comes from "
            f"([options] datum_by in a profile; {', '.join(SOURCE_COLUMNS)} are looked for)"
        )
    elif found.why == "alike":
        advice = f"Any frame will do here: state {option.partition(' ')[0]} wgs84"
    return f"{file}: its datum cannot be told: {found.reason_en}. {advice}"


def _refusal_zh(file: str, found: Finding) -> str:
    advice = "请按来源拆分文件，分别选定坐标系" if found.why == "mixed" else "请选定坐标系"
    return f"{file}：坐标系无法自动判定：{found.reason_zh}。{advice}"
