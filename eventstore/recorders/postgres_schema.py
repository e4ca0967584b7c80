"""The tables of the event store on PostgreSQL. Statements are idempotent and run at every start.

Names without a schema: the connection's search path says which one.
"""

_APPEND_ONLY = """WITH (
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01)"""
"""Only inserts: nothing to clean up, but the planner should know the size early."""

STATEMENTS = (
    f"""CREATE TABLE IF NOT EXISTS stored_events (
        originator_id bytea NOT NULL,
        originator_version bigint NOT NULL,
        topic text NOT NULL,
        state bytea NOT NULL,
        notification_id bigint NOT NULL,
        recorded_at bigint NOT NULL,
        PRIMARY KEY (originator_id, originator_version)) {_APPEND_ONLY}""",
    """CREATE UNIQUE INDEX IF NOT EXISTS stored_events_notification_id_idx
        ON stored_events (notification_id)""",
    # Events are never changed nor deleted: a position would be given twice, a projection misled.
    """CREATE OR REPLACE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'events are never changed nor deleted'; END $$""",
    """DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'events_stay'
                       AND tgrelid = 'stored_events'::regclass) THEN
            CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_events
                FOR EACH STATEMENT EXECUTE FUNCTION events_stay();
        END IF; END $$""",
    # One row: whoever holds it gives out positions, and commits before the next one does.
    """CREATE TABLE IF NOT EXISTS clock (
        one int PRIMARY KEY, recorded_at bigint NOT NULL, position bigint NOT NULL)
        WITH (fillfactor = 10)""",
    "INSERT INTO clock VALUES (1, 0, 0) ON CONFLICT DO NOTHING",
    "CREATE TABLE IF NOT EXISTS key (event bytea PRIMARY KEY, lead bytea NOT NULL)",
    """CREATE TABLE IF NOT EXISTS card (
        leaf bytea PRIMARY KEY,
        person bytea NOT NULL,
        version bigint NOT NULL,
        state bytea NOT NULL) WITH (fillfactor = 80)""",
    # Most persons have one leaf card and need no entry here.
    "CREATE INDEX IF NOT EXISTS card_of_person ON card (person) WHERE person <> leaf",
    # Only of persons with many deals; those of all others are in their person's row.
    """CREATE TABLE IF NOT EXISTS deal (
        id bytea PRIMARY KEY, person bytea NOT NULL, pipeline text NOT NULL, standing int NOT NULL,
        activity bigint NOT NULL, closed_at bigint NOT NULL, state bytea NOT NULL)
        WITH (fillfactor = 80)""",
    "CREATE INDEX IF NOT EXISTS deal_latest ON deal (person, pipeline, activity DESC, id)",
    """CREATE INDEX IF NOT EXISTS deal_standing
        ON deal (person, pipeline, standing, activity DESC, id)""",
    # Threads that a deal had once stay: its row knows which it has.
    """CREATE TABLE IF NOT EXISTS deal_thread (
        thread bytea, deal bytea, PRIMARY KEY (thread, deal))""",
    # The key that the personal parts of a leaf card's leads are sealed with; gone once forgotten.
    "CREATE TABLE IF NOT EXISTS secret (leaf bytea PRIMARY KEY, key bytea NOT NULL)",
    """CREATE TABLE IF NOT EXISTS pair (
        a bytea, b bytea, state bytea NOT NULL, PRIMARY KEY (a, b))""",
    "CREATE INDEX IF NOT EXISTS pair_back ON pair (b)",
    # A leaf card's leads by how they appear there (coding.ROLES), then in the order of time.
    """CREATE TABLE IF NOT EXISTS appearance (
        leaf bytea, role int, at bigint, lead bytea, deal bytea NOT NULL,
        PRIMARY KEY (leaf, role, at, lead))""",
    """CREATE INDEX IF NOT EXISTS touch_of_deal ON appearance (deal, at, lead)
        WHERE deal > ''""",
    # Deals that are joined into another one now.
    """CREATE TABLE IF NOT EXISTS deal_joined (
        deal bytea PRIMARY KEY, target bytea NOT NULL)""",
    """CREATE INDEX IF NOT EXISTS deal_joined_into ON deal_joined (target)""",
    """CREATE TABLE IF NOT EXISTS hand (
        decision bytea, kind text, a bytea, b bytea, position bigint, in_force boolean,
        PRIMARY KEY (decision, a, b))""",
    "DROP INDEX IF EXISTS hand_a",
    "DROP INDEX IF EXISTS hand_b",
    "CREATE INDEX IF NOT EXISTS hand_on_a ON hand (a)",
    "CREATE INDEX IF NOT EXISTS hand_on_b ON hand (b)",
    """CREATE TABLE IF NOT EXISTS withdrawn (
        a bytea, b bytea, lead bytea, times bigint, PRIMARY KEY (a, b, lead))""",
    # Work that goes on in pieces; empty most of the time.
    """CREATE TABLE IF NOT EXISTS pending (
        id bytea PRIMARY KEY, version bigint NOT NULL, state bytea NOT NULL)""",
    # What it changed so far, for each once; gone with it.
    """CREATE TABLE IF NOT EXISTS counted (
        work bytea, what bytea, PRIMARY KEY (work, what))""",
    # The review queue but for what is similar, best first (rank: the score below 0), and the leaf
    # cards about which it is to be made anew.
    """CREATE TABLE IF NOT EXISTS review (
        a bytea, b bytea, why text, via bytea, rank int, name bytea,
        PRIMARY KEY (a, b))""",
    "CREATE INDEX IF NOT EXISTS review_back ON review (b)",
    "CREATE INDEX IF NOT EXISTS review_via ON review (via) WHERE via > ''",
    "CREATE INDEX IF NOT EXISTS review_order ON review (rank, name)",
    "CREATE INDEX IF NOT EXISTS review_name ON review (name)",
    """CREATE TABLE IF NOT EXISTS review_stirred (
        leaf bytea PRIMARY KEY, mark bigint NOT NULL)""",
    # Deals to which something came after they were won or lost, for their owners.
    """CREATE TABLE IF NOT EXISTS returned (
        deal bytea PRIMARY KEY, since bigint, owner text, because bytea)""",
    "CREATE INDEX IF NOT EXISTS returned_by ON returned (because, since, deal)",
    "CREATE INDEX IF NOT EXISTS returned_to ON returned (owner, because, since, deal)",
    """CREATE TABLE IF NOT EXISTS ledger (
        account text, hour bigint, outcome text, deliveries bigint,
        PRIMARY KEY (account, hour, outcome)) WITH (fillfactor = 50)""",
    """CREATE TABLE IF NOT EXISTS quarantine (
        id bytea PRIMARY KEY, account text, reason text, received_at bigint, content bytea)""",
    """CREATE TABLE IF NOT EXISTS notification_tracking (
        application_name text PRIMARY KEY, notification_id bigint NOT NULL)
        WITH (fillfactor = 50)""",
)  # fmt: skip

CHECKS = (
    (
        "SELECT current_setting('server_version_num')::int >= 140000",
        "PostgreSQL is older than 14; run the event store on a newer one",
    ),
    (
        "SELECT current_setting('fsync') = 'on'",
        "PostgreSQL runs with fsync = off and may lose what it confirmed; set fsync = on",
    ),
    (
        "SELECT current_setting('synchronous_commit') <> 'off'",
        "synchronous_commit = off: what was confirmed may be lost; set it to on for this database",
    ),
    (
        "SELECT current_setting('server_encoding') = 'UTF8'",
        "the database is not encoded in UTF8; make one WITH ENCODING 'UTF8'",
    ),
    (
        """SELECT to_regproc(current_schema() || '.es_insert_events_uuid') IS NULL
        AND to_regproc(current_schema() || '.es_insert_events_text') IS NULL""",
        """another program has put a function es_insert_events_… here that writes events past the
        order of positions: unset POSTGRES_ENABLE_DB_FUNCTIONS there, drop the function, or give
        leadlog a schema of its own""",
    ),
)
"""Each must be true, else the store is not opened, for the reason beside it."""
