"""What the map behind a page draws: the frames of its scene, what is selected, and where to look."""

from typing import Any

from dash import no_update

from dashboard import map as deck
from dashboard.pages import Asked, Scene
from dashboard.pages._frame import feed_age, painted_by
from layers._catalog import all_layers


def drawing(asked: Asked, scene: Scene | None, chosen: tuple[str, str] | None = None) -> Any:
    """Return what the map draws for a page."""
    if scene is None:
        return no_update
    desk, here = asked.desk, asked.here
    frames = desk.frames(asked.who, here.view, scene.layers, asked.lang)
    camera = deck.fit(_focus(asked, frames), scene.pitch, scene.bearing)
    marks = painted_by(scene)
    return deck.deck_spec(
        frames,
        scene.key,
        tables=desk.tables,
        camera=camera,
        paint=scene.paint,
        lang=asked.lang,
        selected=chosen,
        marks=marks,
        ages={key: feed_age(asked, all_layers()[key].feeds) for key in frames},
        levels=scene.has_levels,
        whole=here.view.level in ("city", "district"),
        nowhere=_nowhere(asked, frames),
        arcs=scene.arcs,
    )


def _nowhere(asked: Asked, frames: Any) -> int:
    """How many are ill in the city who are placed in no district: with those of the map they are all."""
    if asked.here.view.level != "city" or "districts" not in frames:
        return 0
    names = ["now_confirmed", "now_clinical"]
    whole = asked.desk.counts(asked.who, asked.here.view)[names].sum(skipna=False)
    left = whole - frames["districts"][names].to_numpy().sum()
    return int(left) if left > 0 else 0


def _focus(asked: Asked, frames: Any) -> Any:
    """The box to look at: the compounds of the view without the thinly settled tenth at each side of the city."""
    compounds, area = frames.get("compounds"), asked.here.view.district
    if compounds is not None and compounds["lon"].notna().sum() >= 10:
        lon, lat = compounds["lon"].dropna(), compounds["lat"].dropna()
        edge = 0.01 if area else 0.06
        return (lon.quantile(edge), lat.quantile(edge), lon.quantile(1 - edge), lat.quantile(1 - edge))
    districts = frames["districts"]
    chosen = districts[districts["id"] == area]
    return chosen.total_bounds if len(chosen) else deck.extent(frames)
