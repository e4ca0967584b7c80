"""Saves an event and an item of the quarantine; LEADLOG_FAULT may stop it on the way: `… URL`."""

import sys

from contracts.test_event_store import B, an_id, formed
from eventsourcing.persistence import OperationalError

from eventstore.recorders.postgres import PostgresCustomerRecorder
from eventstore.rows import Changes, Quarantine

if __name__ == "__main__":
    recorder = PostgresCustomerRecorder(sys.argv[1])
    changes = Changes(
        events=[formed(B)],
        positions={"zombie": (-1, 0)},
        quarantine=[Quarantine(an_id(1), "site", "broken", 0, b"?")],
    )
    try:
        recorder.save(changes)
    except OperationalError:
        sys.stdout.write("ended by the server\n")
        recorder.save(changes)  # in place, as every processor does
    recorder.close()
