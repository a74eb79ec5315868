"""One delivery on its way into an open batch: chunk by chunk, checked, resolved, written, matched and counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import func, select

from geo import boundaries, datum
from layers._errors import Cancelled, FeedError
from layers.intake import readers, strangers
from layers.intake._feed import Column, Feed, Part
from layers.intake.checking import RELATED, Checked, Checker
from layers.intake.datum_auto import Finder
from layers.intake.datum_evidence import Witness
from layers.intake.datum_parts import AUTO, Decision, sources_of
from layers.intake.episodes import numbered
from layers.intake.matching import Gazetteer, gazetteer
from layers.intake.persons import Register, digest, recount, refuse_strangers, warn_of_twins, without_identity
from layers.intake.places import DistrictBook, HospitalBook, believed, compound_codes
from layers.intake.profile import Profile, Renamer
from layers.intake.receipt import MASK, Receipt, RowNote
from layers.intake.repeats import Repeats
from layers.intake.strangers import Bounds, as_written, keys_of
from layers.intake.telling import without_numbers
from layers.intake.timeliness import Timeliness
from layers.intake.withdrawals import Withdrawals
from layers.store import Store
from layers.store.destruction import is_destroyed
from layers.store.schema import ALWAYS, FOREVER, compound, placement
from layers.store.writing import Batch, Written, constants, fact

Progress = Callable[[int], None]  # rows done so far


class Delivery:
    """One delivery on its way into an open batch."""

    def __init__(
        self,
        store: Store,
        opened: Batch,
        feed: Feed,
        profile: Profile,
        receipt: Receipt,
        cancel: Event | None,
        bounds: Bounds,
    ) -> None:
        self._opened, self._feed, self._receipt, self._cancel = opened, feed, receipt, cancel
        self._profile, self._sheet = profile, profile.options.get("sheet")
        self._store, self._bounds = store, bounds
        self._book = DistrictBook.load(opened.connection, store.identity)
        self._rename = Renamer(feed, profile, receipt.file, keeps=True)
        self._frames: Decision | None = None  # of a file whose frame was not stated but found out
        self._witness = Witness(receipt.datum if receipt.datum != AUTO else None)
        self._register = (
            Register(feed.placed, self._book, self._gazetteer(), receipt, self._witness) if feed.placed else None
        )
        self._hospitals = HospitalBook.load(opened.connection)
        self._repeats = Repeats(feed, receipt)
        self._id = feed.parts[0].key[0]
        self._withdrawals = Withdrawals(opened, feed.placed, self._id, receipt) if feed.placed else None
        self._touched: set[str] = set()  # persons of whom something changed
        self._lags: list[float] = []
        self._counted: Counter[str] = Counter()  # cells of each column that a spreadsheet keeps as numbers
        self._timeliness = Timeliness(opened.connection, feed)

    def take(self, path: Path, progress: Progress | None) -> None:
        """Take every chunk of the file."""
        self._find_frames(path)
        for chunk in readers.read(path, sheet=self._sheet):
            if self._cancel is not None and self._cancel.is_set():
                raise Cancelled(f"{path.name}: the import was stopped; nothing was written")
            self._receipt.rejected += [
                RowNote(m.row, "", m.found, m.wanted, m.zh, "the row does not have the file's columns")
                for m in chunk.misshapen
            ]
            self._receipt.rows_read += len(chunk.rows) + len(chunk.misshapen)
            if len(chunk.rows):
                self._chunk(chunk.rows)
            self._counted.update(chunk.numbers)
            if progress:
                progress(self._receipt.rows_read)
        if self._register:
            recount(self._opened, self._register.kind, list(self._touched))
            self._receipt.judge = self._register.gazetteer.reliability()
        self._say_what_rests_on_compounds()
        receipt = self._receipt
        receipt.rows_rejected = len({note.row for note in receipt.rejected})
        receipt.ignored_columns = self._rename.ignored
        if receipt.ignored_columns:
            names = "、".join(receipt.ignored_columns)
            receipt.note(f"未使用的列：{names}", f"columns not used: {', '.join(receipt.ignored_columns)}")
        self._say_numbers()
        self._timeliness.conclude(receipt)
        self._witness.conclude(receipt)
        receipt.lag_hours_median = round(float(np.median(self._lags)), 1) if self._lags else None

    def _chunk(self, raw: pd.DataFrame) -> None:
        ours = self._rename(raw)
        self._need_datum(ours)
        checked = self._checked(raw, ours)
        self._receipt.rejected += checked.rejected
        self._receipt.warned += checked.warned
        rows = self._without_destroyed(self._drop_personal(self._resolve(checked.rows)))
        rows = strangers.refuse(self._opened, self._feed, rows, self._bounds, self._book, self._receipt)
        if rows.empty:
            return
        if self._withdrawals:
            rows, gone = self._withdrawals.take(
                refuse_strangers(self._opened, self._feed.placed, self._id, rows, self._receipt)
            )
            self._touched.update(gone)
        if self._register:
            rows = self._register.weigh(rows)
        for number, part in enumerate(self._feed.parts):
            self._part(number, part, rows)

    def _find_frames(self, path: Path) -> None:
        """Put the frame into the receipt of a file that is to be read in whatever frame it is in."""
        if self._receipt.datum != AUTO:
            return
        finder = Finder(self._opened.connection, self._feed, self._book, self._gazetteer)
        self._frames = finder.find(path, self._profile)
        self._receipt.datum = self._frames.title if self._frames else None
        if self._frames:
            self._receipt.datum_evidence |= self._frames.as_json() | {"offsets": finder.offsets}
            self._receipt.notices += self._frames.notices(path.name)

    def _checked(self, raw: pd.DataFrame, ours: pd.DataFrame) -> Checked:
        """Check rows, each in its own frame where the file has several."""
        if self._frames is None or self._frames.frame:
            return self._checker(self._frames.frame if self._frames else self._receipt.datum)(ours)
        frames = self._frames.of(sources_of(raw, self._frames.column))
        parts = [self._checker(f)(ours[frames == f].reset_index(drop=True)) for f in dict.fromkeys(frames)]
        rows = pd.concat([part.rows for part in parts], ignore_index=True).sort_values("_row", ignore_index=True)
        return Checked(
            rows, *([note for part in parts for note in getattr(part, kind)] for kind in ("rejected", "warned"))
        )

    def _checker(self, frame: str | None) -> Checker:
        region = None if self._feed.defines_region else self._book.region
        veiled = [name for name in {RELATED, self._id} if self._rename.joins_personal(name)]
        return Checker(self._feed, frame, region, self._opened.known_from, veiled)

    def _gazetteer(self) -> Gazetteer:
        return gazetteer(self._opened.connection, self._store.identity, self._store.cache)

    def _need_datum(self, rows: pd.DataFrame) -> None:
        columns = [c.name for c in self._feed.columns if c.type in ("lon", "geometry") and rows[c.name].notna().any()]
        if columns and not self._receipt.datum:
            raise FeedError(
                f"{self._receipt.file}: has coordinates ({', '.join(columns)}) but no datum was stated. A wrong one moves every place by "
                f"0.5-1.2 km: state it with --datum {'|'.join(datum.DATUMS)} or in the profile; --datum auto finds it out where places are known",
                f"{self._receipt.file}：含坐标但没有说明坐标系；坐标系弄错会使位置偏移0.5–1.2公里，请选定或选“自动判定”",
            )

    def _resolve(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Replace names by the codes of the records they mean; a name that means none stays as it was written."""
        rows = rows.copy()
        for column in self._feed.columns:
            if column.default:
                rows[column.name] = rows[column.name].fillna(rows[column.default])
            if column.refers == "district":
                rows[column.name] = _texts([self._book.code(v) or v for v in rows[column.name]], rows)
            elif column.refers == "hospital":
                self._resolve_hospitals(rows, column)
            elif column.refers == "compound" and self._feed.has_position:
                rows[column.name] = _texts(self._compounds(rows, column.name), rows)
            elif column.refers == "compound":
                # The record keeps its key: the next report of a merged compound corrects its own, not the survivor's.
                rows[as_written(column.name)] = rows[column.name]
                rows[column.name] = _texts(self._standing(rows, column), rows)
        return rows

    def _standing(self, rows: pd.DataFrame, column: Column) -> list[str | None]:
        """The codes of the compounds that stand for those named; of a split one, and of an unknown one, the code as written."""
        known = compound_codes(self._opened.connection)
        split = set(believed(self._opened.connection, compound, "code")["code"]) - set(known)
        values = rows[column.name]
        self._receipt.warned += [
            RowNote(
                int(row),
                column.name,
                value,
                "a compound that stands",
                "该小区已拆分，本行对各部分不起作用，请按新小区报送",
                "the compound was split; the row says nothing about its parts, report each of them",
            )
            for row, value in zip(rows["_row"], values, strict=True)
            if value in split
        ]
        found = [known.get(value, value) for value in values]
        merged = sum(code != value for code, value in zip(found, values, strict=True))
        if merged:
            self._receipt.note(
                f"{merged} 行写的是已合并的小区，计入合并后的小区",
                f"merged compounds named in rows: {merged}; they count for the survivors",
            )
        return found

    def _resolve_hospitals(self, rows: pd.DataFrame, column: Column) -> None:
        values = rows[column.name]
        found = [self._hospitals.code(value) for value in values]
        if not column.loose:
            self._receipt.warned += [
                RowNote(
                    int(row),
                    column.name,
                    value,
                    "a hospital of the feed hospitals",
                    "名称不在医院名录中，保留原名",
                    "no hospital answers to this name; the name is kept",
                )
                for row, value, code in zip(rows["_row"], values, found, strict=True)
                if value and not code
            ]
        rows[column.name] = _texts([code or value for code, value in zip(found, values, strict=True)], rows)

    def _compounds(self, rows: pd.DataFrame, name: str) -> list[str | None]:
        """Find the compound of a zone by its code, else by its name and point through the matcher."""
        known = compound_codes(self._opened.connection)
        out = [known.get(value) for value in rows[name]]
        missing = [at for at, code in enumerate(out) if code is None]
        if missing and known:
            zone = rows.iloc[missing]
            asked = pd.DataFrame(
                {
                    "subject": zone["zone_id"].to_numpy(object),
                    "address": zone["name"].to_numpy(object),
                    "lon": zone["lon"].to_numpy(float),
                    "lat": zone["lat"].to_numpy(float),
                    "district_name": [self._book.titles.get(code, code or "") for code in zone["district"]],
                    "district_code": "",
                }
            )
            placed = self._gazetteer().place(asked)
            self._receipt.matched.update(f"{s}/{m}" for s, m in zip(placed["status"], placed["method"], strict=True))
            for at, code in zip(missing, placed["compound"], strict=True):
                out[at] = code or None
        return out

    def _stated_district(self, rows: pd.DataFrame, out: pd.DataFrame) -> pd.Series:
        """The code of the district that a row states, None where it states none; positions beside it tell the datum."""
        named = _texts([self._book.code(v) for v in rows["district"]], rows)
        if self._receipt.datum:
            lon, lat = out["lon"].to_numpy(float), out["lat"].to_numpy(float)
            self._witness.in_districts(lon, lat, named.fillna("").to_numpy(object), self._book)
        return named

    def _located(self, column: str, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with the district that each lies in; one without a position has the one stated, now or before."""
        inside = self._book.at(rows["lon"].to_numpy(float), rows["lat"].to_numpy(float))
        stated = rows[column].where(rows[column].notna(), "").to_numpy(object)
        return rows.assign(**{column: np.where(inside != "", inside, stated)})

    def _name_foreign(self, written: Written) -> None:
        """Say how many records of other sources this delivery changed."""
        changed = written.foreign[(written.foreign != "") & (written.outcome == "changed")]
        for source, count in changed.value_counts().items():
            self._receipt.note(
                f"改动了来源“{source}”的 {count} 条记录", f"{count} records that {source} had reported were changed"
            )

    def _drop_personal(self, rows: pd.DataFrame) -> pd.DataFrame:
        kept = {c for part in self._feed.parts for c in part.columns.values()}
        dropped = [
            c.name
            for c in self._feed.columns
            if c.personal and c.personal.hidden and c.name not in kept and rows[c.name].notna().any()
        ]
        self._receipt.dropped_columns = sorted({*self._receipt.dropped_columns, *dropped})
        if self._feed.placed:
            cleaned = {c: _texts([without_numbers(v) for v in rows[c]], rows) for c in ("address", "note")}
            blind = self._store.ring.blind
            ids = {
                c: without_identity(rows[c], blind, self._rename.joins_personal(c))
                for c in (RELATED, self._id)
                if c in rows
            }
            rows = rows.assign(**cleaned, **ids, id_number=digest(rows["id_number"], blind))
        return rows

    def _without_destroyed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows without those of persons who were destroyed when their time was over: counted they are already."""
        if not self._feed.placed:
            return rows
        gone = is_destroyed(self._opened.connection, self._feed.placed, set(rows[self._id]))
        wanted = "a record whose time is not over"
        self._receipt.rejected += [
            RowNote(int(row), self._id, MASK, wanted, "该记录已到期销毁，不再收入", "the record was destroyed when its time was over")
            for row, name in zip(rows["_row"], rows[self._id], strict=True)
            if name in gone
        ]  # fmt: skip
        return rows[~rows[self._id].isin(gone)].reset_index(drop=True) if gone else rows

    def _part(self, number: int, part: Part, rows: pd.DataFrame) -> None:
        rows = rows[_has_part(part, rows)]
        if rows.empty:
            return
        out = self._versions(part, rows)
        if part.episodes:
            out = numbered(self._opened, self._feed.placed, out, self._receipt)
        out = self._repeats.settle(number, part, out)
        table = fact(part.table)
        moved = self._positions_before(part, out)
        derive = partial(self._located, part.located) if part.located else None
        written = self._opened.put(table, out, says=self._says(part), together=part.together, derive=derive)
        self._name_foreign(written)
        self._receipt.outcomes.setdefault(part.table, Counter()).update(written.outcome)
        if moved is not None:
            self._witness.moved(*moved)
        if part.event:
            self._timeliness.hear(out["happened_at"])
            self._lags += ((self._opened.known_from - written.touched["happened_at"]) / 3_600_000).tolist()
        if self._register:
            self._touched.update(written.touched["subject"])
            if part.table == "person":
                warn_of_twins(self._opened, written.touched, self._receipt)
                self._register.place(self._opened, written.touched)

    def _say_what_rests_on_compounds(self) -> None:
        outcome = self._receipt.outcomes.get("compound", Counter())
        if not outcome["new"] + outcome["changed"]:
            return
        query = select(func.count()).select_from(placement).where(placement.c.known_until == FOREVER)
        persons = self._opened.connection.execute(query).scalar_one()
        if persons:
            self._receipt.note(
                f"名录已变，{persons} 人的匹配仍按旧名录；重新匹配：python -m dashboard rematch",
                f"the gazetteer changed; {persons} persons are matched by the old one: python -m dashboard rematch",
            )

    def _say_numbers(self) -> None:
        """Name the ids that a spreadsheet keeps as numbers: 007 and 7 are one number, and two ids."""
        for name in {name for part in self._feed.parts for name in part.key}:
            column = self._feed.column(name)
            theirs = self._profile.columns.get(name) or next((n for n in (name, column.zh) if n in self._counted), "")
            count = self._counted[theirs]
            if count and column.type == "text" and not column.codes:
                self._receipt.note(
                    f"“{theirs}”有 {count} 格是数字，已按编号读入；编号若以0开头，前面的0已丢失，请把该列设为文本后重新导出",
                    f"{theirs}: {count} cells are numbers and were read as ids; zeros before an id are lost: format the column as text",
                )

    def _says(self, part: Part) -> set[str]:
        """Store columns in which an empty cell is a statement, as far as the file has them at all."""
        return {column for column in part.says if part.columns[column] in self._rename.given}

    def _versions(self, part: Part, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows in the columns of the part's table."""
        out = pd.DataFrame({"row": rows["_row"]})
        for theirs, ours in part.columns.items():
            out[theirs] = _stored(rows[ours]) if ours == "geometry" else rows[ours]
        out = out.assign(**constants(out, part.constants))
        if part.labelled:
            out["lon"], out["lat"] = boundaries.label_points(rows["geometry"].to_numpy(object))
        if part.located:
            out[part.located] = self._stated_district(rows, out)
        out["key"] = _texts(keys_of(part, rows), rows)
        out["happened_at"] = rows[part.event].astype("int64") if part.event else ALWAYS
        reported = rows["reported_at"] if "reported_at" in rows else pd.Series(np.nan, index=rows.index)
        out["reported_at"] = reported.fillna(self._opened.known_from).astype("int64")
        return out.reset_index(drop=True)

    def _positions_before(self, part: Part, out: pd.DataFrame) -> tuple[np.ndarray, ...] | None:
        if "lon" not in out or part.table == "person" or not self._receipt.datum:
            return None
        before = (
            believed(self._opened.connection, fact(part.table), "key", "lon", "lat")
            .set_index("key")
            .reindex(out["key"])
        )
        return tuple(x.to_numpy(float) for x in (before["lon"], before["lat"], out["lon"], out["lat"]))


def _has_part(part: Part, rows: pd.DataFrame) -> pd.Series:
    if not part.when:
        return pd.Series(True, index=rows.index)
    name, _, code = part.when.partition("=")
    return rows[name] == code if code else rows[name].notna()


def _stored(shapes: pd.Series) -> pd.Series:
    return pd.Series(shapely.to_wkb(shapes.to_numpy(object)), index=shapes.index, dtype=object)


def _texts(values: Sequence[str | None], rows: pd.DataFrame) -> pd.Series:
    """A column of text in which nothing is None: left to itself pandas would turn None into NaN."""
    return pd.Series(values, index=rows.index, dtype=object)
