"""Residential compounds (小区): the unit that is sealed and released."""

from datetime import timedelta

from layers.intake._feed import Check, Column, Feed, Part

FEED = Feed(
    name="compounds",
    title=("居民小区", "Residential compounds"),
    columns=(
        Column("compound_id", "小区编码", "text", "stable code of the compound", "小区编码", required=True),
        Column("name", "小区名称", "text", "name in use", "小区名称", required=True),
        Column("aliases", "别名", "list", "other names, old names", "别名、曾用名"),
        Column("addresses", "门牌地址", "list", "street addresses", "门牌地址"),
        Column("areas", "片区", "list", "business areas or communities that people name in addresses", "商圈或片区"),
        Column("district", "区", "text", "district by name or code", "所在区", refers="district"),
        Column("street", "街道", "text", "street office", "街道"),
        Column("community", "社区", "text", "community", "社区"),
        Column("households", "户数", "integer", "households", "户数", unit="households", lowest=0),
        Column("population", "人口", "integer", "residents", "人口", unit="persons", lowest=0),
        Column("buildings", "楼栋数", "integer", "residential buildings", "楼栋数", lowest=0),
        Column("lon", "经度", "lon", "longitude of a point in the compound", "经度", unit="°"),
        Column("lat", "纬度", "lat", "latitude of a point in the compound", "纬度", unit="°"),
        Column("geometry", "边界", "geometry", "outline", "小区边界"),
    ),
    parts=(
        Part(
            "compound",
            ("compound_id",),
            {
                "code": "compound_id",
                "name": "name",
                "aliases": "aliases",
                "addresses": "addresses",
                "areas": "areas",
                "district_stated": "district",
                "street": "street",
                "community": "community",
                "households": "households",
                "population": "population",
                "buildings": "buildings",
                "lon": "lon",
                "lat": "lat",
                "shape": "geometry",
            },
            located="district",
        ),
    ),
    checks=(
        Check(
            "geometry",
            lambda rows: rows["geometry"].isna() & rows["lon"].isna(),
            "an outline or a point",
            "既无边界也无坐标，只能按地址匹配",
            "neither outline nor point: it can be matched by address only",
        ),
    ),
    steward=("市民政局", "City civil affairs bureau"),
    promise=timedelta(days=31),
    retention=None,
)
