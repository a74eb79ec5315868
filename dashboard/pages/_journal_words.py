"""How an entry of the journal is said: what was done, and its details one after another, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from dashboard.pages import all_pages
from dashboard.text import UNKNOWN, figure, has, pick, say
from layers.decisions._proposal import ACTIONS
from layers.intake.feeds import all_feeds

LONGEST = 160  # characters of one detail; the whole entry is in the journal
TOO_LONG = "…"


def kind(action: str, lang: str) -> str:
    """Return what was done; an action that nobody wrote a word for is shown as it is kept."""
    word = action.replace(" ", "_").replace("-", "_")
    return say(f"journal_kind.{word}", lang) if has(f"journal_kind.{word}") else action


def actor(name: str, lang: str) -> str:
    """Return who did it; for what no account can be called there is a word: nobody who signed in, the watch, a command without a name."""
    return say(f"journal_actor.{name}", lang) if has(f"journal_actor.{name}") else name


def about(action: str, subject: str, lang: str) -> str:
    """Return what an entry is about; a name at the door that no account bears is not kept."""
    return say("journal.no_account", lang) if action.startswith("sign-in") and subject == "unknown" else subject


def told(detail: Mapping[str, Any], lang: str) -> str:
    """Return the details of an entry as one line."""
    return " · ".join(f"{_name(name, lang)} {_value(name, one, lang)}" for name, one in detail.items() if _says(one))


def _says(value: Any) -> bool:
    return value not in (None, "", [], {})


def _name(name: str, lang: str) -> str:
    return say(f"journal_detail.{name}", lang) if has(f"journal_detail.{name}") else name


def _value(name: str, value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return say("journal.yes" if value else "journal.no", lang)
    if isinstance(value, dict):
        return ", ".join(f"{_name(key, lang)} {_value(key, one, lang)}" for key, one in value.items() if _says(one))
    if isinstance(value, list):
        return say("manner.listing", lang).join(_value(name, one, lang) for one in value) or UNKNOWN
    if isinstance(value, int | float):
        return str(value) if name in NUMBERS else figure(value)
    text = _word(name, str(value), lang)
    return text if len(text) <= LONGEST else text[:LONGEST] + TOO_LONG


NUMBERS = ("batch", "undoes", "edition", "schedule", "profile", "rule", "root")  # names, not amounts


def _word(name: str, text: str, lang: str) -> str:
    """A value that has a word of its own: a role, a step of an order, an action, a page."""
    if name in ("proposed", "action") and text in ACTIONS:
        return ACTIONS[text].said(lang)
    if name == "decision" and f"/{text}" in all_pages():
        return pick(all_pages()[f"/{text}"].title, lang)
    if name == "kind" and has(f"alerts.kind_{text}"):
        return say(f"alerts.kind_{text}", lang)
    if name == "subject" and text in all_feeds():
        return pick(all_feeds()[text].title, lang)
    if name == "subject" and has(f"bed.{text}"):
        return say(f"bed.{text}", lang)
    if name == "role" and has(f"access.role_{text}"):
        return say(f"access.role_{text}", lang)
    if name in ("by", "error") and has(f"journal_value.{text}"):
        return say(f"journal_value.{text}", lang)
    if name == "purpose" and has(f"purpose.{text}"):
        return say(f"purpose.{text}", lang)
    if name == "fields" and has(f"person.{text}"):
        return say(f"person.{text}", lang)
    if name == "topic" and has(f"oversight.topic_{text}"):
        return say(f"oversight.topic_{text}", lang)
    if name == "step" and has(f"access.step_{text}"):
        return say(f"access.step_{text}", lang)
    if name == "state" and has(f"orders.state_{text}"):
        return say(f"orders.state_{text}", lang)
    return text
