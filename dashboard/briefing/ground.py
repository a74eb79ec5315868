"""The legend of the ground: what water, borders and roads look like on every map."""

from dashboard.briefing import paper
from dashboard.briefing.panels import LegendEntry
from dashboard.text import both, pick


def base_legend(lang: str) -> tuple[LegendEntry, ...]:
    """Return the entries of the ground."""
    rows = (
        ("square", paper.GROUND["water"], both("brief.ground.water"), paper.GROUND["water_edge"]),
        ("line", paper.GROUND["border"], both("brief.ground.district_border"), paper.INK),
        ("line", paper.GROUND["road"], both("brief.ground.main_road"), paper.INK),
    )
    return tuple(LegendEntry(shape, colour, pick(words, lang), edge=edge) for shape, colour, words, edge in rows)
