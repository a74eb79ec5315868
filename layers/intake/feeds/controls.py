"""Orders in force: which zone is sealed, controlled, guarded or open, since when."""

from datetime import timedelta

from layers.intake._feed import Check, Column, Feed, Part, codes, in_future

STATE = codes(
    sealed="封控;封控区;封闭",
    building_sealed="楼栋封控;单元封控",
    controlled="管控;管控区;封闭管理",
    guarded="防范;防范区",
    open="解封;开放",
)

FEED = Feed(
    name="controls",
    title=("管控现状", "Controls in force"),
    columns=(
        Column(
            "zone_id",
            "管控编号",
            "text",
            "number of the zone; the compound code where the zone is a compound",
            "管控区域编号",
            required=True,
        ),
        Column("name", "名称", "text", "name or address of the zone", "名称或地址", required=True),
        Column("compound", "小区", "text", "compound by code, where known", "小区编码", refers="compound"),
        Column("district", "区", "text", "district by name or code", "所在区", refers="district"),
        Column("state", "管控等级", "text", "what is in force", "管控等级", required=True, codes=STATE),
        Column("since", "起始时间", "time", "from when", "起始时间", required=True),
        Column("lon", "经度", "lon", "longitude", "经度", unit="°"),
        Column("lat", "纬度", "lat", "latitude", "纬度", unit="°"),
        Column("reported_at", "报告时间", "time", "when the source wrote the row", "报告时间"),
    ),
    parts=(
        Part(
            "control",
            ("zone_id", "since"),
            {
                "zone": "zone_id",
                "name": "name",
                "compound": "compound",
                "district": "district",
                "state": "state",
                "lon": "lon",
                "lat": "lat",
            },
            event="since",
        ),
    ),
    checks=(
        Check(
            "since",
            in_future("since"),
            "not later than the delivery",
            "起始时间在未来",
            "it starts in the future",
            fatal=True,
        ),
    ),
    steward=("市防疫指挥部社区防控组", "Headquarters, community group"),
    promise=timedelta(days=3),
    retention=None,
)
