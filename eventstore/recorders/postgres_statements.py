"""What the event store on PostgreSQL asks and writes.

Arrays go as binary parameters, many rows in one statement. Look-ups are `unnest … LATERAL`, one
probe of an index for each key: `= ANY` becomes a scan of the table as soon as the planner has no
statistics of it. `OFFSET 0` keeps the planner from turning a probe into a join.
"""

from typing import Final

BEGIN: Final = b"BEGIN ISOLATION LEVEL READ COMMITTED"
BEGIN_READING: Final = b"""
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL idle_in_transaction_session_timeout = '5min'"""
COMMIT: Final = b"COMMIT"
TRANSACTION: Final = b"SELECT pg_current_xact_id()::text"
STATUS: Final = b"SELECT pg_xact_status(%b::text::xid8)"

# --- written before the clock is held: sorted, and in this order, so that nobody deadlocks ---

TRACKING: Final = b"""
    INSERT INTO notification_tracking AS t
    SELECT name, reached FROM unnest(%b::text[], %b::int8[]) AS n (name, reached)
    ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id
    WHERE (t.application_name, t.notification_id) IN (SELECT * FROM unnest(%b::text[], %b::int8[]))
    AND t.notification_id < excluded.notification_id"""
KEYS: Final = b"INSERT INTO key SELECT * FROM unnest(%b::bytea[], %b::bytea[])"
SECRETS: Final = b"INSERT INTO secret SELECT * FROM unnest(%b::bytea[], %b::bytea[])"
NEW_CARDS: Final = b"""
    INSERT INTO card SELECT leaf, person, 1, state
    FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[]) AS n (leaf, person, state)"""
# An upsert always goes by the key and locks in the order given; an update need do neither.
CARDS: Final = b"""
    INSERT INTO card AS c
    SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::int8[], %b::bytea[])
    ON CONFLICT (leaf) DO UPDATE
    SET person = excluded.person, state = excluded.state, version = c.version + 1
    WHERE c.version = excluded.version
    RETURNING leaf, version"""
DEALS: Final = b"""
    INSERT INTO deal SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::text[], %b::int8[],
        %b::int8[], %b::int8[], %b::bytea[])
    ON CONFLICT (id) DO UPDATE SET person = excluded.person, standing = excluded.standing,
        activity = excluded.activity, closed_at = excluded.closed_at, state = excluded.state"""
DEAL_THREADS: Final = b"""
    INSERT INTO deal_thread SELECT * FROM unnest(%b::bytea[], %b::bytea[]) ON CONFLICT DO NOTHING"""
GONE_DEALS: Final = b"""
    DELETE FROM deal USING unnest(%b::bytea[]) AS k (gone) WHERE id = k.gone"""
NEW_PENDING: Final = b"""
    INSERT INTO pending SELECT id, 1, state FROM unnest(%b::bytea[], %b::bytea[]) AS n (id, state)
    RETURNING id"""
PENDING: Final = b"""
    UPDATE pending AS p SET state = n.state, version = p.version + 1
    FROM unnest(%b::bytea[], %b::int8[], %b::bytea[]) AS n (id, version, state)
    WHERE p.id = n.id AND p.version = n.version
    RETURNING p.id"""
DONE: Final = b"""
    DELETE FROM pending USING unnest(%b::bytea[], %b::int8[]) AS k (gone, known)
    WHERE id = k.gone AND version = k.known
    RETURNING id"""
PAIRS: Final = b"""
    INSERT INTO pair SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[])
    ON CONFLICT (a, b) DO UPDATE SET state = excluded.state"""
GONE_PAIR: Final = b"DELETE FROM pair WHERE a = %b AND b = %b"
STIRRED: Final = b"""
    INSERT INTO review_stirred AS s SELECT leaf, 1 FROM unnest(%b::bytea[]) AS n (leaf)
    ON CONFLICT (leaf) DO UPDATE SET mark = s.mark + 1"""
