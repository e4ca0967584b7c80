"""A projector that sleeps for as long as a lease in earnest lasts, in the middle of an insert."""

import signal

from contracts.analytics_stores import server_store
from servers.clickhouse import at
from support.projectors import Team, all_once, until

from eventstore.recorders.postgres_lease import SILENCE_S


def test_a_zombie_of_half_a_minute_writes_nothing_twice(database, clickhouse):
    with server_store(clickhouse) as store:
        address = at(clickhouse, store.target.database)
        team = Team(database, store, address, silence_s=SILENCE_S)
        try:
            team.start("zombie", freeze_at=100)
            until(lambda: team.frozen("zombie"))
            team.start("heir")
            team.until_led_by("heir")
            team.signal("zombie", signal.SIGCONT)
            before = team.last()
            until(lambda: team.last() > before + 200)
            team.stop("heir")
            team.until_led_by("zombie")
            team.stop("zombie")
            assert all_once(store)
        finally:
            team.end()
