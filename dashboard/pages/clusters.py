"""Clusters: where more cases lie together than chance explains, on the map, with the evidence."""

from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked, Page, Scene, _clusters
from dashboard.pages._frame import LAND, NAMES, desk_page
from dashboard.text import both
from layers.decisions.cluster_map import paint


def scene(asked: Asked) -> Scene:
    """Compounds in their counts, and rings around the clusters."""
    view, paints = asked.here.view, {}
    found = None if view.level == "compound" else asked.desk.clusters(asked.who, view)
    if found is not None:
        frame = asked.desk.frames(asked.who, view, ["clusters"], asked.lang)["clusters"]
        paints = {"clusters": paint(found, frame, asked.lang)}
    rings = (
        ("clusters",) if found is not None else ()
    )  # a legend without a search would tell of clusters that nobody looked for
    return Scene((*LAND, "compounds", *rings, *NAMES), key=f"clusters-{view.area}", paint=paints)


def layout(asked: Asked) -> Component:
    """The list at the right, what to know at the left."""
    found = None if asked.here.view.level == "compound" else asked.desk.clusters(asked.who, asked.here.view)
    left = [_clusters.notes(asked, found)] if found is not None else []
    text = asked.say("clusters.one_compound_has")
    right = [
        _clusters.panel(asked, grow=True, most=40)
        or parts.panel(asked.say("clusters.clusters_cases"), parts.empty(text))
    ]
    return desk_page(asked, left, right, scene(asked))


PAGE = Page("/clusters", order=16, title=both("page.clusters"), layout=layout, scene=scene)