# Locked in the order in which they are stirred.
SETTLED: Final = b"""
    WITH held AS MATERIALIZED (
        SELECT s.leaf FROM unnest(%b::bytea[], %b::int8[]) AS k (leaf, known),
        LATERAL (SELECT leaf FROM review_stirred WHERE leaf = k.leaf AND mark = k.known
                 LIMIT 1 FOR UPDATE) AS s)
    DELETE FROM review_stirred AS gone USING held WHERE gone.leaf = held.leaf
    RETURNING gone.leaf"""
REVIEWS: Final = b"""
    INSERT INTO review SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::text[], %b::bytea[],
        %b::int8[], %b::bytea[])
    ON CONFLICT (a, b) DO UPDATE SET why = excluded.why, via = excluded.via, rank = excluded.rank"""
REVIEWS_GONE: Final = b"""
    DELETE FROM review USING unnest(%b::bytea[], %b::bytea[]) AS k (one, other)
    WHERE a = k.one AND b = k.other"""
RETURNED: Final = b"""
    INSERT INTO returned AS r SELECT deal, since, owner, because
    FROM unnest(%b::bytea[], %b::int8[], %b::text[], %b::bytea[]) AS k (deal, since, owner, because)
    ON CONFLICT (deal) DO UPDATE SET since = excluded.since, owner = excluded.owner,
        because = excluded.because"""
RETURNED_KEPT: Final = RETURNED.replace(b"= excluded.because", b"= r.because")
RETURNED_GONE: Final = b"""
    DELETE FROM returned USING unnest(%b::bytea[]) AS k (gone) WHERE deal = k.gone"""
VANISHED: Final = b"""
    DELETE FROM appearance AS a
    USING unnest(%b::bytea[], %b::int8[], %b::int8[], %b::bytea[]) AS k (leaf, role, at, lead)
    WHERE (a.leaf, a.role, a.at, a.lead) = (k.leaf, k.role, k.at, k.lead)"""
NEW_APPEARANCES: Final = b"""
    INSERT INTO appearance
    SELECT * FROM unnest(%b::bytea[], %b::int8[], %b::int8[], %b::bytea[], %b::bytea[])"""
APPEARANCES: Final = (
    NEW_APPEARANCES + b" ON CONFLICT (leaf, role, at, lead) DO UPDATE SET deal = excluded.deal"
)
JOINED: Final = b"""
    INSERT INTO deal_joined SELECT * FROM unnest(%b::bytea[], %b::bytea[])
    ON CONFLICT (deal) DO UPDATE SET target = excluded.target"""
SEPARATED: Final = b"""
    DELETE FROM deal_joined USING unnest(%b::bytea[]) AS k (gone) WHERE deal = k.gone"""

# --- written while the clock is held: one writer at a time, until the commit ---

EVENTS: Final = b"""
    WITH moment AS (
        UPDATE clock SET position = position + %b::int8, recorded_at = greatest(
            recorded_at, (extract(epoch FROM clock_timestamp()) * 1000)::int8)
        RETURNING position, position - %b::int8 AS before, recorded_at),
    written AS (
        INSERT INTO stored_events
        SELECT stream, version, topic, state, before + place, recorded_at
        FROM moment, unnest(%b::bytea[], %b::int8[], %b::text[], %b::bytea[]) WITH ORDINALITY
            AS n (stream, version, topic, state, place))
    SELECT position FROM moment"""
# A decision of this batch has -1 less its place in the batch for a position.
HANDS: Final = b"""
    INSERT INTO hand
    SELECT decision, kind, a, b,
        CASE WHEN n.position < 0 THEN clock.position - %b::int8 - n.position ELSE n.position END,
        in_force
    FROM clock, unnest(%b::bytea[], %b::text[], %b::bytea[], %b::bytea[], %b::int8[], %b::bool[])
        AS n (decision, kind, a, b, position, in_force)
    ON CONFLICT (decision, a, b) DO UPDATE SET in_force = excluded.in_force"""
