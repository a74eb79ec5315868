"""Supplies: what lies in stock at a site, and what was handed out."""

from datetime import timedelta

from layers.intake._feed import Check, Column, Feed, Part, codes, in_future

FEED = Feed(
    name="supplies",
    title=("防疫物资", "Supplies"),
    columns=(
        Column(
            "kind",
            "记录类别",
            "text",
            "stock (a count) or handout (a delivery)",
            "库存或发放",
            required=True,
            codes=codes(stock="库存", handout="发放"),
        ),
        Column("day", "日期", "time", "day of the count or of the hand-out", "日期", required=True),
        Column(
            "site",
            "单位",
            "text",
            "hospital, warehouse or recipient",
            "医院、仓库或接收单位",
            required=True,
            refers="hospital",
            loose=True,
        ),
        Column("item", "物资", "text", "item", "物资名称", required=True),
        Column("spec", "规格", "text", "specification", "规格"),
        Column("unit", "计量单位", "text", "unit of the quantity", "计量单位"),
        Column("quantity", "数量", "number", "quantity in `unit`", "数量", required=True, lowest=0),
        Column("daily_use", "日消耗", "number", "use a day in `unit`; empty: not known", "日消耗量", lowest=0),
    ),
    parts=(
        Part(
            "stock",
            ("site", "item", "unit", "day"),
            {"site": "site", "item": "item", "unit": "unit", "quantity": "quantity", "daily_use": "daily_use"},
            event="day",
            when="kind=stock",
            says=("quantity", "daily_use"),  # a count is a snapshot: what it leaves blank is not known
        ),
        Part(
            "handout",
            ("day", "site", "item", "spec", "unit"),
            {"site": "site", "item": "item", "spec": "spec", "unit": "unit", "quantity": "quantity"},
            event="day",
            when="kind=handout",
            number_repeats=True,
        ),
    ),
    checks=(
        Check(
            "day",
            in_future("day"),
            "not later than the delivery",
            "日期在未来",
            "the day lies in the future",
            fatal=True,
        ),
    ),
    steward=("市防疫物资保障组", "City supplies group"),
    promise=timedelta(hours=24),
    retention=None,
)
