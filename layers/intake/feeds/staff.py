"""Medical teams: who they are, their skills, when they arrived, where they work."""

from datetime import timedelta

from layers.intake._feed import Check, Column, Feed, Part, codes, in_future

SKILL = codes(icu_doctor="重症医生", icu_nurse="重症护士", doctor="医生", nurse="护士", support="其他;技师;管理")

FEED = Feed(
    name="staff",
    title=("医护人员", "Staff"),
    columns=(
        Column("team_id", "队伍编号", "text", "number of the team", "队伍编号", required=True),
        Column("team", "队伍名称", "text", "name of the team", "队伍名称", required=True),
        Column("origin", "派出地", "text", "province or hospital that sent it", "派出省市或单位"),
        Column(
            "skill", "专业", "text", "skill of the people counted in this row", "专业类别", required=True, codes=SKILL
        ),
        Column("people", "人数", "integer", "people of that skill", "人数", required=True, unit="persons", lowest=0),
        Column("arrived_at", "到岗时间", "time", "when they could start", "到岗时间", required=True),
        Column(
            "hospital",
            "派驻医院",
            "text",
            "hospital by code or name; empty: not assigned",
            "派驻医院",
            refers="hospital",
        ),
        Column("leaves_at", "撤离时间", "time", "when they leave", "撤离时间"),
        Column("reported_at", "报告时间", "time", "when the source wrote the row", "报告时间"),
    ),
    parts=(
        Part(
            "team",
            ("team_id", "skill"),
            {
                "team": "team_id",
                "name": "team",
                "origin": "origin",
                "skill": "skill",
                "people": "people",
                "hospital": "hospital",
                "leaves_at": "leaves_at",
            },
            event="arrived_at",
            says=("hospital", "leaves_at"),  # a team recalled from its hospital waits for another
        ),
    ),
    checks=(
        Check(
            "arrived_at",
            in_future("arrived_at"),
            "not later than the delivery",
            "到岗时间在未来（按计划到岗，保留）",
            "the arrival lies in the future: kept, and counted from then on",
        ),
    ),
    steward=("市防疫指挥部医疗救治组", "Headquarters, medical treatment group"),
    promise=timedelta(hours=48),
    retention=None,
)
