"""The legend of the ground: what water, borders and roads look like on every map."""

from dashboard.briefing import paper
from dashboard.briefing.panels import LegendEntry
from dashboard.text import pick


def base_legend(lang: str) -> tuple[LegendEntry, ...]:
    """Return the entries of the ground."""
    rows = (
        ("square", paper.GROUND["water"], ("水域", "Water"), paper.GROUND["water_edge"]),
        ("line", paper.GROUND["border"], ("区界", "District border"), paper.INK),
        ("line", paper.GROUND["road"], ("主要道路", "Main road"), paper.INK),
    )
    return tuple(LegendEntry(shape, colour, pick(words, lang), edge=edge) for shape, colour, words, edge in rows)
