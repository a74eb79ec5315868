"""Districts: the administrative areas that everything is counted in."""

from datetime import timedelta

from layers.intake._feed import Column, Feed, Part

FEED = Feed(
    name="districts",
    title=("行政区", "Districts"),
    columns=(
        Column("code", "区划代码", "text", "administrative code", "行政区划代码", required=True),
        Column("name", "名称", "text", "official name", "官方名称", required=True),
        Column("name_en", "英文名称", "text", "name in pinyin", "拼音名称"),
        Column("population", "常住人口", "integer", "resident population", "常住人口", unit="persons", lowest=0),
        Column("geometry", "边界", "geometry", "boundary", "边界", required=True),
    ),
    parts=(
        Part(
            "district",
            ("code",),
            {"code": "code", "name": "name", "name_en": "name_en", "population": "population", "shape": "geometry"},
            labelled=True,
        ),
    ),
    steward=("市自然资源和规划局", "City planning office"),
    promise=timedelta(days=366),
    retention=None,
    defines_region=True,
)
