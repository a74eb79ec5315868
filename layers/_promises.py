"""What each feed is called and how fresh it promises to be: intake shows it, decisions judge silence by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Promise:
    """Name of a feed in both languages, and the longest time between two of its deliveries."""

    zh: str
    en: str
    within: timedelta

    @property
    def written(self) -> tuple[str, str]:
        """Return the time in Chinese and English, in hours up to two days."""
        hours = int(self.within / timedelta(hours=1))
        return (f"{hours}小时", f"{hours} h") if hours <= 48 else (f"{self.within.days}天", f"{self.within.days} days")


PROMISES: Mapping[str, Promise] = {
    "assessments": Promise("小区评估", "Compound assessments", timedelta(days=3)),
    "basemap": Promise("底图", "Base map", timedelta(days=366)),
    "beds": Promise("床位", "Beds", timedelta(hours=24)),
    "cases": Promise("病例", "Cases", timedelta(hours=24)),
    "compounds": Promise("居民小区", "Residential compounds", timedelta(days=31)),
    "contacts": Promise("密切接触者", "Close contacts", timedelta(hours=24)),
    "controls": Promise("管控现状", "Controls in force", timedelta(days=3)),
    "districts": Promise("行政区", "Districts", timedelta(days=366)),
    "fever": Promise("发热患者", "Fever patients", timedelta(hours=24)),
    "hospitals": Promise("医院与收治点", "Hospitals and sites", timedelta(days=7)),
    "staff": Promise("医护人员", "Staff", timedelta(hours=48)),
    "supplies": Promise("防疫物资", "Supplies", timedelta(hours=24)),
}
