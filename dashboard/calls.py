"""What a browser may send to a callback, checked before Dash reads it: Dash takes a malformed call for a fault of its own."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask.json.provider import DefaultJSONProvider

from dashboard.presses import BUTTONS, is_press
from layers.store.order_states import STEPS

LAST_DAY = 100_000  # days since 1970: the year 2243, beyond any slider


class CallError(ValueError):
    """A call names no callback of ours, or carries what that callback does not take."""


class Json(DefaultJSONProvider):
    """JSON as Flask reads it, but what is nested too deep is no JSON, and no fault of the server."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return what a text says; ValueError for what is no JSON."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


def check_call(body: Any, callbacks: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise CallError unless `body` asks one of the callbacks (output -> entry of Dash's map) for what it declares."""
    output = body.get("output") if isinstance(body, dict) else None
    entry = callbacks.get(output) if isinstance(output, str) else None
    if entry is None or "callback" not in entry:  # without one it runs in the browser alone
        raise CallError(f"no callback has the output {str(output)[:80]!r}")
    outputs = entry["output"] if isinstance(entry["output"], list) else [entry["output"]]
    declared = {
        "outputs": [{"id": one.component_id_str(), "property": one.component_property} for one in outputs],
        "inputs": entry["inputs"],
        "state": entry["state"],
    }
    for part, wanted in declared.items():
        given = body.get(part, [])
        given = [given] if part == "outputs" and isinstance(given, dict) else given
        if not isinstance(given, list) or len(given) != len(wanted):
            raise CallError(f"{part} of {output}; wanted a list of {len(wanted)}")
        for one, want in zip(given, wanted, strict=True):
            _check_part(one, want["id"], want["property"])
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(_is_property(one) for one in changed):
        raise CallError(f"changedPropIds of {output}; wanted a list of component.property")


def _check_part(given: Any, id: str, name: str) -> None:
    pattern = json.loads(id) if id.startswith("{") else None
    many = isinstance(given, list) and pattern is not None
    for one in given if many else [given]:
        # An output that several callbacks share is named property@callback.
        asked = str(one.get("property")).split("@")[0] if isinstance(one, dict) else ""
        if asked != name or not _is_id(one.get("id"), pattern or id):
            raise CallError(f"wanted {id}.{name}")
        takes = VALUES.get(f"{id}.{name}") or VALUES.get(name)
        if takes and one.get("value") is not None and not takes(one["value"]):
            raise CallError(f"the value of {id}.{name} is not of its kind")


def _is_id(given: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(given == wanted)
    return (
        isinstance(given, dict)
        and given.keys() == wanted.keys()
        and all(isinstance(given[k], str) if isinstance(v, list) else given[k] == v for k, v in wanted.items())
    )


def _is_property(text: Any) -> bool:
    if not isinstance(text, str) or "." not in text:
        return False
    try:
        return not text.startswith("{") or isinstance(json.loads(text.rsplit(".", 1)[0]), dict)
    except ValueError:
        return False


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value < LAST_DAY


def _chosen(value: Any) -> bool:
    """What is selected on the map: a layer and the id of one of its things, or an empty choice."""
    return isinstance(value, dict) and (not value.get("id") or _text(value["id"]) and _text(value.get("layer")))


def _rows(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, dict) and _text(row.get("id")) and row["id"].isdecimal() and len(row["id"]) < 16
        for row in value
    )


def _place_in_queue(value: Any) -> bool:
    """Where a reviewer stands: a person's key or none, and the keys that were put off."""
    return isinstance(value, dict) and (value.get("at") is None or _text(value["at"])) and _texts(value.get("skipped"))


def _pending(value: Any) -> bool:
    """A change of the gazetteer that waits to be confirmed, or the batch of one to be undone."""
    if not isinstance(value, dict):
        return False
    if "batch" in value:
        return _batch(value["batch"])
    return all(_text(value.get(name)) for name in ("kind", "code", "name", "why")) and _texts(value.get("others"))


def _entry(value: Any) -> bool:
    """A field of the order dialog; two thousand characters are more than any of them keeps."""
    return isinstance(value, str | int) and len(str(value)) <= 2_000


def _ordering(value: Any) -> bool:
    """What the order dialog is about: a proposal or several with what was seen of them, or a step of one order."""
    if isinstance(value, dict) and value.keys() == {"left"}:  # nothing: an order that was just put away
        return _text(value["left"])
    if not isinstance(value, dict) or not _text(value.get("do")):
        return False
    if value["do"] in STEPS:
        return _text(value.get("number")) and _batch(value.get("batch"))
    texts = all(_text(value.get(name)) for name in ("kind", "subject", "at", "token"))
    seen = value.get("seen")
    return texts and isinstance(seen, dict) and all(_text(one) for one in seen.values())


def _batch(value: Any) -> bool:
    """The number of a batch: whole, positive, and such as a database can hold."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53


def _clocks(value: Any) -> bool:
    """Where a hand left the clocks: the page, and moments in milliseconds, or none for now."""
    if not isinstance(value, dict) or not _text(value.get("path")):
        return False
    times = [value[name] for name in ("as_of", "known_at") if value.get(name) is not None]
    return all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < LAST_DAY * 86_400_000 for one in times)


def _assumed(value: Any) -> bool:
    """What a control of the what-if panel says: a number a reader could mean; whether it makes sense is the view's to say."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LAST_DAY


def _selected(value: Any) -> bool:
    """Compounds selected on the map."""
    return isinstance(value, dict) and _texts(value.get("ids")) and len(value["ids"]) <= 20_000


def _filtered(value: Any) -> bool:
    """What a table is narrowed by, as its grid tells it, and the text beside it."""
    if not isinstance(value, dict) or not all(_text(value.get(name)) for name in ("table", "quick")):
        return False
    model = value.get("model")
    return isinstance(model, dict) and len(model) <= 40 and all(isinstance(one, dict) for one in model.values())


def _arranged(value: Any) -> bool:
    """How somebody arranged the columns of a table; none of them for "as it was made"."""
    if not isinstance(value, dict) or not _text(value.get("table")) or not isinstance(value.get("columns"), list):
        return False
    return len(value["columns"]) <= 80 and all(
        isinstance(one, dict) and _text(one.get("colId")) for one in value["columns"]
    )


def _columns(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _undo(value: Any) -> bool:
    """What a toast takes back: a view that was deleted, its name, what a page opened with, or a schedule made or stopped."""
    if not isinstance(value, dict):
        return False
    if value.get("what") == "view":
        row = value.get("row")
        return (
            isinstance(row, dict)
            and all(_short(row.get(n)) for n in ("name", "page", "search"))
            and row.get("columns") == {}
        )
    if value.get("what") in ("schedule-stop", "schedule-resume"):
        return _batch(value.get("id"))
    if value.get("what") == "rename":
        return _batch(value.get("id")) and _short(value.get("name"))
    return value.get("what") == "default" and _short(value.get("page")) and _short(value.get("search"))


def _short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 2_000


def _fragment(value: Any) -> bool:
    """What stands after # of an address: filters of tables, and up to 2,000 compounds selected on the map."""
    return isinstance(value, str) and len(value) <= 60_000


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(_text(one) for one in value)


# Values by component.property, else by property; what is not named here may be anything.
VALUES: Mapping[str, Callable[[Any], bool]] = {
    "pathname": _text,
    "hash": _fragment,
    "grid-filter.data": _filtered,
    "grid-columns.data": _arranged,
    "columnDefs": _columns,
    "undo.data": _undo,
    "views-name.value": _short,
    '{"index":["ALL"],"type":"view-name"}.value': _short,
    "search": _text,
    "n_clicks": _number,
    "selectedRows": _rows,
    "scale.data": _number,
    "wall-page.data": _text,
    "review.data": _place_in_queue,
    "review-same.value": _texts,
    "review-learn.value": _texts,
    "care-code.value": _text,
    "care-kind.value": _text,
    "care-value.value": _text,
    "care-why.value": _text,
    "care-pending.data": _pending,
    '{"index":["ALL"],"type":"order-field"}.value': _entry,
    **dict.fromkeys((f'{{"index":["ALL"],"type":"alert-{name}"}}.value' for name in ("word", "field")), _entry),
    '{"index":"kind","type":"alert-field"}.value': _text,
    "order-state.data": _ordering,
    **dict.fromkeys((f"orders-{name}.value" for name in ("decision", "state", "owner")), _text),
    **dict.fromkeys(
        (
            '{"index":["ALL"],"type":"import-column"}.value',
            '{"index":["ALL"],"of":["ALL"],"type":"import-code"}.value',
            '{"index":["ALL"],"type":"import-fill"}.value',
            '{"index":["ALL"],"type":"profile-column"}.value',
            '{"index":["ALL"],"type":"import-why"}.value',
        ),
        _short,
    ),
    '{"index":["ALL"],"type":"import-join"}.value': _texts,
    "import-keep.value": _texts,
    **dict.fromkeys((f"import-{n}.value" for n in ("feed", "sheet", "source", "datum")), _short),
    **dict.fromkeys((f"import-profile-{n}.value" for n in ("source", "datum")), _short),
    **dict.fromkeys(("imports-feed.value", "imports-source.value"), _text),
    **dict.fromkeys((f"briefing-{name}.value" for name in ("parts", "districts")), _texts),
    **dict.fromkeys((f"briefing-{name}.value" for name in ("lang", "form", "size", "secrecy")), _short),
    "schedule-at.value": _short,
    **dict.fromkeys((f"journal-{name}.value" for name in ("action", "actor", "first", "last")), _short),
    '{"index":["ALL"],"type":"account-field"}.value': _short,
    **dict.fromkeys((f'{{"index":["ALL"],"type":"{of}-remark"}}.value' for of in ("oversight", "taking")), _short),
    "pick.data": _chosen,
    "map-event.data": _chosen,
    "clocks.data": _clocks,
    "selection.data": _selected,
    "area.value": _text,
    **dict.fromkeys((f"compare-{side}-{name}.value" for side in "ab" for name in ("area", "as-of", "known-at")), _text),
    "if-cases.value": _assumed,
    "if-stay.value": _assumed,
    "if-arrivals.value": _assumed,
    "if-refused.value": _texts,
    "if-name.value": _text,
    **{f"press-{name}.data": partial(is_press, name) for name in BUTTONS},
}
