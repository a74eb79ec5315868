"""An index of points on disk: a folder of arrays that are mapped, not read, so that many processes share one copy."""

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.point_edges import Edges
from geo.point_grid import Grid
from geo.point_near import Near
from geo.point_raster import Frame

LAYOUT = 1
HEADER = "index.json"


@dataclass(frozen=True)
class Stored:
    """What a folder holds."""

    count: int  # shapes that are neither missing nor empty
    edges: Edges
    grid: Grid
    near: Near | None
    shapes: NDArray[np.object_] | Path


def save(folder: Path, stored: Stored) -> None:
    """Write an index; what was in the folder before is replaced as a whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        header: dict[str, Any] = {"layout": LAYOUT, "count": stored.count}
        for name, part in (("edges", stored.edges), ("grid", stored.grid), ("near", stored.near)):
            header[name] = _write(made, name, part) if part is not None else None
        _write_shapes(made, shapes_of(stored.shapes))
        (made / HEADER).write_text(json.dumps(header), "utf-8")
        if folder.exists():
            _require_index(folder)
            shutil.rmtree(folder)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def load(folder: Path) -> Stored:
    """Map an index. Raises GeoError where the folder holds none, or one of another layout."""
    header = _require_index(folder)
    near = header["near"] and Near(**_read(folder, "near", header["near"]))
    grid = dict(header["grid"], frame=Frame(**header["grid"]["frame"]))
    edges = Edges(**_read(folder, "edges", header["edges"]))
    return Stored(header["count"], edges, Grid(**_read(folder, "grid", grid)), near, folder)


def shapes_of(shapes: NDArray[np.object_] | Path) -> NDArray[np.object_]:
    """Return the shapes, read from the folder where they are still there."""
    if not isinstance(shapes, Path):
        return shapes
    whole, begin = np.load(shapes / "shapes.npy").tobytes(), np.load(shapes / "shapes_begin.npy")
    texts = np.empty(len(begin) - 1, dtype=object)
    texts[:] = [whole[low:high] or None for low, high in zip(begin[:-1], begin[1:], strict=True)]
    return np.asarray(shapely.from_wkb(texts), dtype=object)


def fixed(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array as one that nobody writes to: built and mapped ones are then alike, also to a compiler."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view


def _write(folder: Path, name: str, part: Any) -> dict[str, Any]:
    """Write the arrays of a dataclass, and return its other fields."""
    plain = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            np.save(folder / f"{name}_{field.name}.npy", value)
        else:
            plain[field.name] = asdict(value) if isinstance(value, Frame) else value
    return plain


def _read(folder: Path, name: str, plain: dict[str, Any]) -> dict[str, Any]:
    paths = {path.stem.removeprefix(f"{name}_"): path for path in folder.glob(f"{name}_*.npy")}
    return plain | {field: fixed(np.load(path, mmap_mode="r")) for field, path in paths.items()}


def _write_shapes(folder: Path, shapes: NDArray[np.object_]) -> None:
    texts = [text or b"" for text in shapely.to_wkb(shapes, include_srid=False)]
    np.save(folder / "shapes.npy", np.frombuffer(b"".join(texts), dtype=np.uint8))
    np.save(folder / "shapes_begin.npy", np.cumsum([0, *map(len, texts)]))


def _require_index(folder: Path) -> dict[str, Any]:
    path = folder / HEADER
    if not path.is_file():
        raise GeoError(f"{folder} holds no index of points: {HEADER} is missing; make one with PointIndex.save")
    header: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if header.get("layout") != LAYOUT:
        raise GeoError(f"{folder} has layout {header.get('layout')}; wanted {LAYOUT}. Build the index again")
    return header
