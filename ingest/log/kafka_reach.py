"""Why Kafka cannot be reached: what its clients only log, as a sentence and what to do."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from typing import Final, NamedTuple

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from ingest.log.kafka_access import KafkaAccess

_LOOK_S: Final = 2.0
_DEFAULT_PORT: Final = 9092


class Unreachable(ConnectionError):
    """Servers of the cluster do not take us; its text is why, `remedy` what to do."""

    def __init__(self, told: str, remedy: str) -> None:
        super().__init__(told)
        self.remedy = remedy


class _Fault(NamedTuple):
    told: str
    remedy: str


async def why_not(servers: Sequence[str], access: KafkaAccess) -> Unreachable | None:
    """Look at each server; None where all of them, and the brokers that they name, take us now."""
    looked = await asyncio.gather(*(_fault_of(server, access) for server in servers))
    faults = {server: fault for server, fault in zip(servers, looked, strict=True) if fault}
    if not faults:
        return None
    alike = len({*faults.values()}) == 1 and len(faults) > 1
    if alike:
        told = f"{', '.join(faults)}: {next(iter(faults.values())).told}"
    else:
        told = "; ".join(f"{server}: {fault.told}" for server, fault in faults.items())
    return Unreachable(told, next(iter(faults.values())).remedy)


async def _fault_of(server: str, access: KafkaAccess) -> _Fault | None:
    host, port = _host_and_port(server)
    try:
        async with asyncio.timeout(2 * _LOOK_S):
            connection = await _connected(host, port, access)
            try:
                return await _fault_of_brokers(connection, access)
            finally:
                connection.close()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return await _explained(error, host, port, access)


async def _connected(host: str, port: int, access: KafkaAccess) -> AIOKafkaConnection:
    settings = access.client_settings()
    return await create_conn(host, port, request_timeout_ms=round(_LOOK_S * 1000), **settings)


async def _fault_of_brokers(connection: AIOKafkaConnection, access: KafkaAccess) -> _Fault | None:
    """A server answers with the addresses of all brokers: these, too, must be ours to reach."""
    metadata = await connection.send(MetadataRequest([]))  # refused where we must say who we are
    for broker in metadata.brokers:
        node, host, port = broker[:3]
        try:
            (await _connected(host, port, access)).close()
        except (KafkaError, OSError, TimeoutError) as error:
            return _Fault(
                f"it says that broker {node} is at {host}:{port}, and that is not to be reached"
                f" ({_short(error)})",
                "start that broker; or, where the address is wrong for us, mend its"
                " advertised.listeners",
            )
    return None


async def _explained(error: Exception, host: str, port: int, access: KafkaAccess) -> _Fault:
    match error:
        case ssl.SSLCertVerificationError() | SaslAuthenticationFailed():
            return _of_trust(error, access)
        case UnsupportedSaslMechanismError():
            told = f"it does not know {access.sasl}"
            remedy = "set sasl in [kafka] to one of the server's sasl.enabled.mechanisms"
        case IllegalSaslStateError():
            told = "it asks nobody for a password on this port"
            remedy = "give the port of its SASL listener, or take user and password out of [kafka]"
        case socket.gaierror():
            told = "no such host"
            remedy = "check the address in stores.log, and the name service"
        case ConnectionRefusedError():
            told = "nobody listens there"
            remedy = "start Kafka, or check the address in stores.log"
        case TimeoutError():
            told = "no answer"
            remedy = "is it up, and the way open (firewall)? check the address in stores.log"
        case _:
            return await _of_protocol(error, host, port, access)
    return _Fault(told, remedy)


def _of_trust(error: Exception, access: KafkaAccess) -> _Fault:
    """One of us does not believe the other."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _Fault(
            f"its certificate is not to be trusted: {error.verify_message}",
            "ca_file in [kafka] must have the certificate of whoever signed it, and the address in"
            " stores.log the name that it was made for",
        )
    return _Fault(
        f"it refuses the user {access.user!r} with this password by {access.sasl}",
        "check user, password and sasl in [kafka]; with SCRAM the user must have been made for this"
        " very mechanism (kafka-configs.sh --describe --entity-type users)",
    )


async def _of_protocol(error: Exception, host: str, port: int, access: KafkaAccess) -> _Fault:
    """It listens, and hangs up: one of us speaks TLS and the other does not, or it wants a user."""
    if isinstance(error, OSError) and not isinstance(error, (ssl.SSLError, ConnectionError)):
        return _Fault(_short(error), "check the files and the address in [kafka] and stores.log")
    speaks_tls = await _speaks_tls(host, port)
    if access.tls and not speaks_tls:
        return _Fault(
            "it does not speak TLS on this port",
            "give the port of its TLS listener, or set tls = false in [kafka]",
        )
    if access.cert_file:
        return _Fault(
            f"it does not take our certificate, or wants a user as well ({_short(error)})",
            "cert_file in [kafka] must be signed by whom the servers trust (their ssl.truststore)"
            " and not have run out; or set user and password_file",
        )
    if speaks_tls and not access.tls:
        return _Fault("it speaks TLS on this port", "set tls = true, and ca_file, in [kafka]")
    if not access.user:
        return _Fault(
            "it hangs up on whoever does not say who he is",
            "set user and password_file in [kafka]"
            + (", or cert_file, if it asks for a certificate" if access.tls else ""),
        )
    return _Fault(_short(error), "look at the server's own log; is it a Kafka?")


async def _speaks_tls(host: str, port: int) -> bool:
    """Whether a handshake comes to its end, whoever signed the certificate. Nothing is sent."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_LOOK_S):
            _, writer = await asyncio.open_connection(host, port, ssl=anybody)
        writer.close()
        return True
    return False


def _host_and_port(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    if not port.isdecimal():
        return server.strip("[]"), _DEFAULT_PORT
    return host.strip("[]"), int(port)


def _short(error: BaseException) -> str:
    return str(error) or type(error).__name__
