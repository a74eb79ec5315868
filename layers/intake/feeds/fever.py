"""Fever patients who cannot be excluded, the fourth of the four categories (DOMAIN 1.3)."""

from datetime import timedelta

from layers.intake import _personal as personal
from layers.intake._feed import HOME, Check, Column, Feed, Part, codes, in_future, person_columns, person_kept

STATE = codes(fever="发热;发热未排除;未排除", fever_excluded="排除;已排除")

FEED = Feed(
    name="fever",
    title=("发热患者", "Fever patients"),
    columns=(
        *person_columns("fever_id", "登记编号", "number in the fever register", "发热登记编号"),
        Column(
            "state",
            "排查状态",
            "text",
            "not excluded, or excluded",
            "排查状态",
            required=True,
            codes=STATE,
            personal=personal.COURSE,
        ),
        Column(
            "state_at",
            "状态日期",
            "time",
            "day from which the state holds",
            "进入该状态的日期",
            required=True,
            personal=personal.COURSE,
        ),
        Column(
            "temperature",
            "体温",
            "number",
            "body temperature",
            "体温",
            unit="°C",
            lowest=34,
            highest=43,
            personal=personal.READING,
        ),
    ),
    parts=(
        Part("person", ("fever_id",), person_kept("fever_id"), {"kind": "fever"}, prefix="fever:", together=HOME),
        Part(
            "person_status",
            ("fever_id", "state"),
            {"subject": "fever_id", "value": "state"},
            {"kind": "fever", "dimension": "status"},
            prefix="fever:",
            event="state_at",
            episodes=True,
        ),
    ),
    checks=(
        Check(
            "state_at",
            in_future("state_at"),
            "not later than the delivery",
            "状态日期在未来",
            "the state lies in the future",
            fatal=True,
        ),
    ),
    steward=("各区发热门诊", "District fever clinics"),
    promise=timedelta(hours=24),
    retention=timedelta(days=60),
    placed="fever",
)
