"""Times as officials write them: Asia/Shanghai where nothing is said, a bare date is the end of that day."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from layers._errors import ViewError

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_MS = 86_400_000
OFFSET_MS = 8 * 3_600_000  # Asia/Shanghai has had no daylight saving since 1991, so a day number is plain arithmetic


def parse_time(text: str) -> datetime:
    """Return an aware time in Asia/Shanghai from ISO 8601; a bare date means its last millisecond (the 24:00 bulletin)."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ViewError(
            f"time {text!r} is not ISO 8601; wanted for example 2020-02-12 or 2020-02-12T18:00",
            f"时间“{text}”无法识别；应为例如2020-02-12或2020-02-12T18:00",
        ) from None
    if len(text.strip()) <= 10:
        moment = datetime.combine(moment.date(), time(23, 59, 59, 999000))
    return moment.astimezone(SHANGHAI) if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def to_ms(moment: datetime) -> int:
    """Return milliseconds since 1970 UTC; exact (no float), naive times are refused."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """Return the aware Asia/Shanghai time of `ms` milliseconds since 1970 UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(SHANGHAI)


def day_number(moment: datetime) -> int:
    """Return the count of Shanghai calendar days since 1970-01-01 on which `moment` falls."""
    return (to_ms(moment) + OFFSET_MS) // DAY_MS


def ended_day(moment: datetime) -> int:
    """Return the number of the last day that has ended by `moment`; 23:59:59.999 counts as 24:00."""
    return day_number(moment + timedelta(milliseconds=1)) - 1


def day_start(number: int) -> datetime:
    """Return the first instant of the Shanghai day `number`."""
    return from_ms(number * DAY_MS - OFFSET_MS)
