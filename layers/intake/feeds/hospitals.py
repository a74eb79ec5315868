"""Hospitals, fangcang shelters, fever clinics, isolation points and candidate sites."""

from datetime import timedelta

from layers.intake._feed import Column, Feed, Part, codes

KIND = codes(
    designated="定点;定点医院",
    fangcang="方舱;方舱医院",
    fever_clinic="发热门诊",
    testing="检测机构",
    isolation="隔离点;集中隔离点",
    candidate="备选;备选场馆",
)

FEED = Feed(
    name="hospitals",
    title=("医院与收治点", "Hospitals and sites"),
    columns=(
        Column(
            "hospital_id", "医院编码", "text", "stable code, or the name where there is none", "医院编码", required=True
        ),
        Column("name", "名称", "text", "name", "名称", required=True),
        Column("aliases", "别名", "list", "short names used in bulletins", "简称"),
        Column("kind", "类别", "text", "what the site is for", "类别", required=True, codes=KIND),
        Column("district", "区", "text", "district by name or code", "所在区", refers="district"),
        Column("level", "等级", "text", "hospital level", "等级"),
        Column("capacity", "可设床位", "integer", "beds that the site could hold", "可设床位数", unit="beds", lowest=0),
        Column("lon", "经度", "lon", "longitude", "经度", unit="°"),
        Column("lat", "纬度", "lat", "latitude", "纬度", unit="°"),
    ),
    parts=(
        Part(
            "hospital",
            ("hospital_id",),
            {
                "code": "hospital_id",
                "name": "name",
                "aliases": "aliases",
                "kind": "kind",
                "level": "level",
                "capacity": "capacity",
                "lon": "lon",
                "lat": "lat",
            },
            located="district",
        ),
    ),
    steward=("市卫生健康委", "City health commission"),
    promise=timedelta(days=7),
    retention=None,
)