WITHDRAWN: Final = b"""
    INSERT INTO withdrawn AS w
    SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::int8[])
    ON CONFLICT (a, b, lead) DO UPDATE SET times = w.times + excluded.times"""
COUNT: Final = b"INSERT INTO counted SELECT * FROM unnest(%b::bytea[], %b::bytea[])"
UNCOUNT: Final = b"""
    DELETE FROM counted AS c USING unnest(%b::bytea[], %b::bytea[]) AS k (work, what)
    WHERE c.work = k.work AND c.what = k.what"""
LEDGER: Final = b"""
    INSERT INTO ledger AS l
    SELECT * FROM unnest(%b::text[], %b::int8[], %b::text[], %b::int8[])
    ON CONFLICT (account, hour, outcome)
    DO UPDATE SET deliveries = l.deliveries + excluded.deliveries"""
QUARANTINE: Final = b"""
    INSERT INTO quarantine
    SELECT * FROM unnest(%b::bytea[], %b::text[], %b::text[], %b::int8[], %b::bytea[])
    ON CONFLICT DO NOTHING"""
RELEASED: Final = b"DELETE FROM quarantine WHERE id = %b"

# --- asked ---

_EVENT: Final = b"notification_id, recorded_at, originator_id, originator_version, state"

CARDS_OF: Final = b"""
    SELECT k.leaf, c.version, c.state FROM unnest(%b::bytea[]) AS k (leaf),
    LATERAL (SELECT version, state FROM card WHERE leaf = k.leaf LIMIT 1) AS c"""
PERSONS_OF: Final = b"""
    SELECT k.leaf, c.person FROM unnest(%b::bytea[]) AS k (leaf),
    LATERAL (SELECT person FROM card WHERE leaf = k.leaf LIMIT 1) AS c"""
MEMBERS: Final = b"""
    SELECT c.leaf, c.version, c.state FROM unnest(%b::bytea[]) AS k (person),
    LATERAL (SELECT leaf, version, state FROM card
             WHERE person <> leaf AND person = k.person OFFSET 0) AS c"""
DEALS_OF: Final = b"""
    SELECT d.* FROM unnest(%b::bytea[]) AS k (person),
    LATERAL (SELECT id, person, state FROM deal WHERE person = k.person OFFSET 0) AS d"""
DEAL_ROWS: Final = b"""
    SELECT d.* FROM unnest(%b::bytea[]) AS k (id),
    LATERAL (SELECT id, person, state FROM deal WHERE id = k.id LIMIT 1) AS d"""
DEALS_IN_THREADS: Final = b"""
    SELECT d.* FROM unnest(%b::bytea[]) AS k (thread),
    LATERAL (SELECT deal FROM deal_thread WHERE thread = k.thread OFFSET 0) AS t,
    LATERAL (SELECT id, person, state FROM deal WHERE id = t.deal LIMIT 1) AS d"""
LEADING_DEALS: Final = b"""
    (SELECT id, person, state FROM deal WHERE person = %b AND pipeline = %b
     ORDER BY activity DESC, id LIMIT 1)
    UNION ALL
    (SELECT id, person, state FROM deal WHERE person = %b AND pipeline = %b AND standing = 1
     ORDER BY activity DESC, id LIMIT 1)"""
ENDED_DEAL: Final = b"""
    SELECT id, person, state FROM deal
    WHERE person = %b AND pipeline = %b AND standing = 2 AND closed_at >= %b
    ORDER BY activity DESC, id LIMIT 1"""
PAIRS_BY_KEY: Final = b"""
    SELECT k.a, k.b, p.state FROM unnest(%b::bytea[], %b::bytea[]) AS k (a, b),
    LATERAL (SELECT state FROM pair WHERE a = k.a AND b = k.b LIMIT 1) AS p"""
