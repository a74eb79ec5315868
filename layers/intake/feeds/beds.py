"""Beds of a hospital at a time, by kind."""

from datetime import timedelta

from layers.intake._feed import Check, Column, Feed, Part, codes, in_future

KIND = codes(
    ordinary="普通;普通床位",
    severe="重症;重症床位",
    icu="ICU;监护",
    fangcang="方舱",
    isolation="隔离;观察",
    all="合计;全部",
)

FEED = Feed(
    name="beds",
    title=("床位", "Beds"),
    columns=(
        Column(
            "hospital",
            "医院",
            "text",
            "hospital by code or name",
            "医院（编码或名称）",
            required=True,
            refers="hospital",
        ),
        Column(
            "kind",
            "床位类别",
            "text",
            "kind of bed; all when the source does not split",
            "床位类别",
            required=True,
            codes=KIND,
        ),
        Column("reported_for", "统计时点", "time", "moment that the figures describe", "统计时点", required=True),
        Column("open", "开放床位", "integer", "beds open", "开放床位", required=True, unit="beds", lowest=0),
        Column(
            "used",
            "占用床位",
            "integer",
            "beds in use; may exceed open: extra beds",
            "占用床位（可超过开放数：加床）",
            unit="beds",
            lowest=0,
        ),
        Column("free", "空余床位", "integer", "beds free", "空余床位", unit="beds", lowest=0),
        Column("planned", "计划床位", "integer", "beds planned and not yet open", "计划床位", unit="beds", lowest=0),
        Column("reported_at", "报告时间", "time", "when the source wrote the row", "报告时间"),
    ),
    parts=(
        Part(
            "bed",
            ("hospital", "kind", "reported_for"),
            {
                "hospital": "hospital",
                "kind": "kind",
                "open": "open",
                "used": "used",
                "free": "free",
                "planned": "planned",
            },
            event="reported_for",
            says=("open", "used", "free", "planned"),  # a count is a snapshot: what it leaves blank is not known
        ),
    ),
    checks=(
        Check(
            "reported_for",
            in_future("reported_for"),
            "not later than the delivery",
            "统计时点在未来",
            "the moment lies in the future",
            fatal=True,
        ),
        Check(
            "used",
            lambda rows: rows["used"] > rows["open"],
            "used <= open",
            "占用多于开放（加床），保留",
            "more beds used than open (extra beds); kept",
        ),
        Check(
            "free",
            lambda rows: (rows["free"] - (rows["open"] - rows["used"])).abs() > 0,
            "free = open - used",
            "空余与开放减占用不符，保留",
            "free differs from open - used; kept",
        ),
    ),
    steward=("市卫生健康委医政处", "City health commission, medical administration"),
    promise=timedelta(hours=24),
    retention=None,
)
