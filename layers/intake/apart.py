"""Read and repair shapes in a process of its own, with limits: a file that ends it, fills its memory or keeps it busy ends no server.

Nested shapes end the geometry library without an error that could be caught, and an outline that crosses itself keeps a repair
busy for minutes. Readers that are at rest wait for the next file, since each start takes a second or two.
"""

import atexit
import json
import os
import resource
import select
import struct
import subprocess  # nosec B404 # one process of our own, below
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numpy as np
import pandas as pd
import shapely

from layers._errors import FeedError
from layers.intake.chunks import Chunk, Misshapen

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 6 << 30  # bytes that a reader may take
READ_S = 600.0  # a file of shapes; the largest real one (roads of a city) takes some 10 s
REPAIR_S = 10.0  # one outline; those of real cities take milliseconds
MOST_SLOW = 3  # outlines of one call that may take too long; the others that need a repair are then not tried
USES = 50  # files and repairs after which a reader is let go with all that it remembers
SIZE = struct.Struct("<Q")
EN, ZH = (
    "the process that read it ended ({why}); the file is damaged, or made to do harm",
    "读取它的进程异常终止（{why}），文件已损坏或含有恶意内容",
)


class Ended(Exception):
    """A reader ended, or took too long; the message says which."""


class Reader:
    """A process that reads shapes, and the pipe to it."""

    def __init__(self) -> None:
        told = {
            name: value for name, value in os.environ.items() if not name.startswith("FANGYI_")
        }  # no secret to take
        path = os.pathsep.join([str(ROOT), *filter(None, [told.get("PYTHONPATH")])])
        self.process = subprocess.Popen(  # nosec B603 # this Python and a module of this package, no shell
            [sys.executable, "-m", "layers.intake._apart"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=told | {"PYTHONPATH": path},
        )
        self.uses = 0

    def ask(self, request: dict[str, Any], blob: bytes = b"") -> None:
        """Send a request; raises Ended where nobody takes it."""
        self.uses += 1
        try:
            send(self._end(self.process.stdin), request, blob)
        except BrokenPipeError:
            raise Ended(self._why()) from None

    def answer(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Return the next message; raises Ended when none comes within some seconds, or none can come."""
        end = time.monotonic() + seconds
        parts = []
        for _ in range(2):
            (size,) = SIZE.unpack(self._bytes(SIZE.size, end))
            parts.append(self._bytes(size, end))
        return json.loads(parts[0]), parts[1]

    def stop(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                self._end(pipe).close()
            except BrokenPipeError:  # what it was sent and did not read
                continue

    def _bytes(self, count: int, end: float) -> bytes:
        pipe, found, waits = self._end(self.process.stdout).fileno(), bytearray(), select.poll()
        waits.register(pipe, select.POLLIN)
        while len(found) < count:
            if not waits.poll(max(end - time.monotonic(), 0) * 1000):
                raise Ended("it took too long")
            some = os.read(pipe, min(count - len(found), 1 << 20))
            if not some:
                raise Ended(self._why())
            found += some
        return bytes(found)

    def _why(self) -> str:
        code = self.process.wait()
        return f"signal {-code}" if code < 0 else f"code {code}"

    @staticmethod
    def _end(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe


_idle: list[Reader] = []
_lock = Lock()


def chunks(kind: str, path: Path, *args: Any) -> Iterator[Chunk]:
    """Yield what a function of `spatial` that reads a file yields: "geojson" or "geopackage", called with path and args.

    Raises what it raises: FeedError, or ValueError of a damaged file; FeedError where the reader ended or took too long.
    """
    reader, whole = _taken(), False
    try:
        reader.ask({"do": kind, "path": str(path.absolute()), "args": args})  # it stands where it was begun
        while True:
            told, blob = reader.answer(READ_S)
            whole = "columns" not in told  # its last word
            if "end" in told:
                return
            yield unpacked(_checked(told), blob)
    except Ended as error:
        raise FeedError(f"{path.name}: {EN.format(why=error)}", f"{path.name}：{ZH.format(why=error)}") from error
    finally:
        _given_back(reader, whole)


def repairer() -> Callable[[shapely.Geometry], shapely.Geometry | None]:
    """Return what repairs one outline at a time (`boundaries.polygons`), for one call of `boundaries.repair`.

    It raises TimeoutError for an outline that takes too long or ends the reader, and for all that follow MOST_SLOW of them.
    """
    slow = 0

    def repaired(shape: shapely.Geometry) -> shapely.Geometry | None:
        nonlocal slow
        if slow >= MOST_SLOW:
            raise TimeoutError("is not tried: others before it took too long")
        reader, whole = _taken(), False
        try:
            reader.ask({"do": "repair"}, shapely.to_wkb(shape))
            _, blob = reader.answer(REPAIR_S)
            whole = True
        except Ended as error:
            slow += 1
            raise TimeoutError(f"cannot be repaired ({error})") from error
        finally:
            _given_back(reader, whole)
        return shapely.from_wkb(blob) if blob else None

    return repaired


def send(pipe: IO[bytes], told: dict[str, Any], blob: bytes) -> None:
    """Write one message: a JSON object and some bytes, each after its size."""
    for part in (json.dumps(told, ensure_ascii=False).encode(), blob):
        pipe.write(SIZE.pack(len(part)))
        pipe.write(part)
    pipe.flush()


def packed(chunk: Chunk) -> tuple[dict[str, Any], bytes]:
    """Return a chunk as a message: values as JSON, shapes as WKB one after the other (-1: no shape)."""
    rows, encoded = chunk.rows, []
    told: dict[str, Any] = {
        "columns": {name: rows[name].tolist() for name in rows.columns if name != "geometry"},
        "misshapen": [[one.row, one.found, one.wanted, one.zh, one.verbatim] for one in chunk.misshapen],
        "verbatim": chunk.verbatim,
    }
    if "geometry" in rows:
        encoded = shapely.to_wkb(rows["geometry"].to_numpy(object)).tolist()
        told["sizes"] = [-1 if one is None else len(one) for one in encoded]
    return told, b"".join(one for one in encoded if one is not None)


def unpacked(told: dict[str, Any], blob: bytes) -> Chunk:
    """Return the chunk of a message."""
    rows = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in told["columns"].items()})
    if "sizes" in told:
        at = np.cumsum([0, *(max(size, 0) for size in told["sizes"])])
        encoded = [
            None if size < 0 else blob[start : start + size] for start, size in zip(at[:-1], told["sizes"], strict=True)
        ]
        shapes = np.empty(len(encoded), dtype=object)
        shapes[:] = shapely.from_wkb(np.array([*encoded, None], dtype=object))[:-1]
        rows["geometry"] = shapes
    return Chunk(rows, [Misshapen(*one) for one in told["misshapen"]], list(told["verbatim"]))


def limited(seconds: float) -> None:
    """Let this process take some seconds of a processor more than it has, and MEMORY."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def rest() -> None:
    """End the readers that wait for work."""
    with _lock:
        while _idle:
            _idle.pop().stop()


atexit.register(rest)
os.register_at_fork(after_in_child=_idle.clear)  # a pipe has one owner


def _checked(told: dict[str, Any]) -> dict[str, Any]:
    refused: Sequence[str] | None = told.get("refused")
    if refused:
        raise FeedError(*refused)
    if "fault" in told:
        raise ValueError(told["fault"])
    return told


def _taken() -> Reader:
    with _lock:
        while _idle:
            reader = _idle.pop()
            if reader.process.poll() is None:
                return reader
            reader.stop()
    return Reader()


def _given_back(reader: Reader, whole: bool) -> None:
    """Keep a reader that has answered all that it was asked; end any other."""
    if not whole or reader.uses >= USES:
        reader.stop()
        return
    with _lock:
        _idle.append(reader)