PAIRS_OF: Final = b"""
    SELECT p.* FROM unnest(%b::bytea[]) AS k (leaf),
    LATERAL ((SELECT a, b, state FROM pair WHERE a = k.leaf)
             UNION ALL (SELECT a, b, state FROM pair WHERE b = k.leaf)) AS p"""
SOME_PAIRS: Final = b"""
    (SELECT a, b, state FROM pair WHERE a = %b LIMIT %b)
    UNION ALL (SELECT a, b, state FROM pair WHERE b = %b LIMIT %b)"""
STIRRED_SOME: Final = b"SELECT leaf, mark FROM review_stirred ORDER BY leaf LIMIT %b"
_REVIEW: Final = b"SELECT a, b, why, via, rank FROM review WHERE "
REVIEWS_AFTER: Final = (
    _REVIEW + b"(rank, name) > (%b::int8, %b::bytea) ORDER BY rank, name LIMIT %b"
)
REVIEWS_NAMED: Final = _REVIEW + b"name BETWEEN %b AND %b"
REVIEWS_OF: Final = (
    b"SELECT r.* FROM unnest(%b::bytea[]) AS k (leaf), LATERAL (("
    + _REVIEW
    + b"a = k.leaf) UNION ALL ("
    + _REVIEW
    + b"b = k.leaf) UNION ALL ("
    + _REVIEW
    + b"via > '' AND via = k.leaf)) AS r"
)
_RETURN: Final = b"SELECT deal, since, owner, because FROM returned WHERE "
RETURNED_BY: Final = (
    _RETURN
    + b"""because = %b AND (since, deal) > (%b::int8, %b::bytea)
    ORDER BY since, deal LIMIT %b"""
)
RETURNED_TO: Final = RETURNED_BY.replace(b"WHERE ", b"WHERE owner = %b AND ")
RETURNED_CAUSE: Final = b"""
    SELECT because FROM returned WHERE because > %b ORDER BY because LIMIT 1"""
RETURNED_CAUSE_TO: Final = RETURNED_CAUSE.replace(b"WHERE ", b"WHERE owner = %b AND ")
RETURNED_NAMED: Final = (
    b"(" + _RETURN + b"deal BETWEEN %b AND %b) UNION ALL ("
    + _RETURN + b"because BETWEEN %b AND %b LIMIT 1)"
)  # fmt: skip
APPEARANCES_OF: Final = b"""
    SELECT k.leaf, p.lead FROM unnest(%b::bytea[]) AS k (leaf),
    LATERAL (SELECT lead FROM appearance WHERE leaf = k.leaf OFFSET 0) AS p"""
APPEARANCE_COUNTS: Final = b"""
    SELECT k.leaf, (SELECT count(*) FROM appearance WHERE leaf = k.leaf)
    FROM unnest(%b::bytea[]) AS k (leaf)"""
PAIRS_APART: Final = b"""
    SELECT p.a, p.b, p.state FROM pair AS p,
    LATERAL (SELECT person FROM card WHERE leaf = p.a LIMIT 1) AS one,
    LATERAL (SELECT person FROM card WHERE leaf = p.b LIMIT 1) AS other
    WHERE (p.a, p.b) > (%b::bytea, %b::bytea) AND other.person <> one.person
    ORDER BY p.a, p.b LIMIT %b"""
PAIRS_AFTER: Final = b"""
    SELECT a, b FROM pair WHERE (a, b) > (%b::bytea, %b::bytea) ORDER BY a, b LIMIT %b"""
COUNTED: Final = b"""
    SELECT k.leaf, c.some FROM unnest(%b::bytea[]) AS k (leaf), LATERAL (
        SELECT count(*) AS some
        FROM (SELECT 1 FROM appearance WHERE leaf = k.leaf LIMIT %b) AS seen) AS c"""
