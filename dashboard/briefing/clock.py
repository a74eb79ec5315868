"""How moments stand on paper."""

from datetime import datetime

from layers._times import SHANGHAI


def stamp_of(moment: datetime) -> str:
    """Return "2020-02-12 24:00": the last instant of a day is written as officials write it."""
    local = moment.astimezone(SHANGHAI)
    if local.time().replace(microsecond=0).isoformat() == "23:59:59":
        return f"{local:%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"
