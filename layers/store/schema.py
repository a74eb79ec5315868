"""Every table, so that the data model is read in one file.

Facts share one shape: `key` names the record, each row is one version of it. `happened_at` says when it was true,
`reported_at` when its source wrote it down, `known_from` and `known_until` when this store believed it. A new version
closes the old one (its `known_until` is filled, once); nothing else that a view reads is updated, and nothing is deleted.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    and_,
    column,
    func,
    literal,
    literal_column,
    or_,
)

from layers._times import to_ms
from layers.store.order_states import ANSWERED, EXPLAINED, OPEN, STATES
from layers.store.sealing import Sealed

UNREAD = ("order", "whatif")  # kinds of batches that no plan, layer or count reads
# Kinds of batches about orders that a plan reads: those that overrule a lockdown proposal, those that send staff, and both.
OVERRIDE, POSTING, MIXED = "override", "posting", "mixed"
ORDER_KINDS = (OVERRIDE, POSTING, MIXED)
# What each plan reads of them; whatever is not named here reads none.
READ_ORDERS = {"lockdown": (OVERRIDE, MIXED), "staff": (POSTING, MIXED), "joint": (POSTING, MIXED)}
FOREVER = (
    253_370_736_000_000  # 9999-01-01 in milliseconds: an open version; a plain number keeps the range test on the index
)
AUTO = "auto"  # who decided about a placement, where no person did
ALWAYS = 0  # happened_at of things that have no date of their own, such as a district

metadata = MetaData()
BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


class Instant(TypeDecorator[Any]):
    """A moment, kept as milliseconds since 1970 UTC: the same number, order and index in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return to_ms(value) if isinstance(value, datetime) else value


def _fact(name: str, *columns: Column[Any] | CheckConstraint | Index) -> Table:
    return Table(
        name,
        metadata,
        Column("id", BigId, primary_key=True),
        Column("key", String, nullable=False),
        Column("batch", ForeignKey("batch.id"), nullable=False),
        Column("row", Integer),  # row of the delivered file, for lineage
        Column("source", String, nullable=False),
        Column("content", String(32), nullable=False),
        Column("happened_at", Instant, nullable=False),
        Column("reported_at", Instant, nullable=False),
        Column("heard_at", Instant, nullable=False),  # newest report that said this or less; no view reads it
        Column("known_from", Instant, nullable=False),
        Column("known_until", Instant, nullable=False),
        *columns,
        # No index on known_until: most versions are open ones, and SQLite would take it before that on the subject.
        UniqueConstraint("key", "known_from", name=f"uq_{name}_version"),
    )


def _place() -> list[Column[Any]]:
    return [Column("lon", Float), Column("lat", Float)]


meta = Table("meta", metadata, Column("name", String, primary_key=True), Column("value", JSON, nullable=False))

batch = Table(  # one row per accepted write of facts: an import, a match run, a reviewer's decision
    "batch",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String, nullable=False),  # import | undo | review | rematch | care | order | override | whatif
    Column("feed", String, nullable=False),
    Column("source", String, nullable=False),
    Column("file", String),
    Column("sha256", String),
    Column(
        "settings", String, nullable=False
    ),  # digest of datum, profile and source: the same file read otherwise is another delivery
    Column("known_at", Instant, nullable=False, unique=True),
    Column("receipt", JSON, nullable=False),
    Index("ix_batch_file", "sha256", "feed"),
)

