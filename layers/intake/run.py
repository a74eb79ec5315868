"""Import one file: read, check, normalise, write, match and count, in one transaction; file a receipt."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from geo.datum import DATUMS, require_datum
from geo.errors import DatumError, GeoError
from layers._errors import Cancelled, FeedError, KnowledgeError
from layers.intake import readers, workbooks
from layers.intake._feed import Feed
from layers.intake.datum_parts import AUTO
from layers.intake.delivery import Delivery, Progress
from layers.intake.matching import gazetteer, ready
from layers.intake.profile import Profile, Renamer
from layers.intake.receipt import Receipt, file_notes
from layers.intake.strangers import Bounds
from layers.store import Store, journal
from layers.store.schema import batch
from layers.store.totals import city_counts
from layers.store.undone import taken_back
from layers.store.writing import Batch, close_batch, open_batch


class _DryRun(Exception):
    """Rolls a rehearsal back."""


def run(
    store: Store,
    feed: Feed,
    path: Path,
    *,
    datum: str | None = None,
    profile: Profile | None = None,
    known_at: datetime | None = None,
    source: str | None = None,
    dry_run: bool = False,
    actor: str = "import",
    progress: Progress | None = None,
    cancel: Event | None = None,
    bounds: Bounds | None = None,
) -> Receipt:
    """Import `path` as `feed` and return the receipt.

    datum     frame of the file's coordinates; without one a file that has coordinates is refused; "auto" finds it out
    known_at  when the delivery was known (default: now; in a drill, just after the newest delivery)
    dry_run   do everything, then undo it
    bounds    column -> the values that a record must have there already where it is known: others are not this source's to change
    Bad rows go to the receipt and good rows go in. FeedError (also for a file that holds no row: it would pass for fresh
    figures), KnowledgeError or Cancelled mean that nothing was written.
    """
    profile = profile or Profile()
    started = time.monotonic()
    _require_past(known_at)
    stated = _stated_datum(datum or profile.options.get("datum"))
    source = source or profile.options.get("source") or feed.steward[1]
    receipt = Receipt(feed.name, source, path.name, _sha256(path), datum=stated, dry_run=dry_run, actor=actor)
    settings = hashlib.blake2b(f"{stated}|{profile.digest}|{source}".encode(), digest_size=8).hexdigest()
    now = store.now()
    if _asks_for_places(feed, stated):
        _require_columns(feed, profile, path)
        ready(store)
    try:
        # Plain strings: rows pass through once on their way to the store, and Arrow costs an eighth of an import.
        with store.writing() as connection, pd.option_context("mode.string_storage", "python"):
            receipt.repeated = _already(connection, receipt, settings)
            if receipt.repeated:
                return receipt
            opened = open_batch(connection, known_at, now, _told_of(receipt) | {"settings": settings})
            receipt.batch, receipt.known_at = opened.id, opened.known_from
            Delivery(store, opened, feed, profile, receipt, cancel, bounds or {}).take(path, progress)
            _tell_unread(receipt, path, profile)
            receipt.counts = city_counts(opened)
            receipt.seconds = round(time.monotonic() - started, 2)
            _close(opened, receipt)
            if dry_run:
                raise _DryRun
            if cancel is not None and cancel.is_set():  # the last moment at which nothing is written
                raise Cancelled(f"{path.name}: the import was stopped; nothing was written")
    except _DryRun:
        return receipt
    except DatumError as error:
        raise _other_frame(path, stated, error) from error
    _fit(store, feed)
    return receipt


def _close(opened: Batch, receipt: Receipt) -> None:
    """File what the batch did, beside its rows, and let the journal tell of it."""
    file_notes(opened, receipt)
    close_batch(opened, receipt.as_json())
    told = {"batch": opened.id, "rows": receipt.rows_read}
    journal.write(opened.connection, receipt.actor, "import", f"{receipt.feed}/{receipt.file}", told)


def _told_of(receipt: Receipt) -> dict[str, Any]:
    """What the table of batches says of a delivery."""
    about = {"feed": receipt.feed, "source": receipt.source, "file": receipt.file, "sha256": receipt.sha256}
    return {"kind": "import", **about}


def _require_past(known_at: datetime | None) -> None:
    if known_at and known_at > datetime.now(UTC) + timedelta(minutes=10):
        raise KnowledgeError(
            f"--known-at {known_at.isoformat()} lies in the future", f"获知时间{known_at.isoformat()}在未来"
        )


def _require_columns(feed: Feed, profile: Profile, path: Path) -> None:
    """Refuse a table that lacks a column before a judge is fitted for it; shapes are read once, for they are read whole."""
    if path.suffix.lower() in (".geojson", ".json", ".gpkg"):
        return
    first = next(iter(readers.read(path, sheet=profile.options.get("sheet"))), None)
    if first is not None and len(first.rows):
        Renamer(feed, profile, path.name)(first.rows)


def _other_frame(path: Path, stated: str | None, error: DatumError) -> FeedError:
    """What is told of metres where degrees were stated, or the other way round."""
    return FeedError(
        f"{path.name}: {error}",
        f"{path.name}：坐标与坐标系“{stated}”不符，无法换算；请核对文件里是经纬度还是米制坐标，另选坐标系或“自动判定”",
    )


def _asks_for_places(feed: Feed, datum: str | None) -> bool:
    """Whether rows of the feed are looked up among the compounds: persons, zones by name, points whose frame is to be found out."""
    return bool(feed.placed) or datum == AUTO or any(column.refers == "compound" for column in feed.columns)


def _fit(store: Store, feed: Feed) -> None:
    """Fit the judge to compounds just delivered: within the next delivery's transaction everybody would wait for it."""
    if feed.name == "compounds":
        with store.snapshot() as connection:
            gazetteer(connection, store.identity, store.cache, learn=True)


def _tell_unread(receipt: Receipt, path: Path, profile: Profile) -> None:
    """Refuse a file that held no row; say in the receipt which sheets or tables were left aside."""
    if not receipt.rows_read:
        raise FeedError(
            f"{path.name}: holds no row to import; nothing was written", f"{path.name}：没有一行数据，未写入任何内容"
        )
    if path.suffix.lower() == ".xlsx":
        empty = workbooks.formulas(path).empty
        if empty:
            receipt.note(
                f"有 {empty} 格是公式而没有保存结果，读作空值；请用表格软件打开并另存一次",
                f"{empty} cells hold a formula whose value was not kept and were read as empty: open the file and save it again",
            )
    aside = readers.unread(path, profile.options.get("sheet"))
    if aside:
        receipt.note(f"未读取的工作表或图层：{'、'.join(aside)}", f"sheets or tables not read: {', '.join(aside)}")


def _stated_datum(text: str | None) -> str | None:
    if text and text.strip().lower() == AUTO:
        return AUTO
    try:
        return require_datum(text) if text else None
    except GeoError as error:
        raise FeedError(
            str(error), f"坐标系“{text}”无法识别；可选：{'、'.join(DATUMS)}、cgcs2000:中央子午线、epsg:编号"
        ) from error


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FeedError(f"{path.name}: {error.strerror}", f"{path.name}：文件已不在或无法读取") from error


def _already(connection: Connection, receipt: Receipt, settings: str) -> int | None:
    """The batch of this very file that still stands. The same content under another name is a delivery: its source says that nothing is new."""
    same = (batch.c.sha256 == receipt.sha256, batch.c.file == receipt.file, batch.c.feed == receipt.feed)
    return connection.execute(select(batch.c.id).where(*same, batch.c.settings == settings, ~taken_back())).scalar()
