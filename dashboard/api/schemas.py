"""What goes in and comes out as JSON Schema: records from the columns that feeds declare, and the answers."""

from typing import Any

from dashboard.api import bodies, orders, reads
from dashboard.text import both
from layers._frames import COUNTED
from layers.intake._feed import Column, Feed
from layers.intake.feeds import all_feeds
from layers.intake.parsing import LONGEST
from layers.store.order_states import STATES

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
OBJECT: Schema = {"type": "object"}
KINDS: dict[str, Schema] = {
    "text": {"type": ["string", "null"], "maxLength": LONGEST},
    "time": {"type": ["string", "null"], "maxLength": LONGEST},
    "integer": {"type": ["integer", "null"]},
    **dict.fromkeys(("number", "lon", "lat"), {"type": ["number", "null"]}),
    "boolean": {"type": ["boolean", "null"]},
    "list": {"type": ["array", "null"], "items": TEXT | {"maxLength": LONGEST}, "maxItems": bodies.LISTED},
    "geometry": {"type": ["object", "null"], "required": ["type"], "properties": {"type": TEXT}},
}


def components() -> dict[str, Schema]:
    """Return every schema by name."""
    feeds = {f"record_{name}": record(feed) for name, feed in all_feeds().items()}
    batches = {f"batch_{name}": batch(feed) for name, feed in all_feeds().items()}
    return {**feeds, **batches, **_answers()}


def said(key: str, **values: Any) -> str:
    """Return words in both languages: Chinese first, English beside it."""
    return " / ".join(both(f"api_doc.{key}", **values))


def record(feed: Feed) -> Schema:
    """Return the schema of one record of a feed.

    The form is held against it, and refuses the batch. What the intake asks of a value (`x-required`, `x-codes`, `x-lowest`, `x-highest`,
    `x-refers`) refuses its row alone, so it is told and is no part of the form.
    """
    properties = {column.name: of_column(column) for column in feed.columns}
    return {**OBJECT, "title": " ".join(feed.title), "properties": properties, "additionalProperties": False}


def of_column(column: Column) -> Schema:
    """Return the schema of a column: its form, its meaning, and what the intake asks of it."""
    found = KINDS[column.type] | {"title": column.zh, "description": f"{column.meaning_zh} / {column.meaning}"}
    if column.type == "time":
        found["description"] += f" ({said('time')})"
    spelt: dict[str, list[str]] = {}
    for word, code in (column.codes or {}).items():
        spelt.setdefault(code, []).append(word)
    told = {"x-required": column.required, "x-unit": column.unit, "x-codes": spelt, "x-refers": column.refers}
    limits = {"x-lowest": column.lowest, "x-highest": column.highest}
    found |= {name: value for name, value in told.items() if value}
    found |= {name: value for name, value in limits.items() if value is not None}
    if column.personal:
        found["x-personal"] = " / ".join(column.personal.purpose)
    return found


def batch(feed: Feed) -> Schema:
    """Return the schema of a batch of records of a feed."""
    items = {"type": "array", "items": ref(f"record_{feed.name}"), "minItems": 1, "maxItems": bodies.MOST}
    properties: Schema = {"records": items}
    if feed.has_position:
        properties["datum"] = {"type": "string", "description": said("datum")}
    return {**OBJECT, "required": ["records"], "properties": properties, "additionalProperties": False}


def ref(name: str) -> Schema:
    """Return the reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: Schema) -> Schema:
    return {**OBJECT, "properties": properties, "required": list(properties)}


def _or_null(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _answers() -> dict[str, Schema]:
    words = _object(title=TEXT)
    place = {"row": WHOLE, "column": TEXT, "found": TEXT, "wanted": TEXT}
    counts = _object(**dict.fromkeys(("read", "new", "changed", "unchanged", "older", "rejected"), WHOLE))
    notes = _list(ref("Note"))
    about = {"area": TEXT, "as_of": MOMENT, "known_at": MOMENT, "revision": WHOLE}
    number = {"type": ["number", "null"]}
    cover = {"oneOf": [{"type": "number"}, {"type": "null"}, {"const": "infinite"}]}
    text = _or_null(TEXT)
    measures = {**OBJECT, "properties": {**dict.fromkeys(reads.MEASURES, _or_null(WHOLE)), "last": text}}
    of_status = _object(**dict.fromkeys(COUNTED, measures))
    bed = {"hospital": TEXT, **dict.fromkeys(("bed_kind", "name", "kind", "district"), text)}
    bed |= {**dict.fromkeys(("open", "used", "free", "planned"), number), "reported_for": text}
    stock = {"site": TEXT, **dict.fromkeys(("name", "district", "item", "unit"), text), "quantity": number}
    stock |= {"daily_use": number, "days_of_cover": cover, "counted_at": text}
    feature = _object(type={"const": "Feature"}, id=TEXT, geometry={"type": ["object", "null"]}, properties=OBJECT)
    order = dict.fromkeys(orders.TOLD.values(), text) | {"number": TEXT, "version": WHOLE}
    order["state"] = {"type": "string", "enum": list(STATES)}
    step = {"text": {"type": "string", "description": said("step_text")}, "seen": {"type": ["integer", "null"], "minimum": 0}}  # fmt: skip
    return {
        "Problem": _object(type=TEXT, status=WHOLE, title=TEXT, zh=words, en=words)
        | {"description": said("problem")},
        "Note": {**OBJECT, "properties": {**{name: _or_null(one) for name, one in place.items()}, "zh": TEXT, "en": TEXT}},
        "Receipt": _object(
            batch=_or_null(WHOLE), feed=TEXT, source=TEXT, known_at=text, dry_run={"type": "boolean"}, datum=text, rows=counts,
            duplicates=WHOLE, withdrawn=WHOLE, matched=OBJECT, rejected=notes, warned=notes, notices=_list(_object(zh=TEXT, en=TEXT)),
        ),
        "Counts": _object(**about, level=TEXT, rows=_list(_object(area=TEXT, counts=of_status))),
        "Beds": _object(**about, rows=_list(_object(**bed))),
        "Stocks": _object(**about, rows=_list(_object(**stock))),
        "Features": _object(type={"const": "FeatureCollection"}, layer=TEXT, **about, features=_list(feature)),
        "Order": _object(**order),
        "Orders": _object(**about, rows=_list(ref("Order"))),
        "Step": {**OBJECT, "properties": step, "additionalProperties": False},
    }  # fmt: skip
