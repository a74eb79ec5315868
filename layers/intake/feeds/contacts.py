"""Close contacts under observation, and their release."""

from datetime import timedelta

from layers.intake import _personal as personal
from layers.intake._feed import HOME, Check, Column, Feed, Part, codes, in_future, person_columns, person_kept

STATE = codes(contact="密接;密切接触者;观察中;隔离中", contact_released="解除;解除隔离;解除观察")

FEED = Feed(
    name="contacts",
    title=("密切接触者", "Close contacts"),
    columns=(
        *person_columns("contact_id", "密接编号", "number of the contact", "密接者编号"),
        Column(
            "state",
            "观察状态",
            "text",
            "under observation or released",
            "观察状态",
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
            "case_id",
            "关联病例",
            "text",
            "case that the person was exposed to",
            "关联的病例编号",
            personal=personal.LINK,
        ),
        Column(
            "exposed_at",
            "末次接触日期",
            "time",
            "last unprotected exposure",
            "末次无防护接触日期",
            personal=personal.LINK,
        ),
    ),
    parts=(
        Part(
            "person",
            ("contact_id",),
            person_kept("contact_id", related_case="case_id", exposed_at="exposed_at"),
            {"kind": "contact"},
            prefix="contact:",
            together=HOME,
        ),
        Part(
            "person_status",
            ("contact_id", "state"),
            {"subject": "contact_id", "value": "state"},
            {"kind": "contact", "dimension": "status"},
            prefix="contact:",
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
    steward=("市疾控中心流调组", "City CDC, contact tracing"),
    promise=timedelta(hours=24),
    retention=timedelta(days=60),
    placed="contact",
)