rejection = Table(
    "rejection",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("batch", ForeignKey("batch.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # rejected: the row did not go in; warned: it did
    Column("row", Integer),
    Column("column", String),
    Column("found", String),
    Column("wanted", String),
    Column("zh", String),
    Column("en", String),
)

journal = Table(
    "journal",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),  # import | review | undo | care | order | plan | export | sign-in ...
    Column("subject", String, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("seq", BigInteger),  # 1, 2, 3 without a gap; each entry is sealed over the one before it (seals.py)
    Column("sealed_by", String),  # name of the key
    Column("seal", String),
    Index("uq_journal_seq", "seq", unique=True),
)

district = _fact(
    "district",
    Column("code", String),
    Column("name", String),
    Column("name_en", String),
    Column("population", Integer),
    *_place(),
    Column("shape", LargeBinary),  # WKB, EPSG:4326
)

basemap = _fact("basemap", Column("kind", String), Column("name", String), Column("shape", LargeBinary))

compound = _fact(
    "compound",
    Column("code", String, index=True),
    Column("name", String),
    Column("aliases", JSON),
    Column("addresses", JSON),
    Column("areas", JSON),
    Column("district", String),  # code of the district that its position lies in, else of the one it states
    Column("district_stated", String),
    Column("street", String),
    Column("community", String),
    Column("households", Integer),
    Column("population", Integer),
    Column("buildings", Integer),
    *_place(),
    Column("shape", LargeBinary),
)

person = _fact(  # a case, a close contact or a fever patient; no names, numbers or telephones are kept
    "person",
    Column("kind", String),  # case | contact | fever
    Column("subject", String, index=True),
    Column("person", String, index=True),  # blind index of the identity number: the same person under two ids
    Column("address", Sealed("person.address")),
    Column("district_stated", String),
    Column("lon", Sealed("person.lon", number=True)),
    Column("lat", Sealed("person.lat", number=True)),
    Column("age", Integer),
    Column("sex", String),
    Column("onset_at", Instant),
    Column("hospital", String),
    Column("origin", String),  # local | imported | exported
    Column("related_case", String),  # of a contact: the case it was exposed to
    Column("exposed_at", Instant),
    Column("note", Sealed("person.note")),
)

person_status = _fact(  # dated transitions; severity is a transition too, in its own dimension
    "person_status",
    Column("kind", String),
    Column("subject", String, index=True),
    Column("dimension", String),  # status | severity
    Column("value", String),
)

withdrawal = _fact(  # a person whom the source took back; an older report of the same person stays out
    "withdrawal",
    Column("kind", String),
    Column("subject", String),
)

FOUND = ("district", "status", "known_until", "known_from", "happened_at")
OF_CASES = column("kind") == literal_column("'case'")

placement = _fact(  # which compound a person belongs to, how we know, and how sure we are
    "placement",
    Column("kind", String),
    Column("subject", String, index=True),
    Column("status", String),  # accepted | review | unmatched
    Column("compound", String, index=True),
    Column("district", String),
    Column("street", String),
    Column("building", String),
    Column("method", String),
    Column("probability", Float),
    Column("distance_m", Float),
    Column("alternatives", JSON),
    Column("reason_zh", String),
    Column("reason_en", String),
    Column("decided_by", String),  # AUTO or the reviewer
    # Only where a query says "case" in so many letters: SQLite would take it before the index on the subject.
    Index("ix_placement_found", *FOUND, sqlite_where=OF_CASES, postgresql_where=OF_CASES),
)

# Of each case what narrows down who is looked at; made of what is believed (courses.py), no fact of its own.
course = Table(
    "course",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("district", String),
    Column("onset_at", Instant),
    Column("counted_at", Instant),  # first confirmed or clinical; empty: never, or the source took it back
    Column("counted_known", Instant),  # when that was known first, however dated
    Column("ended_at", Instant, nullable=False),  # ill no more; FOREVER while it is, ALWAYS if it never was
    Column("changed_at", Instant, nullable=False),  # since when all of this is known
    Index("ix_course_counted", "kind", "counted_at", "changed_at", "district", "onset_at", "counted_known"),
    Index("ix_course_ended", "kind", "ended_at"),
    Index("ix_course_changed", "kind", "changed_at"),
)

hospital = _fact(
    "hospital",
    Column("code", String, index=True),
    Column("name", String),
    Column("aliases", JSON),
    Column("kind", String),  # designated | fangcang | fever_clinic | testing | isolation | candidate
    Column("district", String),
    Column("level", String),
    Column("capacity", Integer),  # beds that the site could hold when opened
    *_place(),
)

bed = _fact(
    "bed",
    Column("hospital", String, index=True),
    Column("kind", String),  # ordinary | severe | icu | fangcang | isolation | all
    Column("open", Integer),
    Column("used", Integer),
    Column("free", Integer),
    Column("planned", Integer),
)

stock = _fact(
    "stock",
    Column("site", String, index=True),
    Column("item", String),
    Column("unit", String),
    Column("quantity", Float),
    Column("daily_use", Float),
)

handout = _fact(
    "handout",
    Column("site", String, index=True),
    Column("item", String),
    Column("spec", String),
    Column("unit", String),
    Column("quantity", Float),
)

team = _fact(
    "team",
    Column("team", String, index=True),
    Column("name", String),
    Column("origin", String),
    Column("skill", String),
    Column("people", Integer),
    Column("hospital", String),  # where the team works; empty: not assigned yet
    Column("leaves_at", Instant),
)

assessment = _fact(
    "assessment",
    Column("compound", String, index=True),
    Column("publicity", Boolean),
    Column("closure", Boolean),
    Column("screening", Boolean),
    Column("disinfection", Boolean),
    Column("supply", Boolean),
    Column("organisation", Boolean),
)

control = _fact(  # the order in force on a compound
    "control",
    Column("zone", String),  # the provider's id of the zone
    Column("name", String),
    Column("compound", String, index=True),  # empty: the zone's name or point found no compound
    Column("district", String),
    Column("state", String),  # sealed | building_sealed | controlled | guarded | open
    *_place(),
)

care = _fact(  # what a person changed about the gazetteer; deliveries keep their own words in `compound`
    "care",
    Column("kind", String),  # alias | rename | merge | split | apart
    Column("compound", String, index=True),  # which compound it is about: of a merge the one that is given up
    Column("others", JSON),  # codes: the survivor of a merge, the parts of a split, the other one of a pair kept apart
    Column("name", String),  # the alias, or the new name
    Column("stands", Boolean),  # false: somebody undid it
    Column("district", String),
    Column("street", String),
    Column("decided_by", String),
    Column("why", String),
)


def _said(column: Column[Any]) -> ColumnElement[bool]:
    return func.length(func.trim(func.coalesce(column, ""))) > 0


_owner, _state = Column("owner", String, nullable=False), Column("state", String, nullable=False)
_proposed, _action = Column("proposed", String, nullable=False), Column("action", String, nullable=False)
_decision, _subject = Column("decision", String, nullable=False), Column("subject", String, nullable=False, index=True)
_reason, _feedback, _remark = Column("reason", String), Column("feedback", String), Column("remark", String)
_believed: ColumnElement[bool] = column("known_until", Instant) == literal(FOREVER, BigInteger)
_is_open = and_(_state.in_(OPEN), _believed)

orders = _fact(  # what a person ordered; each version is one step of it (known_from), dated by when it was given (happened_at)
    "orders",
    Column("number", String, index=True),  # what people call it: its decision, its day and a running number
    _decision,  # lockdown | beds | staff | supplies | joint
    _subject,  # as in the proposal
    Column("name", String),
    Column("district", String),
    Column("street", String),
    Column("compound", String),  # where the subject is one: who may see the order
    _proposed,  # the action that the plan proposed; another one ordered is an override
    _action,
    Column("level", String),  # urgent | today | routine
    _owner,  # the one unit that answers for it
    Column(
        "owner_area", String
    ),  # whose pass acknowledges and reports: the area that the owner belongs to, "" the city
    Column("deadline_at", Instant, nullable=False),
    _reason,
    _state,  # given | acknowledged | done | closed | reopened | withdrawn
    _feedback,
    _remark,  # what was said with this step: why it was reopened or withdrawn
    Column("acted_by", String),  # who took this step
    Column("given_by", String),
    Column("given_area", String),  # whose pass closes, reopens and withdraws: the giver's area, "" the city
    Column("inputs_hash", String, nullable=False),
    # the proposal with its reasons, counts and rule, and both clocks, as they were when it was given
    Column("frozen", JSON, nullable=False),
    # One open order on a subject, whatever two people do at once.
    Index("uq_orders_open", _decision, _subject, unique=True, sqlite_where=_is_open, postgresql_where=_is_open),
    CheckConstraint(_state.in_(STATES), name="ck_orders_state"),
    CheckConstraint(_said(_owner), name="ck_orders_owner"),
    CheckConstraint(or_(_state.not_in(ANSWERED), _said(_feedback)), name="ck_orders_feedback"),
    CheckConstraint(or_(_state.not_in(EXPLAINED), _said(_remark)), name="ck_orders_remark"),
    CheckConstraint(or_(_proposed == _action, _said(_reason)), name="ck_orders_override"),
)

destroyed = (
    Table(  # persons who were destroyed when their time was over: only that they were, so that they do not come back
        "destroyed",
        metadata,
        Column("id", BigId, primary_key=True),
        Column("kind", String, nullable=False),
        Column("mark", String, nullable=False),  # blind index of the record's number
        Column("batch", ForeignKey("batch.id"), nullable=False),
        UniqueConstraint("kind", "mark", name="uq_destroyed"),
    )
)

whatif = _fact(  # a named set of assumptions that a plan can be asked under
    "whatif",
    Column("name", String),
    Column("settings", JSON),
    Column("stands", Boolean),  # false: somebody removed it
    Column("district", String),
    Column("decided_by", String),
    Column("why", String),
)

total = Table(  # increments: any state is a sum over event_day <= as_of and known_from <= known_at
    "total",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("level", String, nullable=False),  # city | district | street | compound
    Column("area", String, nullable=False),  # "" at level compound or street: not placed
    Column(
        "measure", String, nullable=False
    ),  # now: in the status; ever: reached it; again: -1 for a second counted status
    Column("status", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("event_day", Integer, nullable=False),
    Column("known_from", Instant, nullable=False),
    Column("batch", ForeignKey("batch.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Index("ix_total_state", "level", "measure", "area", "status", "event_day", "known_from", "severity", "n"),
    Index("ix_total_day", "level", "measure", "event_day", "area", "status", "known_from", "severity", "n"),
)

closing = Table(  # totals up to a row and a day, summed once (closed.py); what is closed off stays in `total` as well
    "closing",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("batch", ForeignKey("batch.id"), nullable=False),
    Column("known_from", Instant, nullable=False),
    Column("event_day", Integer, nullable=False),
    Column("last_total", BigInteger, nullable=False),
)

closed = Table(
    "closed",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("closing", ForeignKey("closing.id"), nullable=False),
    Column("level", String, nullable=False),
    Column("measure", String, nullable=False),  # as in `total`, and `counted`: ever a case, confirmed or clinical, once
    Column("area", String, nullable=False),
    Column("status", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("n", Integer, nullable=False),
    Column("last", Integer),  # of ever and counted: the last day on which somebody reached it
    Index("ix_closed_state", "closing", "level", "measure", "area"),
)

confirmation = (
    Table(  # a delivery that said again what was believed; `heard_at` of a version is the newest of those that stand
        "confirmation",
        metadata,
        Column("id", BigId, primary_key=True),
        Column("fact", String, nullable=False),  # the table of the record
        Column("key", String, nullable=False),
        Column(
            "batch", ForeignKey("batch.id"), index=True
        ),  # empty: heard before this was kept, nobody knows from whom
        Column("known_from", Instant, nullable=False),
        Column("heard_at", Instant, nullable=False),  # when its source wrote it down
        Index("ix_confirmation_record", "fact", "key"),
    )
)

# What the desk keeps for its people. None of it is a fact: no plan, layer or count reads it, and it has no second clock.

saved_view = Table(  # an address that somebody wants to come back to
    "saved_view",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("who", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("page", String, nullable=False),
    Column("search", String, nullable=False),  # query string without the question mark
    Column("columns", JSON, nullable=False),  # table -> state of its columns, as the grid gives it
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("who", "name", name="uq_saved_view"),
)

profile = Table(  # how the files of one source are read: their columns, codes and datum
    "profile",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("feed", String, nullable=False),
    Column("source", String, nullable=False),
    Column("mapping", JSON, nullable=False),  # column of the file -> column of the feed
    Column("settings", JSON, nullable=False),  # datum and what else the import is told
    Column("made_by", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("feed", "source", name="uq_profile"),
)

alert_rule = Table(  # what a person wants to be told of; a rule is never changed, it ends and another follows
    "alert_rule",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),  # count | age | shortage
    Column("subject", JSON, nullable=False),  # what is watched, by the kind of rule
    Column("area", String, nullable=False),  # "" is the whole city
    Column("bound", Float, nullable=False),
    Column("told", JSON, nullable=False),  # posts that must acknowledge it
    Column("sound", Boolean, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_by", String),
    Column("ended_at", Instant),
)

alert = Table(  # a rule that came true; it stands until somebody acknowledges it
    "alert",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("rule", ForeignKey("alert_rule.id"), nullable=False, index=True),
    Column("subject", String, nullable=False),  # what it was true of, so that one thing is told once
    Column("value", Float),
    Column("known_at", Instant, nullable=False),  # what was known when it came true
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),  # no longer true; it still waits to be acknowledged
    Column("acknowledged_by", String),
    Column("acknowledged_at", Instant),
    Column("note", String),
)

printed = Table(  # every briefing that left the house, so that a sheet of paper can be verified
    "printed",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("code", String, nullable=False, unique=True),  # stands on each page
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("format", String, nullable=False),
    Column("sha256", String, nullable=False, index=True),  # of the file
    Column("state", JSON, nullable=False),  # area, clocks, language, parts, revision: what prints it again
    Column("key_id", String, nullable=False),
    Column("signature", String, nullable=False),
)
DESK = (saved_view, profile, alert_rule, alert, printed)

released = Table(  # every count that was made public: what later releases are held against
    "released",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("number", Integer, nullable=False, index=True),  # of the release
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("known_at", Instant, nullable=False),
    Column("measure", String, nullable=False),  # cases | cured | dead
    Column("area", String, nullable=False),  # "" is the whole city
    Column("first", Integer, nullable=False),  # days, both inclusive, since 1970 in Shanghai
    Column("last", Integer, nullable=False),
    Column("n", Integer),  # NULL: not shown
)

taking = Table(  # rows that somebody wants to take out and that a second person has to release
    "taking",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("code", String, nullable=False, unique=True),  # stands in the file that comes of it, and in the journal
    Column("who", String, nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("area", String, nullable=False),  # whose area releases it: the asker's, "" the city
    Column("asked", JSON, nullable=False),  # table, form and view, so that what is released is what was asked for
    Column("reason", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("decided_by", String),
    Column("decided_at", Instant),
    Column("released", Boolean),
    Column("remark", String),
    Column("taken_at", Instant),  # when its file began to go out; none again when that broke off
)

lapsed = Table(  # requests whose day passed before they were decided or taken: the journal was told of each
    "lapsed",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("taking", ForeignKey("taking.id"), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
)

schedule = Table(  # a briefing that is printed every day; it is never changed, it ends and another follows
    "schedule",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", String, nullable=False),  # time of day in Shanghai, "07:30"
    Column("area", String, nullable=False),  # "" is the whole city
    Column("lang", String, nullable=False),
    Column("choice", JSON, nullable=False),  # parts, districts, form, size, secrecy
    Column("made_by", String, nullable=False),
    Column("made_at", Instant, nullable=False),  # the clock on the wall, also in a drill
    Column("ended_by", String),
    Column("ended_at", Instant),
)

edition = Table(  # one day's print of a schedule, and what became of it
    "edition",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("schedule", ForeignKey("schedule.id"), nullable=False),
    Column("due", Instant, nullable=False),
    Column("state", String, nullable=False),  # printing | done | failed | missed
    Column("tries", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("file", String),  # its name in the folder of editions
    Column("code", String),  # of the print
    Column("bytes", Integer),
    Column("why_zh", String),
    Column("why_en", String),
    UniqueConstraint("schedule", "due", name="uq_edition"),  # whoever is first prints it
)
EDITIONS = (schedule, edition)

# Who may sign in to a store of production, and who is signed in. Never deleted: an account that is no longer wanted is disabled.

account = Table(
    "account",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String, nullable=False, unique=True),  # stands in the journal
    Column("role", String, nullable=False),
    Column("area", String, nullable=False),  # "" is the whole city
    Column("password", String, nullable=False),  # Argon2id, with its salt and costs
    Column("disabled", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("password_at", Instant, nullable=False),  # when it was last set
)

session = Table(  # one browser that signed in
    "session",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account", ForeignKey("account.id"), nullable=False, index=True),
    Column("token", String, nullable=False, unique=True),  # SHA-256 of what the browser holds
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("why", String),  # sign-out | replaced | disabled | password | ended
)
ACCOUNTS = (account, session)

# Which programs may write and read by the API. Never deleted, as accounts: their names stand in the journal.

api_token = Table(
    "api_token",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("source", String, nullable=False),  # stands in the deliveries that come by it
    Column("feeds", JSON, nullable=False),  # that it writes
    Column("only", JSON, nullable=False),  # column -> the values that its records may have there; {}: any
    Column("role", String, nullable=False),  # that it reads as; "" reads nothing
    Column("area", String, nullable=False),  # "" is the whole city
    Column("rights", JSON, nullable=False),  # orders | metrics
    Column("per_minute", Integer, nullable=False),  # requests
    Column("token", String, nullable=False, unique=True),  # SHA-256 of what the program holds
    Column("disabled", Boolean, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

api_key = Table(  # a delivery that a program may send again: what it brought the first time
    "api_key",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("token", ForeignKey("api_token.id"), nullable=False),
    Column("key", String, nullable=False),  # digest of what the program called it
    Column("content", String, nullable=False),  # digest of what was asked for
    Column("claimed_at", Instant, nullable=False),
    UniqueConstraint("token", "key", name="uq_api_key"),
)
API = (api_token, api_key)

identity = Table(  # who an account is for the provider that signs it in; such an account has no password here
    "identity",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("issuer", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("account", ForeignKey("account.id"), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("issuer", "subject", name="uq_identity"),
)

second_factor = Table(  # what an account proves itself with beside its password: one-time codes of RFC 6238
    "second_factor",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account", ForeignKey("account.id"), nullable=False, unique=True),
    Column("secret", String, nullable=False),  # sealed, bound to the account (`factors`)
    Column("made_at", Instant, nullable=False),
    Column("confirmed_at", Instant),  # None: an older program showed it, and no code was given, so it does not count
    Column("last_step", BigInteger, nullable=False),  # of the newest code that counted: none up to it counts again
)

recovery_code = Table(  # for whoever has lost the device: each counts once
    "recovery_code",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account", ForeignKey("account.id"), nullable=False),
    Column("digest", String, nullable=False),  # keyed: nobody without the folder of keys can try codes out
    Column("used_at", Instant),
    UniqueConstraint("account", "digest", name="uq_recovery_code"),
)

halfway = Table(  # one browser between a password and a code: it opens nothing
    "halfway",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account", ForeignKey("account.id"), index=True),  # None: the password was wrong, which nobody is told yet
    Column("token", String, nullable=False, unique=True),  # SHA-256 of what the browser holds
    Column("whose", String, nullable=False),  # whom its codes are counted for (`code_try`)
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

code_try = Table(  # a code that somebody gave, until one was right or a quarter of an hour is over
    "code_try",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("whose", String, nullable=False, index=True),  # keyed digest of an account, or of what was typed for one
    Column("at", Instant, nullable=False),
)
FACTORS = (second_factor, recovery_code, halfway, code_try)

FACTS = {t.name: t for t in metadata.sorted_tables if "known_until" in t.columns}
