"""Clusters: where more cases lie together than chance explains, on the map, with the evidence."""

from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked, Page, Scene, _clusters
from dashboard.pages._frame import LAND, NAMES, desk_page
from layers.decisions.cluster_map import paint


def scene(asked: Asked) -> Scene:
    """Compounds in their counts, and rings around the clusters."""
    view, paints = asked.here.view, {}
    found = None if view.level == "compound" else asked.desk.clusters(asked.who, view)
    if found is not None:
        frame = asked.desk.frames(asked.who, view, ["clusters"], asked.lang)["clusters"]
        paints = {"clusters": paint(found, frame, asked.lang)}
    return Scene((*LAND, "compounds", "clusters", *NAMES), key=f"clusters-{view.area}", paint=paints)


def layout(asked: Asked) -> Component:
    """The list at the right, what to know at the left."""
    found = None if asked.here.view.level == "compound" else asked.desk.clusters(asked.who, asked.here.view)
    left = [_clusters.notes(asked, found)] if found is not None else []
    text = asked.words(
        "单个小区没有聚集可言；请选街道、区或全市。",
        "One compound has no clusters: choose a street, a district or the city.",
    )
    right = [
        _clusters.panel(asked, grow=True, most=40)
        or parts.panel(asked.words("病例聚集", "Clusters of cases"), parts.empty(text))
    ]
    return desk_page(asked, left, right, scene(asked))


PAGE = Page("/clusters", order=16, title=("病例聚集", "Clusters"), layout=layout, scene=scene)
