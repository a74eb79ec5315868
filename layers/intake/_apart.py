"""The process that reads and repairs shapes for `apart`: requests come in by its standard input until that is closed."""

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

import shapely

from geo import boundaries
from layers._errors import FeedError
from layers.intake import apart, spatial

READS = {"geojson": spatial.geojson, "geopackage": spatial.geopackage}


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer one request after the other."""
    while True:
        size = requests.read(apart.SIZE.size)
        if not size:
            return
        told = json.loads(requests.read(*apart.SIZE.unpack(size)))
        blob = requests.read(*apart.SIZE.unpack(requests.read(apart.SIZE.size)))
        if told["do"] == "repair":
            apart.limited(apart.REPAIR_S)
            shape = boundaries.polygons(shapely.from_wkb(blob))
            apart.send(answers, {}, b"" if shape is None else shapely.to_wkb(shape))
        else:
            apart.limited(apart.READ_S)
            _read(answers, told)


def _read(answers: IO[bytes], told: dict[str, Any]) -> None:
    try:
        for chunk in READS[told["do"]](Path(told["path"]), *told["args"]):
            apart.send(answers, *apart.packed(chunk))
    except FeedError as error:
        return apart.send(answers, {"refused": [str(error), error.zh]}, b"")
    except MemoryError:
        return apart.send(answers, {"fault": f"it wants more than {apart.MEMORY >> 30} GB of memory"}, b"")
    except (OSError, KeyError, ValueError, *spatial.FAULTS) as error:
        return apart.send(answers, {"fault": str(error)}, b"")
    apart.send(answers, {"end": True}, b"")


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "wb") as found:
        os.dup2(2, 1)  # what a library prints is no answer
        serve(sys.stdin.buffer, found)
