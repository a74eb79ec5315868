"""Dated rules: each day has the rule that was really in force."""

from datetime import date

import pytest

from layers._errors import RuleError
from layers._times import parse_time
from layers.decisions.rules import all_rules, caveats, in_force, load


@pytest.mark.parametrize(
    ("topic", "day", "name"),
    [  # DOMAIN 1.1, 1.2, 1.4: the last day before each change and the first after it
        ("closure", date(2020, 2, 9), "case-based"),
        ("closure", date(2020, 2, 10), "notice-12"),
        ("closure", date(2020, 2, 14), "one-gate"),
        ("closure", date(2020, 3, 17), "one-gate"),
        ("closure", date(2020, 3, 18), "relaxed"),
        ("closure", date(2020, 4, 8), "kept"),
        ("no-epidemic", date(2020, 3, 1), "first"),
        ("no-epidemic", date(2020, 4, 3), "first"),
        ("no-epidemic", date(2020, 4, 4), "with-asymptomatic"),
        ("case-definition", date(2020, 2, 11), "laboratory"),
        ("case-definition", date(2020, 2, 12), "clinical"),
        ("case-definition", date(2020, 2, 19), "clinical-dropped"),
        ("risk-level", date(2020, 2, 17), "state-council"),
    ],
)
def test_the_rule_of_the_day_is_found(topic, day, name):
    assert in_force(topic, day).name == name


@pytest.mark.parametrize(("topic", "day"), [("risk-level", date(2020, 2, 16)), ("no-epidemic", date(2020, 2, 29))])
def test_no_rule_before_its_first_day_and_the_error_names_topic_and_day(topic, day):
    with pytest.raises(RuleError, match=rf"{topic}.*{day}"):
        in_force(topic, day)


def test_an_unknown_topic_is_named():
    with pytest.raises(RuleError, match="curfew.*no edition at all"):
        in_force("curfew", date(2020, 3, 1))


def test_a_time_counts_as_its_shanghai_day():
    assert in_force("closure", parse_time("2020-02-13T16:30:00+00:00")).name == "one-gate"  # 00:30 on the 14th in Wuhan


def test_an_unverified_rule_obliges_to_a_caveat_and_a_verified_one_does_not():
    dropped, clinical = in_force("case-definition", date(2020, 2, 19)), in_force("case-definition", date(2020, 2, 12))
    (words,) = caveats([clinical, dropped])
    assert "case-definition/clinical-dropped@2020-02-19" in words.zh
    assert "not verified" in words.en


def test_ids_are_unique_and_every_rule_names_its_source():
    ids = [rule.id for rule in all_rules()]
    assert len(set(ids)) == len(ids)
    assert all(len(rule.source) > 20 for rule in all_rules())


RULE = 'topic="t"\nname="{name}"\nvalid_from={first}\nsource="s"\nverified=true\nzh="z"\nen="e"\nparams={{}}\n'


def test_editions_on_the_same_day_are_refused(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(
        "".join(f"[[rule]]\n{RULE.format(name=n, first=d)}" for n, d in [("a", "2020-01-01"), ("b", "2020-02-01")])
    )
    with pytest.raises(RuleError, match="t/a@2020-01-01.*t/b@2020-02-01"):
        load(path)


def test_a_rule_without_a_source_is_refused(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text("[[rule]]\n" + RULE.format(name="a", first="2020-01-01").replace('source="s"\n', ""))
    with pytest.raises(RuleError, match="source"):
        load(path)
