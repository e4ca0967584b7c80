-- One row for each position of the event store: what happened, without what identifies a person.
-- A column is filled where its topic has such a thing, and else at its default; absent ids are
-- the zero UUID, absent times 1970.
--
-- No partitions: one insert is one part, so a block is there as a whole or not at all, and
-- max(position) is where to resume. Inserts are synced to the disk for the same reason; a merge
-- needs no sync, the engine keeps the merged parts long enough to fall back on them.
CREATE TABLE IF NOT EXISTS facts ON CLUSTER `leadlog` (
    position      UInt64 CODEC(Delta, LZ4),
    recorded_at   DateTime64(3, 'UTC') CODEC(Delta, LZ4) COMMENT 'when we learnt it',
    topic         LowCardinality(String) COMMENT 'tag of the event, eventstore/domain/events.py',
    stream        UUID,
    version       UInt32,
    lead          UUID,
    deal          UUID,
    leaf          UUID COMMENT 'leaf card',
    leaves        Array(UUID) COMMENT 'leaf cards: of a lead, of a person, of a decision',
    other         UUID COMMENT 'the deal joined into or repeated, the decision undone',
    event         UUID COMMENT 'the delivery',
    decision      UUID COMMENT 'the decision or command',
    because       UUID COMMENT 'the decision or lead that caused it',
    channel       LowCardinality(String),
    account       LowCardinality(String),
    kind          LowCardinality(String),
    direction     LowCardinality(String),
    amends        Bool,
    occurred_at   DateTime64(3, 'UTC') CODEC(Delta, LZ4) COMMENT 'when it happened',
    received_at   DateTime64(3, 'UTC') CODEC(Delta, LZ4),
    opened        Bool COMMENT 'this touch opened its deal',
    utm_source    LowCardinality(String),
    utm_medium    LowCardinality(String),
    utm_campaign  LowCardinality(String),
    utm_term      String,
    utm_content   String,
    start         String COMMENT 'start parameter of a bot',
    ref           String,
    paid          Bool COMMENT 'a click id of an advertising system was there',
    call_state    LowCardinality(String),
    pipeline      LowCardinality(String),
    stage         LowCardinality(String),
    status        LowCardinality(String),
    reason        LowCardinality(String) COMMENT 'from the closed list of the pipeline',
    amount        Nullable(Decimal(38, 4)),
    currency      LowCardinality(String),
    actor         LowCardinality(String) COMMENT 'operator or rule',
    owner         LowCardinality(String),
    shared        Bool,
    INDEX positions position TYPE minmax GRANULARITY 4
)
ENGINE = ReplicatedMergeTree
ORDER BY (topic, position)
SETTINGS
    replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
