"""The tables of the event store on SQLite. Statements are idempotent and run at every start."""

STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS stored_events (
        position INTEGER PRIMARY KEY,
        originator_id BLOB NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        recorded_at INTEGER NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    # Events are never changed nor deleted: a position would be given twice, a projection misled.
    """CREATE TRIGGER IF NOT EXISTS events_stay BEFORE UPDATE ON stored_events
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """CREATE TRIGGER IF NOT EXISTS events_remain BEFORE DELETE ON stored_events
        BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
    """CREATE TABLE IF NOT EXISTS clock (
        one INTEGER PRIMARY KEY, recorded_at INTEGER, position INTEGER)""",
    "INSERT OR IGNORE INTO clock VALUES (1, 0, 0)",
    "CREATE TABLE IF NOT EXISTS key (event BLOB PRIMARY KEY, lead BLOB NOT NULL) WITHOUT ROWID",
    # near: where its newest leads appear, in front of the table `appearance` (sqlite_appearances).
    """CREATE TABLE IF NOT EXISTS card (
        leaf BLOB PRIMARY KEY,
        person BLOB NOT NULL,
        version INTEGER NOT NULL,
        state BLOB NOT NULL,
        near BLOB NOT NULL DEFAULT x'') WITHOUT ROWID""",
    # Most persons have one leaf card and need no entry here.
    "CREATE INDEX IF NOT EXISTS card_of_person ON card (person) WHERE person <> leaf",
    # Only of persons with many deals; those of all others are in their person's row.
    """CREATE TABLE IF NOT EXISTS deal (
        id BLOB PRIMARY KEY, person BLOB, pipeline TEXT, standing INTEGER, activity INTEGER,
        closed_at INTEGER, state BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS deal_latest ON deal (person, pipeline, activity DESC, id)",
    """CREATE INDEX IF NOT EXISTS deal_standing
        ON deal (person, pipeline, standing, activity DESC, id)""",
    # Threads that a deal had once stay: its row knows which it has.
    """CREATE TABLE IF NOT EXISTS deal_thread (
        thread BLOB, deal BLOB, PRIMARY KEY (thread, deal)) WITHOUT ROWID""",
    # The key that the personal parts of a leaf card's leads are sealed with; gone once forgotten.
    "CREATE TABLE IF NOT EXISTS secret (leaf BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS pair (
        a BLOB, b BLOB, state BLOB NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS pair_back ON pair (b)",
    # A leaf card's leads by how they appear there (coding.ROLES), then in the order of time.
    """CREATE TABLE IF NOT EXISTS appearance (
        leaf BLOB, role INTEGER, at INTEGER, lead BLOB, deal BLOB NOT NULL,
        PRIMARY KEY (leaf, role, at, lead)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS touch_of_deal ON appearance (deal, at, lead) WHERE deal > x''",
    # Deals that are joined into another one now.
    """CREATE TABLE IF NOT EXISTS deal_joined (
        deal BLOB PRIMARY KEY, target BLOB NOT NULL) WITHOUT ROWID""",
    """CREATE INDEX IF NOT EXISTS deal_joined_into ON deal_joined (target)""",
    """CREATE TABLE IF NOT EXISTS hand (
        decision BLOB, kind TEXT, a BLOB, b BLOB, position INTEGER, in_force INTEGER,
        PRIMARY KEY (decision, a, b)) WITHOUT ROWID""",
    "DROP INDEX IF EXISTS hand_a",
    "DROP INDEX IF EXISTS hand_b",
    "CREATE INDEX IF NOT EXISTS hand_on_a ON hand (a)",
    "CREATE INDEX IF NOT EXISTS hand_on_b ON hand (b)",
    """CREATE TABLE IF NOT EXISTS withdrawn (
        a BLOB, b BLOB, lead BLOB, times INTEGER, PRIMARY KEY (a, b, lead)) WITHOUT ROWID""",
    # Work that goes on in pieces; empty most of the time.
    """CREATE TABLE IF NOT EXISTS pending (
        id BLOB PRIMARY KEY, version INTEGER NOT NULL, state BLOB NOT NULL) WITHOUT ROWID""",
    # What it changed so far, for each once; gone with it.
    """CREATE TABLE IF NOT EXISTS counted (
        work BLOB, what BLOB, PRIMARY KEY (work, what)) WITHOUT ROWID""",
    # The review queue but for what is similar, best first (rank: the score below 0), and the leaf
    # cards about which it is to be made anew.
    """CREATE TABLE IF NOT EXISTS review (
        a BLOB, b BLOB, why TEXT, via BLOB, rank INTEGER, name BLOB,
        PRIMARY KEY (a, b)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS review_back ON review (b)",
    "CREATE INDEX IF NOT EXISTS review_via ON review (via) WHERE via > x''",
    "CREATE INDEX IF NOT EXISTS review_order ON review (rank, name)",
    "CREATE INDEX IF NOT EXISTS review_name ON review (name)",
    """CREATE TABLE IF NOT EXISTS review_stirred (
        leaf BLOB PRIMARY KEY, mark INTEGER NOT NULL) WITHOUT ROWID""",
    # Deals to which something came after they were won or lost, for their owners.
    """CREATE TABLE IF NOT EXISTS returned (
        deal BLOB PRIMARY KEY, since INTEGER, owner TEXT, because BLOB) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS returned_by ON returned (because, since, deal)",
    "CREATE INDEX IF NOT EXISTS returned_to ON returned (owner, because, since, deal)",
    """CREATE TABLE IF NOT EXISTS ledger (
        account TEXT, hour INTEGER, outcome TEXT, deliveries INTEGER,
        PRIMARY KEY (account, hour, outcome)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS quarantine (
        id BLOB PRIMARY KEY, account TEXT, reason TEXT, received_at INTEGER, content BLOB)
        WITHOUT ROWID""",
)  # fmt: skip
