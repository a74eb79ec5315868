"""The whole epidemic state of a view: trends, R, turning points, forecast with its score, districts, and what may be claimed."""

from collections.abc import Iterable

from layers._view import View
from layers.decisions import _situation_caveats as notes_of
from layers.decisions import _situation_words as words
from layers.decisions._inputs import as_date, complete_day, digest, has_begun_day
from layers.decisions._proposal import Plan, Proposal, Words
from layers.decisions._silence import Silence
from layers.decisions._situation_facts import FEEDS, SituationFacts, gather
from layers.decisions._situation_series import Clock
from layers.decisions._situation_state import state_of, summary, tables
from layers.decisions.rules import RuleSet, caveats, find, foreign, in_force
from layers.store import Store

TITLE = Words("疫情态势", "Epidemic state")
TOPICS = ("reproduction", "serial-interval", "nowcast", "turning-point", "onset-heaping", "forecast")
STEP = "definition-step"


def plan(store: Store, view: View) -> Plan:
    """Gather the facts of `view` and return its state."""
    return propose(gather(store, view), view)


def propose(facts: SituationFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return the epidemic state: its proposals are the statements that may be made, or may not, each with its reasons.

    tables  onset, report, r_onset, r_report, hospital, turning, forecast, scores, weights, districts, ledger, heaping
    """
    day = as_date(complete_day(view))
    held = {topic: in_force(topic, day, rules) for topic in TOPICS}
    step = find(STEP, day, rules)
    silence = Silence(facts.feeds, view, FEEDS)
    quiet = [source for source, _ in silence.quiet(FEEDS[0])]
    state = state_of(facts, Clock.of(facts, silence, step), held, quiet)
    used = [*held.values(), *([step] if step else [])]
    hashed = digest(facts.frames(), used, view)
    found = (
        words.statements(state, held) if len(state.ledger) else []
    )  # where nobody was ever counted there is nothing to state
    notes = [*silence.caveats(), *notes_of.of_state(state, facts, step), *caveats(used)]
    if has_begun_day(view):
        notes.insert(0, notes_of.BEGUN)
    shown = tables(state)
    return Plan(
        kind="situation",
        title=TITLE,
        proposals=tuple(_proposal(statement, view, hashed) for statement in found),
        summary=silence.unsaid(
            summary(state, held["reproduction"].params["max_age_days"]), FEEDS[0], ("report_week", "ever")
        ),
        tables=shown | {"report": silence.untold(shown["report"], FEEDS[0], ("observed",))},
        rules=tuple(sorted(rule.id for rule in used)),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=hashed,
        caveats=(*notes, *foreign(used, facts.districts["code"])),
        silence=silence.headlines,
    )


def _proposal(said: words.Statement, view: View, hashed: str) -> Proposal:
    return Proposal(
        subject=said.subject,
        action=said.action,
        reasons=said.reasons,
        rule_id=said.reasons[0].rule,
        as_of=view.as_of,
        known_at=view.known_at,
        inputs_hash=hashed,
        flips_if=said.flips_if,
        name=said.name.zh,
        district=view.district,
        figures=said.figures,
    )
