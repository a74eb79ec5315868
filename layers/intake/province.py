"""The files of a match over many partitions: compounds by city, through the checks of their feed, and the partitions of cases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo import datum
from geo.partition import Partition, PartitionError, look
from layers._errors import FeedError
from layers.intake import readers
from layers.intake._feed import Column
from layers.intake.checking import Checker
from layers.intake.chunks import CHUNK, Chunk, own_name, text, verbatim
from layers.intake.feeds import feed_named
from layers.intake.profile import Profile, Renamer

CITY = Column("city", "城市", "text", "city of the compound", "所在城市")
COMPOUNDS = replace(feed_named("compounds"), columns=(*feed_named("compounds").columns, CITY))
PARQUET = ".parquet"
MAGIC = "*?["


@dataclass
class Compounds:
    """All compounds by city, "" where the files name none, and what was said about rows: file, row and reason."""

    by_city: dict[str, pd.DataFrame] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    warned: int = 0

    @property
    def count(self) -> int:
        """Compounds in all cities."""
        return sum(len(rows) for rows in self.by_city.values())


def read_compounds(paths: Sequence[Path], stated: str | None, profile: Profile) -> Compounds:
    """Read files of compounds, in any format or Parquet, or folders of Parquet files; a column `city` (城市) or a folder city=… says where they are.

    Rows without a code or name are left out and told. FeedError: a file that cannot be read, coordinates without a datum, a
    code that two compounds of a city bear, no compound at all, some compounds with a city and some without.
    """
    found = Compounds()
    files = [file for path in paths for file in (sorted(path.rglob(f"*{PARQUET}")) if path.is_dir() else [path])]
    parts = [part for file in files for part in _read(file, stated, profile, found)]
    rows = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=["city"])], ignore_index=True)
    if rows.empty:
        first = f"; {found.rejected[0]}" if found.rejected else ""
        raise FeedError(
            f"{', '.join(p.name for p in paths)}: no compound; wanted rows with compound_id and name{first}"
        )
    cities = rows["city"].fillna("").astype(str)
    if (cities == "").any() and (cities != "").any():
        lost = rows.loc[cities == "", "compound_id"].iloc[0]
        raise FeedError(f"compound {lost!r} has no city, others have; wanted one for all, or for none")
    for city, some in rows.groupby(cities, sort=True):
        _require_unique(str(city), some)
        found.by_city[str(city)] = some.drop(columns="city").reset_index(drop=True)
    return found


def partitions(cases: str, out: Path, stated: str | None) -> tuple[list[Partition], list[str]]:
    """Return the partitions that a folder, a file or a pattern names, and a line for each that cannot be matched.

    Answers lie below `out` as the cases lie below the folder, or below what comes before the pattern.
    FeedError: no partition at all, or `out` within the cases or the other way about.
    """
    root, files = _files(cases)
    if not files:
        raise FeedError(f"{cases}: no file that ends in {PARQUET}")
    inner, outer = out.resolve(), root.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise FeedError(f"{out}: answers and cases ({root}) lie within each other; name another folder")
    frame = datum.require_datum(stated) if stated else None
    parts, faults = [], []
    for file in files:
        try:
            parts.append(look(file, out / file.relative_to(root), frame))
        except PartitionError as error:
            faults.append(str(error))
    return parts, faults


def _files(cases: str) -> tuple[Path, list[Path]]:
    path = Path(cases)
    if path.is_dir():
        return path, sorted(p for p in path.rglob(f"*{PARQUET}") if p.is_file())
    if not any(sign in cases for sign in MAGIC):
        return path.parent, [path] if path.is_file() and path.suffix == PARQUET else []
    parts = path.parts
    plain = next(i for i, part in enumerate(parts) if any(sign in part for sign in MAGIC))
    root = Path(*parts[:plain]) if plain else Path()
    return root, sorted(p for p in root.glob(str(Path(*parts[plain:]))) if p.is_file() and p.suffix == PARQUET)


def _read(path: Path, stated: str | None, profile: Profile, found: Compounds) -> Iterator[pd.DataFrame]:
    stated = stated or profile.options.get("datum") or _own_datum(path)
    frame = datum.require_datum(stated) if stated else None
    rename = Renamer(COMPOUNDS, profile, path.name)
    check = Checker(COMPOUNDS, frame, None, 0)
    names = (profile.columns.get("compound_id", "compound_id"), "小区编码")
    chunks = _parquet(path, names) if path.suffix == PARQUET else readers.read(path, exact=names)
    for chunk in chunks:
        ours = rename(chunk.rows)
        if not frame and any(name in ours and ours[name].notna().any() for name in ("lon", "geometry")):
            raise FeedError(f"{path.name}: has coordinates but no datum was stated: state it with --compounds-datum")
        ids = dict(zip(ours["_row"].tolist(), chunk.verbatim or ours["compound_id"], strict=True))
        checked = check(ours)
        notes = [(m.row, m.found, m.wanted) for m in chunk.misshapen]
        notes += [(n.row, f"{n.column}: found {n.found!r}", n.wanted) for n in checked.rejected]
        found.rejected += [f"{path.name}, row {row}, {what}, wanted {wanted}" for row, what, wanted in notes]
        found.warned += len(checked.warned)
        rows = checked.rows.assign(compound_id=[ids[number] for number in checked.rows["_row"]])
        yield rows.drop(columns="_row").assign(city=rows["city"].fillna(_folder(path)))


def _own_datum(path: Path) -> str | None:
    if path.suffix != PARQUET:
        return None
    return (_schema(path).metadata or {}).get(b"datum", b"").decode() or None


def _folder(path: Path) -> str:
    named = [folder for folder in path.parent.parts if folder.startswith("city=")]
    return unquote(named[-1].removeprefix("city=")) if named else ""


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise FeedError(f"{path}: cannot be read as Parquet ({error})") from error


def _parquet(path: Path, names: Sequence[str]) -> Iterator[Chunk]:
    """Chunks of a Parquet file, as the readers give those of other formats; `geometry` holds WKB."""
    try:
        # Through objects: beside a null whole numbers would become floats.
        frame = pq.read_table(path).to_pandas(integer_object_nulls=True)
        shapes = (
            np.asarray(shapely.from_wkb(frame.pop("geometry").to_numpy(object)), object)
            if "geometry" in frame
            else None
        )
    except (OSError, pa.ArrowInvalid, TypeError, shapely.errors.ShapelyError) as error:
        raise FeedError(f"{path.name}: cannot be read as Parquet with shapes in WKB ({error})") from error
    exact = next((name for name in names if name in frame), None)
    echo = [verbatim(value) for value in frame[exact]] if exact else []
    rows = pd.DataFrame({"_row": np.arange(1, len(frame) + 1)}, dtype=object)
    for name in frame.columns:
        rows[own_name(str(name))] = pd.Series([text(value) for value in frame[name]], dtype=object)
    if shapes is not None:
        rows["geometry"] = shapes
    for at in range(0, len(rows), CHUNK):
        yield Chunk(rows.iloc[at : at + CHUNK].reset_index(drop=True), [], echo[at : at + CHUNK])


def _require_unique(city: str, rows: pd.DataFrame) -> None:
    twice = rows["compound_id"][rows["compound_id"].duplicated()]
    if len(twice):
        where = f" of {city}" if city else ""
        raise FeedError(
            f"compound_id {twice.iloc[0]!r}{where} stands more than once ({len(twice)} such rows); wanted one row a compound"
        )
