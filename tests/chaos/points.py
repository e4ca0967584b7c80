"""Which test kills at which fault points; a fast test sees that none is left out."""

GATEWAY = (
    *("gateway.after_read", "gateway.before_append", "log.before_commit", "log.in_flight"),
    *("log.after_commit", "gateway.after_append", "gateway.after_reply"),
)
MAIL = ("mail.before_append", "mail.after_append")
SPOOL = ("spool.after_keep", "spool.before_drain", "spool.after_drain", "spool.after_forget")
POLLERS = ("pollers.before_append", "pollers.after_append", "pollers.after_cursor")
BATCH = ("processor.after_read", "processor.before_commit", "processor.after_commit")
FAUST = (*BATCH, "processor.on_assignment", "processor.before_offsets", "processor.after_offsets")
STORE = ("store.in_transaction", "store.in_quarantine", "store.before_commit", "store.after_commit")
COMMANDS = ("store.in_transaction", "store.before_commit", "store.after_commit")
"""What a command of a person passes."""
PROJECTION = (
    *("projector.before_insert", "projector.after_insert"),
    *("inbox.in_transaction", "inbox.after_commit"),
)
LEASE = ("lease.after_taken",)
OUTBOX = ("outbox.after_follow", "outbox.before_send", "outbox.after_send", "outbox.after_record")
PUBLISHER = ("publisher.before_commit", "publisher.after_commit")

EMBEDDED = frozenset({*GATEWAY, *BATCH, *STORE, *PROJECTION})
"""What one process on embedded stores passes with deliveries that come to it: test_crashes.py."""
DISTRIBUTED = frozenset(
    {*GATEWAY, *MAIL, *SPOOL, *POLLERS, *FAUST, *STORE, *PROJECTION, *LEASE, *OUTBOX, *PUBLISHER}
)
"""test_distributed_crashes.py"""
