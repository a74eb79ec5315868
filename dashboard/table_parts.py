"""Tables that sort, filter and keep how a person arranged their columns; numbers stand right, and what is unknown is "–"."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import numpy as np
import pandas as pd

from dashboard.text import UNKNOWN, say

_THEME = {  # colours are those of assets/tokens.css, so that the grid follows the theme
    "browserColorScheme": "inherit",
    "backgroundColor": "transparent",
    "foregroundColor": "var(--ink)",
    "headerBackgroundColor": "var(--wash)",
    "headerTextColor": "var(--dim)",
    "headerFontWeight": 500,
    "oddRowBackgroundColor": "transparent",
    "rowHoverColor": "var(--hover)",
    "selectedRowBackgroundColor": "var(--chosen)",
    "borderColor": "var(--line)",
    "menuBackgroundColor": "var(--raised)",
    "accentColor": "var(--accent)",
    "wrapperBorder": False,
    "wrapperBorderRadius": 0,
    "fontFamily": "inherit",
    "fontSize": "0.875rem",
    "headerFontSize": "0.8125rem",
    "rowHeight": "2.3rem",
    "headerHeight": "2.3rem",
    "spacing": "0.4rem",
    "cellHorizontalPadding": "0.6rem",
}
NO_MENU = {"suppressHeaderMenuButton": True, "suppressHeaderFilterButton": True}
GRID_WORDS = (
    "noRowsToShow",
    "noMatchingRows",
    "loadingOoo",
    "filterOoo",
    "contains",
    "equals",
    "page",
    "of",
    "to",
    "nextPage",
    "previousPage",
)
# A named theme would be fetched from elsewhere, and an unknown one turns white without a word; only withParams is ours.
THEME = {"function": f"themeQuartz.withParams({json.dumps(_THEME)})"}


def table(
    frame: pd.DataFrame,
    columns: Mapping[str, str | Mapping[str, Any]],
    id: Any,
    *,
    lang: str = "zh",
    page: int = 0,
    filters: bool = False,
    arranged: Sequence[Mapping[str, Any]] = (),
    apart: bool = False,
    chosen: str = "",
    scale: float = 1,
) -> dag.AgGrid:
    """Return a table that sorts and exports.

    columns   column of the frame -> title, or a dict of AG Grid options with `headerName`; numbers stand right, unknown is "–"
    id        of the grid; clicks arrive in `selectedRows`, the frame's `id` is the id of a row when it has one
    page      rows a page; 0 scrolls
    filters   a row of filter fields under the titles
    apart     the rows come later, by assets/desk.js
    chosen    the `id` of the row that is marked from the start; "" for none
    scale     how large letters are: widths are told to the grid in pixels
    arranged  how a person arranged its columns, as `getColumnState` of the grid tells it: order, width, what is hidden, sorting
    """
    names = table_columns(frame, columns)
    columns = {name: _wide(more, scale) for name, more in columns.items()}
    options: dict[str, Any] = {
        "theme": THEME,
        "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        "animateRows": False,
        "enableCellTextSelection": True,
        "suppressAnimationFrame": True,  # rows are painted at once, also while the map draws
        "localeText": {key: say(f"grid.{key}", lang) for key in GRID_WORDS},
    }
    if page:
        options |= {"pagination": True, "paginationPageSize": page, "paginationPageSizeSelector": False}
    return dag.AgGrid(
        id=id,
        **({} if apart else {"rowData": records(frame[names])}),
        **({"selectedRows": {"ids": [chosen]}} if chosen else {}),
        columnDefs=arrange([_column(name, more, frame[name], filters) for name, more in columns.items()], arranged),
        defaultColDef={"sortable": True, "resizable": True, "filter": filters, "floatingFilter": filters} | NO_MENU,
        getRowId="params.data.id" if "id" in names else None,
        dashGridOptions=options,
        className="grid",
        style={"height": "100%"},  # Dash would set 400 pixels
    )


NUMBERS = {
    "filter": "agNumberColumnFilter",
    "filterParams": {"maxNumConditions": 1, "defaultOption": "greaterThanOrEqual"},
}
TEXTS = {"filter": "agTextColumnFilter", "filterParams": {"maxNumConditions": 1}}
KEPT = {"hide": bool, "width": int, "sort": str, "sortIndex": int}  # of a column's state; numbers are pixels


def arrange(columns: Sequence[Mapping[str, Any]], state: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the columns of a table in a person's order, with the widths, sorting and hiding of that state.

    A column that came since stands where it was made, after its neighbour; one that is gone is forgotten.
    """
    known = {str(one.get("colId")): one for one in state}
    place = {name: number for number, name in enumerate(known)}
    found, at = [], -1.0
    for number, column in enumerate(columns):
        at = place.get(column["field"], at + 1e-6)
        found.append((at, number, {**column, **_arranged(known.get(column["field"], {}))}))
    return [column for *_, column in sorted(found, key=lambda one: one[:2])]


def _arranged(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name, kind in KEPT.items() if isinstance(one.get(name), kind)}
    flat: dict[str, Any] = {"flex": None} if kept.get("width") and not one.get("flex") else {}
    return {("initialHide" if name == "hide" else name): value for name, value in kept.items()} | flat


def _column(name: str, more: str | Mapping[str, Any], values: pd.Series, filters: bool = False) -> dict[str, Any]:
    given = {"headerName": more} if isinstance(more, str) else dict(more)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        digits = 0 if pd.api.types.is_integer_dtype(values) else 1
        number = f"d3.format(',.{digits}~f')(params.value)"
        written = f"params.value == null ? '{UNKNOWN}' : params.value == '∞' ? '∞' : {number}"
        return (
            {
                "field": name,
                "type": "rightAligned",
                "flex": 1,
                "minWidth": 72,
                "valueFormatter": {"function": written},
            }
            | (NUMBERS if filters else {})
            | given
        )
    return {"field": name, "flex": 2, "minWidth": 110, "tooltipField": name} | (TEXTS if filters else {}) | given


def _wide(more: str | Mapping[str, Any], scale: float) -> str | Mapping[str, Any]:
    if isinstance(more, str) or scale == 1:
        return more
    return {**more, **{name: round(more[name] * scale) for name in ("minWidth", "maxWidth") if name in more}}


def table_columns(frame: pd.DataFrame, columns: Mapping[str, Any]) -> list[str]:
    """Return the columns of the frame that a table holds: those it shows, and the id of a row."""
    return list(columns) + [name for name in ("id",) if name in frame and name not in columns]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as a browser takes them: times to the minute, what is not known as None."""
    shown = frame.copy()
    for name in shown:
        if pd.api.types.is_datetime64_any_dtype(shown[name]):
            shown[name] = shown[name].dt.strftime("%Y-%m-%d %H:%M")
    plain = shown.astype(object).where(shown.notna(), None)
    return plain.replace([np.inf, -np.inf], ["∞", "-∞"]).to_dict("records")