TOUCHES: Final = b"""
    SELECT p.at, p.lead FROM unnest(%b::bytea[]) AS k (leaf), unnest(ARRAY[2, 3]) AS r (role),
    LATERAL (SELECT at, lead FROM appearance
             WHERE leaf = k.leaf AND role = r.role AND (at, lead) < (%b::int8, %b::bytea)
             ORDER BY at DESC, lead DESC LIMIT %b) AS p"""
TOGETHER: Final = b"""
    SELECT p.at, p.lead FROM unnest(%b::bytea[]) AS k (leaf), unnest(ARRAY[0, 1, 2, 3]) AS r (role),
    LATERAL (SELECT at, lead FROM appearance AS one
             WHERE leaf = k.leaf AND role = r.role AND (at, lead) > (%b::int8, %b::bytea)
             AND EXISTS (SELECT 1 FROM appearance AS other
                         WHERE other.leaf = %b::bytea AND other.role IN (0, 1, 2, 3)
                         AND other.at = one.at AND other.lead = one.lead)
             ORDER BY at, lead LIMIT %b) AS p"""
ENDS: Final = b"""
    SELECT p.* FROM unnest(%b::bytea[]) AS k (leaf), unnest(ARRAY[0, 1, 2, 3]) AS r (role),
    LATERAL ((SELECT leaf, role, at, lead FROM appearance
              WHERE leaf = k.leaf AND role = r.role ORDER BY at, lead LIMIT 1)
             UNION ALL
             (SELECT leaf, role, at, lead FROM appearance
              WHERE leaf = k.leaf AND role = r.role ORDER BY at DESC, lead DESC LIMIT 1)) AS p"""
DEAL_TOUCHES: Final = b"""
    SELECT k.deal, p.at, p.lead FROM unnest(%b::bytea[]) AS k (deal),
    LATERAL (SELECT at, lead FROM appearance WHERE deal = k.deal AND deal > ''
             ORDER BY at DESC, lead DESC LIMIT %b) AS p"""
JOINED_OF: Final = b"""
    SELECT j.* FROM unnest(%b::bytea[]) AS k (deal),
    LATERAL (SELECT deal, target FROM deal_joined WHERE deal = k.deal LIMIT 1) AS j"""
JOINED_INTO: Final = b"""
    SELECT j.* FROM unnest(%b::bytea[]) AS k (deal),
    LATERAL (SELECT deal, target FROM deal_joined WHERE target = k.deal OFFSET 0) AS j"""
NEXT_PIPELINE: Final = b"""
    SELECT min(pipeline) FROM deal WHERE person = %b AND pipeline > %b"""
LATEST_DEALS: Final = b"""
    SELECT id, person, state FROM deal WHERE person = %b AND pipeline = %b
    ORDER BY activity DESC, id LIMIT %b"""
HANDS_ON: Final = b"""
    SELECT h.* FROM unnest(%b::bytea[]) AS k (leaf),
    LATERAL ((SELECT decision, kind, a, b, position FROM hand WHERE in_force AND a = k.leaf)
             UNION ALL
             (SELECT decision, kind, a, b, position FROM hand WHERE in_force AND b = k.leaf))
        AS h"""
HANDS_EVER_ON: Final = HANDS_ON.replace(b"in_force AND ", b"")
DECISION: Final = b"""
    SELECT decision, kind, a, b, position, in_force FROM hand WHERE decision = %b"""
WITHDRAWN_OF: Final = b"""
    SELECT w.* FROM unnest(%b::bytea[]) AS k (leaf),
    LATERAL (SELECT a, b, lead, times FROM withdrawn
             WHERE a = k.leaf AND times > 0 OFFSET 0) AS w"""
COUNTS_OF: Final = b"""
    SELECT c.what FROM unnest(%b::bytea[]) AS k (what),
    LATERAL (SELECT what FROM counted WHERE work = %b::bytea AND what = k.what LIMIT 1) AS c"""
