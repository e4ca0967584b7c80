"""Rights that a Kafka with authorisation gives to the user who has none by himself."""

import asyncio
from enum import IntEnum

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from servers.kafka import KafkaServer
from servers.kafka_security import STRANGER
from servers.process import ServerFault

_LITERAL, _ALLOW = 3, 3


class Kind(IntEnum):
    """Kafka's ResourceType."""

    TOPIC = 2
    GROUP = 3
    TRANSACTIONAL_ID = 5


class May(IntEnum):
    """Kafka's AclOperation."""

    READ = 3
    WRITE = 4
    CREATE = 5
    DESCRIBE_CONFIGS = 10


def allow(server: KafkaServer, kind: Kind, name: str, *operations: May) -> None:
    """From now on the stranger may do this."""
    asyncio.run(_allow(server.address, kind, name, operations))


async def _allow(address: str, kind: Kind, name: str, operations: tuple[May, ...]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        for may in operations:
            acl = CreateAclsRequest(kind, name, _LITERAL, f"User:{STRANGER}", "*", may, _ALLOW)
            answer = await admin._send_request(acl)
            ((code, why),) = answer.creation_responses
            if code:
                raise ServerFault(f"the right is not given: {why}")
    finally:
        await admin.close()
