"""AMI and ARI over real sockets: records in pieces, silence, cut connections, refused logins."""

import pytest
from servers import ari, asterisk
from servers.ari import AriFake, destroyed
from servers.asterisk import AmiFake, call

from channels.telephony.asterisk import AsteriskAdapter
from ingest.log.port import RecordType
from ingest.pollers.state import Phase


@pytest.fixture
def make(polls):
    def polled(**settings):
        table = {"type": "asterisk", "name": "pbx", **settings}
        return polls(AsteriskAdapter(AsteriskAdapter.Settings.from_table(table)))

    return polled


def phase(role):
    return role.states["pbx"].phase


def stops(role):
    return phase(role) is Phase.STOPPED


def retries(role):
    return phase(role) is Phase.RETRYING


class Running:
    """The role at work while the exchange tells something, as soon as it is heard."""

    def __init__(self, polled):
        self._polled = polled

    async def while_it(self, tells, done):
        told = False

        def step(role):
            nonlocal told
            if not told and phase(role) is Phase.POLLING:
                told = True
                tells()
            return told and done()

        return await self._polled.run_until(step)


class TestAmi:
    @pytest.fixture
    def exchange(self):
        with AmiFake() as exchange:
            yield exchange

    @pytest.fixture
    def polled(self, make, exchange):
        return make(
            ami_host="127.0.0.1",
            ami_port=exchange.port,
            ami_user=asterisk.USER,
            ami_secret=asterisk.SECRET,
        )

    async def test_a_call_is_one_lead_and_chatter_is_not_kept(self, polled, exchange):
        await Running(polled).while_it(lambda: exchange.tell(call(1)), lambda: polled.leads == 2)
        assert [c["state"] for c in polled.told("call")] == ["ringing", "missed"]
        assert polled.records(RecordType.IGNORED) == []
        assert list(polled.touches().values()) == [1]

    async def test_records_that_come_in_pieces_are_read_whole(self, polled, exchange):
        def drop_by_drop():
            for byte in call(1):
                exchange.tell(bytes([byte]))

        await Running(polled).while_it(drop_by_drop, lambda: polled.leads == 2)

    async def test_the_secret_is_not_sent(self, polled, exchange):
        await polled.run_until(lambda role: phase(role) is Phase.POLLING)
        assert asterisk.SECRET not in str(exchange.actions)
        assert exchange.actions[1]["Events"] == "call,cdr"

    async def test_a_connection_that_breaks_is_made_again(self, polled, exchange):
        await Running(polled).while_it(exchange.hang_up, lambda: exchange.logins == 2)
        await Running(polled).while_it(lambda: exchange.tell(call(7)), lambda: polled.leads == 2)

    async def test_a_refused_login_stops_the_account(self, make, exchange):
        polled = make(
            ami_host="127.0.0.1", ami_port=exchange.port, ami_user="leadlog", ami_secret="wrong"
        )
        role = await polled.run_until(stops)
        assert "manager.conf" in role.states["pbx"].reason

    @pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"x" * 300_000])
    async def test_what_is_no_ami_is_told(self, polled, exchange, greeting):
        exchange.greeting = greeting
        role = await polled.run_until(retries)
        assert "AMI" in role.states["pbx"].reason

    async def test_nobody_there_is_told(self, make, exchange):
        polled = make(ami_host="127.0.0.1", ami_port=1)
        role = await polled.run_until(retries)
        assert "the exchange is away" in role.states["pbx"].reason

    async def test_a_record_without_end_is_told(self, polled, exchange):
        role = await Running(polled).while_it(
            lambda: exchange.tell(b"Event: " + b"x" * 300_000), lambda: exchange.logins == 2
        )
        assert "pbx" in role.states

    async def test_an_exchange_that_falls_silent_is_noticed(self, polled, exchange):
        poller = polled.adapter.poller(clock=lambda: "2026-02-01T10:00:00.000Z")
        poller._ping_s = 0.05
        polled.adapter.poller = lambda clock: poller
        await polled.run_until(lambda _: {"Action": "Ping"} in exchange.actions)
        exchange.silent = True
        await polled.run_until(retries)


class TestAri:
    @pytest.fixture
    def exchange(self):
        with AriFake() as exchange:
            yield exchange

    @pytest.fixture
    def polled(self, make, exchange):
        return make(ari_url=exchange.url, ari_user=ari.USER, ari_password=ari.PASSWORD)

    async def test_events_become_calls_and_chatter_is_not_kept(self, polled, exchange):
        chatter = {"type": "ChannelVarset", "variable": "X", "value": "1"}
        await Running(polled).while_it(
            lambda: exchange.tell(chatter, destroyed(1), chatter, destroyed(2)),
            lambda: polled.leads == 2,
        )
        assert [c["state"] for c in polled.told("call")] == ["ended", "ended"]
        assert polled.records(RecordType.IGNORED) == []

    async def test_what_cannot_be_read_goes_to_quarantine_alone(self, polled, exchange):
        await Running(polled).while_it(
            lambda: exchange.tell('{"type": "Cha', destroyed(1)),
            lambda: polled.leads == 1,
        )
        assert len(polled.records(RecordType.QUARANTINED)) == 1

    async def test_a_connection_that_breaks_is_made_again(self, polled, exchange):
        await Running(polled).while_it(exchange.hang_up, lambda: exchange.connections == 2)

    async def test_events_of_every_channel_are_asked_for(self, polled, exchange):
        await polled.run_until(lambda role: phase(role) is Phase.POLLING)
        assert exchange.asked[0][1] == {"app": "leadlog", "subscribeAll": "true"}

    async def test_a_refused_login_stops_the_account(self, make, exchange):
        role = await make(ari_url=exchange.url, ari_user="x", ari_password="stolen").run_until(
            stops
        )
        assert "ari.conf" in role.states["pbx"].reason
        assert "stolen" not in role.states["pbx"].reason

    async def test_a_web_server_that_is_no_ari_is_told(self, make, exchange):
        role = await make(ari_url=f"{exchange.url}/elsewhere").run_until(stops)
        assert "res_ari" in role.states["pbx"].reason


def test_an_account_is_fetched_by_one_of_the_two():
    with pytest.raises(ValueError, match="one of them is enough"):
        AsteriskAdapter.Settings.from_table({"name": "pbx", "ami_host": "a", "ari_url": "http://b"})