SOME_COUNTS: Final = b"SELECT what FROM counted WHERE work = %b::bytea LIMIT %b"
PENDING_ALL: Final = b"SELECT id, version, state FROM pending"
PENDING_OF: Final = b"""
    SELECT p.* FROM unnest(%b::bytea[]) AS k (id),
    LATERAL (SELECT id, version, state FROM pending WHERE id = k.id LIMIT 1) AS p"""
SEEN: Final = b"""
    SELECT k.event FROM unnest(%b::bytea[]) AS k (event),
    LATERAL (SELECT 1 FROM key WHERE event = k.event LIMIT 1) AS found"""
KEYED: Final = b"""
    SELECT found.event, found.lead FROM unnest(%b::bytea[]) AS k (event),
    LATERAL (SELECT event, lead FROM key WHERE event = k.event LIMIT 1) AS found"""
STREAMS: Final = (
    b"SELECT e.* FROM unnest(%b::bytea[]) AS k (stream), LATERAL (SELECT "
    + _EVENT
    + b""" FROM stored_events
           WHERE originator_id = k.stream ORDER BY originator_version OFFSET 0) AS e"""
)
FIRST_EVENTS: Final = STREAMS.replace(
    b"ORDER BY originator_version OFFSET 0", b"AND originator_version = 1 LIMIT 1"
)
FORMED: Final = STREAMS.replace(
    b"ORDER BY originator_version OFFSET 0",
    b"AND topic IN ('F', 'S') AND notification_id > %b OFFSET 0",
)
SECRETS_OF: Final = b"""
    SELECT k.leaf, s.key FROM unnest(%b::bytea[]) AS k (leaf),
    LATERAL (SELECT key FROM secret WHERE leaf = k.leaf LIMIT 1) AS s"""
POSITIONS: Final = b"""
    SELECT k.stream, k.version, e.notification_id
    FROM unnest(%b::bytea[], %b::int8[]) AS k (stream, version),
    LATERAL (SELECT notification_id FROM stored_events
             WHERE originator_id = k.stream AND originator_version = k.version LIMIT 1) AS e"""
READ: Final = (
    b"SELECT "
    + _EVENT
    + b" FROM stored_events WHERE notification_id > %b ORDER BY notification_id LIMIT %b"
)
SAID: Final = READ.replace(b"WHERE", b"WHERE topic IN ('L', 'P') AND")
LAST_POSITION: Final = b"SELECT coalesce(max(notification_id), 0) FROM stored_events"
HEADS: Final = b"""
    SELECT leaf FROM card WHERE leaf > %b AND leaf = person ORDER BY leaf LIMIT %b"""
LEAVES: Final = b"SELECT leaf FROM card WHERE leaf > %b ORDER BY leaf LIMIT %b"
TRACKED: Final = b"""
    SELECT notification_id FROM notification_tracking WHERE application_name = %b"""
LEDGER_ALL: Final = b"SELECT account, hour, outcome, deliveries FROM ledger"
QUARANTINED: Final = b"""
    SELECT id, account, reason, received_at, content FROM quarantine"""
QUARANTINED_IDS: Final = b"""
    SELECT q.* FROM unnest(%b::bytea[]) AS k (id),
    LATERAL (SELECT id, account, reason, received_at, content
             FROM quarantine WHERE id = k.id LIMIT 1) AS q"""
LEADS: Final = b"""
    SELECT originator_id FROM stored_events WHERE topic = 'L' AND originator_version = 1"""
STREAM: Final = b"""
    SELECT originator_id, originator_version, topic, state FROM stored_events
    WHERE originator_id = %b AND originator_version > %b AND originator_version <= %b
    ORDER BY originator_version LIMIT %b"""
STREAM_BACK: Final = STREAM.replace(b"version LIMIT", b"version DESC LIMIT")
LOG: Final = b"""
    SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
    WHERE notification_id >= %b AND notification_id <= %b
    AND (cardinality(%b::text[]) = 0 OR topic = ANY (%b::text[]))
    ORDER BY notification_id LIMIT %b"""
