"""What a column tells about a person: how sensitive it is, what it is asked for, on what ground, and what becomes of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Kept = Literal["sealed", "indexed", "open", "dropped"]
KEPT: dict[Kept, tuple[str, str]] = {
    "sealed": ("加密保存", "kept sealed"),
    "indexed": ("仅存盲索引", "kept as a blind index"),
    "open": ("明文保存，供统计查询", "kept open, for counting"),
    "dropped": ("核对后丢弃，不入库", "checked and dropped"),
}
# The grounds were written from knowledge of the texts and are for the city's lawyers to review: the law on the prevention
# and treatment of infectious diseases (the duty to report and to investigate), GB/T 35273-2020, 5.6 (what is directly
# about public health needs no consent) and 5.2 (no more than the purpose needs).
DUTY = ("《传染病防治法》报告与流行病学调查职责", "law on infectious diseases: duty to report and investigate")
HEALTH = ("GB/T 35273-2020 第5.6条：与公共卫生直接相关", "GB/T 35273-2020, 5.6: directly about public health")


@dataclass(frozen=True)
class Personal:
    """A declaration; a column of a feed has one, or tells nothing about a person.

    sensitive  its leak harms (GB/T 35273-2020, 3.2): health, where somebody is, an identity number
    purpose    what it is asked for, in both languages
    basis      on what ground
    kept       what becomes of it; what is not open is never repeated in a receipt
    steward    who answers for it; None: the feed's
    retention  how long it may be kept; None: the feed's
    """

    sensitive: bool
    purpose: tuple[str, str]
    basis: tuple[str, str]
    kept: Kept
    steward: tuple[str, str] | None = None
    retention: timedelta | None = None

    @property
    def hidden(self) -> bool:
        """True when a receipt does not repeat its values."""
        return self.kept != "open"


RECORD = Personal(False, ("同一人的记录跨报送归并", "to keep one person's records together"), DUTY, "open")
PLACE = Personal(True, ("匹配小区，决定封控与上门", "to find the compound that is sealed and visited"), DUTY, "sealed")
AREA = Personal(False, ("按区统计与分派", "to count and assign by district"), HEALTH, "open")
TRAIT = Personal(False, ("估计床位与风险", "to estimate beds and risk"), HEALTH, "open")
COURSE = Personal(True, ("统计、床位与解封判定", "counts, beds and release"), DUTY, "open")
LINK = Personal(True, ("流行病学调查", "epidemiological investigation"), DUTY, "open")
REMARK = Personal(True, ("流行病学调查", "epidemiological investigation"), DUTY, "sealed")
NUMBER = Personal(True, ("识别同一人，防止重复计数", "to count nobody twice"), DUTY, "indexed")
IDENTITY = Personal(True, ("核对报送是否属于此人", "to check whose record it is"), DUTY, "dropped")
READING = Personal(True, ("核对数值是否可信", "to check whether the value can be"), HEALTH, "dropped")
