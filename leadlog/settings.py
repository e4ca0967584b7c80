"""Configuration: `leadlog.toml` and the environment, checked whole before anything starts.

The only reader of the environment. Every fault is named with its line and what to do, all at once.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from channels.sdk.settings import AccountSettings
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES, Pipeline
from eventstore.domain.routing import Routing
from ingest.log.kafka_access import KafkaAccess, Mechanism
from leadlog.environment import lay_over
from leadlog.routing_faults import of_routing
from leadlog.secret_files import read_files
from leadlog.setting_faults import Places, at, of_accounts, of_domain, of_model, of_token
from leadlog.store_faults import of_kafka, of_stores
from leadlog.toml_lines import lines_of

DEFAULT_FILE = Path("leadlog.toml")


class ConfigurationError(Exception):
    """The configuration cannot be used; one line a fault, each with its remedy."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Table):
    """Where to listen."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    max_connections: int = Field(default=2000, ge=1)


class Stores(_Table):
    """The ports, chosen by URL; relative paths are relative to `data`."""

    log: str = "sqlite:///leadlog.db"
    events: str = "sqlite:///events.db"
    analytics: str = "chdb:///analytics"
    inbox: str = "sqlite:///inbox.db"
    """Where `events` are, if those are on PostgreSQL and nothing else is said."""
    spool: str = ""
    """Where a gateway keeps what Kafka does not take; empty: such deliveries get a 503."""

    @model_validator(mode="before")
    @classmethod
    def _beside_the_events(cls, given: dict[str, Any]) -> dict[str, Any]:
        events = given.get("events")
        if "inbox" in given or not str(events).startswith("postgresql:"):
            return given
        return {**given, "inbox": events}

    @property
    def embedded(self) -> frozenset[str]:
        """The names of those that belong to one process."""
        given = self.model_dump(exclude={"spool"})
        return frozenset(n for n, url in given.items() if url.startswith(("sqlite:", "chdb:")))


class Kafka(_Table):
    """How the servers of `stores.log` are spoken to; see ingest.log.kafka_access.KafkaAccess."""

    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    user: str = ""
    password: str = Field(default="", repr=False)
    sasl: Mechanism = "SCRAM-SHA-512"

    @field_validator("ca_file", "cert_file", "key_file")
    @classmethod
    def _absolute(cls, file: str) -> str:
        """See Settings._absolute."""
        return str(Path(file).absolute()) if file else ""

    @field_validator("sasl", mode="before")
    @classmethod
    def _in_capitals(cls, name: Any) -> Any:
        return name.upper() if isinstance(name, str) else name

    @property
    def access(self) -> KafkaAccess:
        return KafkaAccess(**self.model_dump())


class Keys(_Table):
    """The key of identities as hexadecimal digits; empty: the file identity.key in `data`."""

    identity: str = Field(default="", repr=False)


class Processing(_Table):
    """What brings records of Kafka to the processor."""

    runner: Literal["faust", "loop"] = "faust"


class Desk(_Table):
    """Who may see cards; without a token only whoever sits at this machine."""

    token: str = Field(default="", repr=False)


class Metrics(_Table):
    """Who may see /metrics; without a token only programs of this machine."""

    token: str = Field(default="", repr=False)


class Mail(_Table):
    """A door for mail that a mail server hands over to accounts of type email."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    """0: there is no such door."""
    protocol: Literal["smtp", "lmtp"] = "smtp"
    max_bytes: int = Field(default=10 * 1024 * 1024, ge=64 * 1024)
    max_connections: int = Field(default=20, ge=1)
    tls_cert: str = ""
    """The certificate and its chain, as PEM, for STARTTLS."""
    tls_key: str = ""


class Logging(_Table):
    """`console` for people, `json` for machines."""

    format: str = Field(default="console", pattern="^(console|json)$")
    level: str = Field(default="info", pattern="^(debug|info|warning|error)$")


class Settings(_Table):
    """Everything that can be set."""

    data: Path = Field(default=Path("data"), validate_default=True)
    server: Server = Server()
    stores: Stores = Stores()
    kafka: Kafka = Kafka()
    keys: Keys = Keys()
    processor: Processing = Processing()
    mail: Mail = Mail()
    desk: Desk = Desk()
    metrics: Metrics = Metrics()
    logging: Logging = Logging()
    accounts: tuple[dict[str, Any], ...] = ()
    matching: dict[str, Any] = {}
    pipelines: tuple[dict[str, Any], ...] = ()
    routing: dict[str, Any] = {}

    @field_validator("data")
    @classmethod
    def _absolute(cls, data: Path) -> Path:
        """Once and for all: the analytics engine changes the working directory while it loads."""
        return data.absolute()

    @property
    def countries(self) -> tuple[str, ...]:
        """Where the accounts are, whose customers' numbers may be written without a code."""
        home = AccountSettings().country
        found = dict.fromkeys(account.get("country", home) for account in self.accounts)
        return tuple(found) or (home,)

    @property
    def matching_rules(self) -> Matching:
        return msgspec.convert(self.matching, Matching)

    @property
    def sales_pipelines(self) -> tuple[Pipeline, ...]:
        return tuple(msgspec.convert(table, Pipeline) for table in self.pipelines) or (SALES,)

    @property
    def routing_rules(self) -> Routing:
        return msgspec.convert(self.routing, Routing)

    def path(self, url: str) -> Path:
        """The file or folder of an embedded store's URL."""
        return self.data / url.partition(":///")[2]


def load(
    file: Path | None = None, *, data: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Read the file (default `leadlog.toml`, which may be missing), then the environment over it.

    ConfigurationError names every fault at once.
    """
    table, places = _read(file)
    faults = list(lay_over(table, environ, places))
    if data is not None:
        table["data"] = str(data)
    placed = list(read_files(table, Path(str(table.get("data", "data")))))
    unread = {place[:2] for place, _ in placed}
    try:
        settings = Settings.model_validate(table)
        if ("kafka", "password_file") not in unread:
            placed += of_kafka(settings.kafka.access)
    except ValidationError as error:
        faults += of_model(error, Settings, places)
    placed += of_stores(table.get("stores"), table.get("keys"))
    for section in ("desk", "metrics"):
        placed += of_token(section, table.get(section))
    placed += of_accounts(table.get("accounts"), unread=unread)
    placed += of_domain(table.get("matching"), table.get("pipelines"))
    placed += of_routing(table.get("routing"), table.get("pipelines"))
    faults += [at(places, place) + told for place, told in placed]
    if faults:
        raise ConfigurationError(faults)
    return settings


def _read(file: Path | None) -> tuple[dict[str, Any], Places]:
    path = file or DEFAULT_FILE
    if file is None and not path.exists():
        return {}, {}
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError([f"{path}: there is no such file"]) from None
    except OSError as error:
        raise ConfigurationError([f"{path}: {error.strerror}"]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"{path}: {error}"]) from None
    return table, {place: f"{path} line {line}" for place, line in lines_of(text).items()}
