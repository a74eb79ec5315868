"""Lists of proposals as plain tables, for the writers that set no lines of their own: slides, workbooks, pages."""

import pandas as pd

from dashboard.briefing.blocks import ListBlock, TableBlock, TableColumn
from dashboard.briefing.proposals import by_action, in_turn, titled
from dashboard.goods import said as in_words
from dashboard.text import say
from layers.decisions._proposal import ACTIONS


def listed_rows(block: ListBlock, lang: str, most: int | None = None) -> TableBlock:
    """Return the proposals of a list as a table: number on the map, action, subject, district, figures, reasons, what would flip it, rule.

    most  rows at most, one of each action in turn; all when None
    """
    groups = by_action(block.plan)
    chosen = in_turn(groups)
    kept = {(p.subject, p.action) for p in chosen[:most]}
    rows = [p for group in groups.values() for p in group if (p.subject, p.action) in kept]
    heads = (
        TableColumn("number", say("brief.plainly.number", lang)),
        TableColumn("action", say("brief.districts.proposed", lang)),
        TableColumn("name", say("brief.districts.subject", lang)),
        TableColumn("district", say("brief.plainly.district", lang)),
        *(TableColumn(f"figure {c.key}", c.zh if lang == "zh" else c.en, digits=c.digits) for c in block.columns),
        TableColumn("why", say("brief.districts.reason", lang), code=block.code),
        TableColumn("flips", say("flips_if", lang)),
        TableColumn("rule", say("rule", lang)),
    )
    between = " " if lang == "en" else ""
    found = [
        {
            "number": str(block.numbers.get((p.subject, p.action), "")),
            "action": ACTIONS[p.action].said(lang),
            "name": block.names.get(p.subject) or titled(p, lang),
            "district": block.names.get(p.district, p.district) or "",
            **{f"figure {c.key}": _figure(p.figures.get(c.key), block) for c in block.columns},
            "why": in_words(between.join(reason.said(lang) for reason in p.reasons), lang),
            "flips": in_words(p.flips_if.said(lang), lang),
            "rule": p.rule_id,
        }
        for p in rows
    ]
    return TableBlock(block.title, heads, pd.DataFrame(found, columns=[c.key for c in heads]), len(chosen))


def _figure(value: object, block: ListBlock) -> object:
    return block.names.get(value, value) if isinstance(value, str) else float("nan") if value is None else value
