"""Cases: one row says that a person was in a status from a day on; the rows of a person are its dated transitions."""

from datetime import timedelta

from layers.intake import _personal as personal
from layers.intake._feed import HOME, Check, Column, Feed, Part, codes, in_future, person_columns, person_kept

STATUS = codes(
    suspected="疑似;疑似病例",
    clinical="临床诊断;临床诊断病例",
    confirmed="确诊;确诊病例",
    asymptomatic="无症状;无症状感染者",
    excluded="排除;已排除",
    cured="治愈;出院;治愈出院",
    dead="死亡;病亡",
)
SEVERITY = codes(mild="轻型;轻症", ordinary="普通型;普通", severe="重型;重症", critical="危重型;危重;危重症")

FEED = Feed(
    name="cases",
    title=("病例", "Cases"),
    columns=(
        *person_columns("case_id", "病例编号", "case number, the same in every delivery", "病例编号，各次报送一致"),
        Column(
            "status",
            "状态",
            "text",
            "status that the case enters",
            "病例状态",
            required=True,
            codes=STATUS,
            personal=personal.COURSE,
        ),
        Column(
            "status_at",
            "状态日期",
            "time",
            "day or time from which the status holds",
            "进入该状态的日期",
            required=True,
            personal=personal.COURSE,
        ),
        Column(
            "severity",
            "临床分型",
            "text",
            "clinical severity on that day",
            "临床分型",
            codes=SEVERITY,
            personal=personal.COURSE,
        ),
        Column(
            "severity_at",
            "分型日期",
            "time",
            "day of that severity; the day of the status where empty",
            "分型日期，空则同状态日期",
            default="status_at",
            personal=personal.COURSE,
        ),
        Column("onset_at", "发病日期", "time", "day of first symptoms", "发病日期", personal=personal.COURSE),
        Column("hospital", "收治医院", "text", "hospital that admitted the case", "收治医院", personal=personal.COURSE),
        Column(
            "origin",
            "来源地",
            "text",
            "local, imported or exported",
            "病例来源",
            codes=codes(local="本地", imported="输入;境外输入", exported="输出"),
            personal=personal.LINK,
        ),
    ),
    parts=(
        Part(
            "person",
            ("case_id",),
            person_kept("case_id", onset_at="onset_at", hospital="hospital", origin="origin"),
            {"kind": "case"},
            prefix="case:",
            together=HOME,
        ),
        Part(
            "person_status",
            ("case_id", "status"),
            {"subject": "case_id", "value": "status"},
            {"kind": "case", "dimension": "status"},
            prefix="case:",
            event="status_at",
            episodes=True,
        ),
        Part(
            "person_status",
            ("case_id", "severity_at"),
            {"subject": "case_id", "value": "severity"},
            {"kind": "case", "dimension": "severity"},
            prefix="case:severity:",
            event="severity_at",
            when="severity",
        ),
    ),
    checks=(
        Check(
            "status_at",
            in_future("status_at"),
            "not later than the delivery",
            "状态日期在未来",
            "the status lies in the future",
            fatal=True,
        ),
        Check(
            "onset_at",
            in_future("onset_at"),
            "not later than the delivery",
            "发病日期在未来",
            "the onset lies in the future",
            fatal=True,
        ),
        Check(
            "reported_at",
            in_future("reported_at"),
            "not later than the delivery",
            "报告时间在未来",
            "the report lies in the future",
            fatal=True,
        ),
    ),
    steward=("市疾控中心", "City CDC"),
    promise=timedelta(hours=24),
    retention=timedelta(days=365),
    placed="case",
)
