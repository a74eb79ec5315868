"""The rules of alert that a drill begins with: one of each kind that an emergency room would write on its first day."""

from layers.decisions.alerting import checked
from layers.store import Store, alerts
from layers.store.alerts import Rule

RULES = (
    Rule("全市当日新增病例偏多", "count", {"status": "counted", "measure": "new1", "each": ""}, 200, ("总值班",), sound=True),
    Rule("单个小区当日新增确诊", "count", {"status": "confirmed", "measure": "new1", "each": "compound"}, 4, ("总值班", "社区防控组")),
    Rule("病例数据迟报", "age", {"feed": "cases"}, 24, ("总值班", "信息组"), sound=True),
    Rule("床位数据迟报", "age", {"feed": "beds"}, 24, ("信息组",)),
    Rule("医院名录迟报", "age", {"feed": "hospitals"}, 24 * 7, ("信息组",)),
    Rule("N95口罩不足", "shortage", {"what": "item", "name": "N95口罩"}, 3, ("物资保障组",)),
    Rule("防护服不足", "shortage", {"what": "item", "name": "医用防护服"}, 3, ("物资保障组",)),
    Rule("重症监护床位将满", "shortage", {"what": "beds", "name": "icu"}, 2, ("医疗救治组",), sound=True),
)  # fmt: skip


def watch(store: Store, actor: str = "drill") -> int:
    """Keep the rules that the store does not have by name yet, and return how many were new."""
    known = {one.name for one in alerts.rules(store)}
    fresh = [checked(one) for one in RULES if one.name not in known]
    for one in fresh:
        alerts.make(store, one, actor)
    return len(fresh)
