"""The six 到位 items of a compound (DOMAIN 1.2): what must be in place before it can be called free of the epidemic."""

from datetime import timedelta

from layers.intake._feed import Check, Column, Feed, Part, in_future

ITEMS = {
    "publicity": "宣传到位",
    "closure": "封控到位",
    "screening": "排查到位",
    "disinfection": "消杀到位",
    "supply": "保供到位",
    "organisation": "组织到位",
}

FEED = Feed(
    name="assessments",
    title=("小区评估", "Compound assessments"),
    columns=(
        Column("compound", "小区", "text", "compound by code", "小区编码", required=True, refers="compound"),
        Column("assessed_at", "评估时间", "time", "when it was assessed", "评估时间", required=True),
        *(Column(name, zh, "boolean", f"{name} is in place", zh, required=True) for name, zh in ITEMS.items()),
        Column("reported_at", "报告时间", "time", "when the source wrote the row", "报告时间"),
    ),
    parts=(
        Part(
            "assessment",
            ("compound", "assessed_at"),
            {"compound": "compound", **{name: name for name in ITEMS}},
            event="assessed_at",
        ),
    ),
    checks=(
        Check(
            "assessed_at",
            in_future("assessed_at"),
            "not later than the delivery",
            "评估时间在未来",
            "the assessment lies in the future",
            fatal=True,
        ),
    ),
    steward=("各街道办事处", "Street offices"),
    promise=timedelta(days=3),
    retention=None,
)
