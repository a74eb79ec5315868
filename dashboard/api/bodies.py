"""JSON as programs send it: read without losing a digit, and held against the columns that a feed declares.

What is wrong with the form (a column that the feed has not, an object where one value is wanted, NaN) refuses the whole batch and names
row and column: it is the program that is wrong. What is wrong with a value is for the intake to say, row by row.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from dashboard.api.problems import Problem
from layers.intake._feed import Column, Feed
from layers.intake.parsing import LONGEST

LARGEST = 8_000_000  # bytes of a body
MOST = 5_000  # records of one request
SHOWN = 100  # errors that are listed
LISTED = 200  # values of a list
DEEPEST = 16  # lists and objects within a shape: a collection of polygons has 6
KINDS = ("integer", "number", "lon", "lat")


class Literal(str):
    """A number as it is written in the JSON: no digit of it is lost."""

    __slots__ = ()


class NotFinite(Literal):
    """NaN or Infinity, which are no JSON."""

    __slots__ = ()


class _TwiceError(ValueError):
    """An object names something twice; nobody knows which is meant."""


def content(largest: int = LARGEST) -> bytes:
    """Return the body of this request; raises a Problem for one that is no JSON by its header, or too large."""
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "no_json")
    request.max_content_length = largest + 1  # one that comes in pieces, without saying how long it is, is cut there
    if (request.content_length or 0) > largest:
        raise too_large(largest)
    body = request.get_data(cache=False)
    if len(body) > largest:
        raise too_large(largest)
    return body


def too_large(largest: int) -> Problem:
    """Return the problem of a body that is too large."""
    return Problem(413, "too_large", largest=largest, most=MOST)


def read(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds; raises a Problem for what is no JSON object."""
    try:
        found = json.loads(
            body.decode("utf-8"),
            parse_int=Literal,
            parse_float=Literal,
            parse_constant=NotFinite,
            object_pairs_hook=_once,
        )
    except _TwiceError as error:
        raise Problem(400, "twice", name=str(error)[:60]) from error
    except (ValueError, RecursionError) as error:
        place = error.pos + 1 if isinstance(error, json.JSONDecodeError) else 0
        raise Problem(400, "broken", place=place) from error
    if not isinstance(found, dict):
        raise Problem(400, "no_object", found=_kind(found))
    return found


def only(body: Mapping[str, Any], **wanted: Callable[[Any], bool]) -> None:
    """Raise a Problem where a body has another member than the wanted ones, or one that its test refuses."""
    for name, value in body.items():
        if name not in wanted or not wanted[name](value):
            raise Problem(422, "member", name=name[:60], found=_kind(value), wanted=", ".join(wanted))


def is_text(value: Any) -> bool:
    """Return whether a value is text that can be stored."""
    return isinstance(value, str) and not isinstance(value, Literal) and not _unfit(value)


def records(feed: Feed, given: Any, allowed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a batch as the readers of files take them; raises a Problem that names row and column.

    allowed  column -> the only values that it may have, as the token says
    """
    if not isinstance(given, list) or not given:
        raise Problem(422, "no_records", most=MOST)
    if len(given) > MOST:
        raise Problem(413, "too_many", most=MOST, found=len(given))
    columns = {column.name: column for column in feed.columns}
    errors: list[dict[str, Any]] = []
    for number, record in enumerate(given, start=1):
        if not isinstance(record, dict):
            errors.append(_error(number, "", _kind(record), "object"))
            continue
        for name, value in record.items():
            wrong = _wrong(columns.get(name), value)
            if wrong:
                errors.append(_error(number, name[:60], *wrong))
    if errors:
        raise Problem(422, "form", errors=errors[:SHOWN], more={"errors_in_all": len(errors)}, found=len(errors))
    _require_own(given, {name: values for name, values in allowed.items() if name in columns})
    return [{name: _plain(value) for name, value in record.items()} for record in given]


def _require_own(given: list[dict[str, Any]], allowed: Mapping[str, Any]) -> None:
    errors = [
        _error(number, name, "another value", " | ".join(values))
        for number, record in enumerate(given, start=1)
        for name, values in allowed.items()
        if str(record.get(name) or "").strip() not in values
    ]
    if errors:
        raise Problem(403, "not_own", errors=errors[:SHOWN], more={"errors_in_all": len(errors)}, found=len(errors))


def _wrong(column: Column | None, value: Any) -> tuple[str, str] | None:
    """What was found and what is wanted, None where the form is right. Nothing of the value itself: it may name a person."""
    if column is None:
        return "a column that the feed does not declare", "a declared column"
    if isinstance(value, NotFinite) or (isinstance(value, Literal) and not math.isfinite(float(value))):
        return "a number that is not finite", wanted(column)
    if value is None or _fits(column, value):
        return None
    return _kind(value), wanted(column)


def _fits(column: Column, value: Any) -> bool:
    if column.type in KINDS:
        return isinstance(value, Literal) and (column.type != "integer" or float(value).is_integer())
    if column.type == "boolean":
        return isinstance(value, bool)
    if column.type == "list":
        return isinstance(value, list) and len(value) <= LISTED and all(_short(one) for one in value)
    if column.type == "geometry":
        return isinstance(value, dict) and is_text(value.get("type")) and _is_shape(value)
    return _short(value)


def _is_shape(value: Any, depth: int = 0) -> bool:
    """Whether there is nothing in a shape that cannot be written down again; what it is, the reader of shapes finds out."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return depth < DEEPEST and all(_is_shape(one, depth + 1) for one in value)
    if isinstance(value, Literal):
        return not isinstance(value, NotFinite) and math.isfinite(float(value))
    return value is None or isinstance(value, bool) or is_text(value)


def _short(value: Any) -> bool:
    return is_text(value) and len(value) <= LONGEST


def wanted(column: Column) -> str:
    """Return what a column takes, as JSON has it."""
    if column.type in KINDS:
        return "integer" if column.type == "integer" else "number"
    text = f"string of at most {LONGEST} characters"
    named = {"boolean": "boolean", "list": f"array of at most {LISTED}: {text}", "geometry": "GeoJSON geometry"}
    return named.get(column.type, text)


def _plain(value: Any) -> Any:
    """A value as files hold it: numbers as they were written, truth values as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return {name: _figure(one) for name, one in value.items()}
    return value


def _figure(value: Any) -> Any:
    """A part of a shape: its numbers are numbers."""
    if isinstance(value, list):
        return [_figure(one) for one in value]
    if isinstance(value, dict):
        return {name: _figure(one) for name, one in value.items()}
    return float(value) if isinstance(value, Literal) else value


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, Literal):
        return "number"
    if isinstance(value, str):
        return "string that cannot be stored" if _unfit(value) else f"string of {len(value)} characters"
    return "array" if isinstance(value, list) else "object"


def _unfit(text: str) -> bool:
    """NUL, which no database takes, or half of a pair of UTF-16."""
    return "\0" in text or any("\ud800" <= one <= "\udfff" for one in text)


def _error(row: int, column: str, found: str, needed: str) -> dict[str, Any]:
    return {"row": row, "column": column, "found": found, "wanted": needed}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found
