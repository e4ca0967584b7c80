"""Where the analytics are: what may be written, and what a wrong address gives away."""

import pytest

from projections.clickhouse.client import ClickHouse, StoreAway, parse_url


@pytest.mark.parametrize(
    "url",
    [
        "chdb://relative",
        "chdb:///",
        "http://host/db",
        "clickhouse://",
        "chdb:///a?database=a;b",
        "chdb:///a?cluster=leadlog",
        "clickhouse://host/db?colour=red",
        "clickhouse://host/db?cluster=a`b",
        "clickhouse://host:port/db",
        "clickhouse://host/a/b",
    ],
)
def test_a_wrong_address_is_refused(url):
    with pytest.raises(ValueError, match=r"analytics"):
        parse_url(url)


def test_an_address_of_a_server_is_read():
    target = parse_url(
        "clickhouses://ann:p%40ss@host:9440/numbers?cluster=two-rooms&ca=/etc/ca.pem"
    )
    assert (target.host, target.port, target.database) == ("host", 9440, "numbers")
    assert (target.user, target.password, target.secure) == ("ann", "p@ss", True)
    assert (target.cluster, target.authority) == ("two-rooms", "/etc/ca.pem")


def test_what_an_address_leaves_out_is_as_clickhouse_has_it():
    target = parse_url("clickhouse://host")
    assert (target.port, target.database, target.user) == (8123, "leadlog", "default")
    assert parse_url("clickhouses://[::1]").port == 8443


@pytest.mark.parametrize(
    "url",
    [
        "clickhouse://ann:se/cret@host/db",
        "clickhouse://ann:cret@host:80x/db",
        "clickhouse://ann:cret@host/d-b",
        "clickhouse://ann:cret@host/db?password=cret",
        "clickhouse://host/cret@",
    ],
)
def test_a_wrong_address_repeats_no_part_of_a_password(url):
    with pytest.raises(ValueError, match=r"analytics") as caught:
        parse_url(url)
    assert "cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_address_that_is_shown_has_no_password():
    assert "cret" not in f"{parse_url('clickhouse://ann:cret@host/db')!r}"


def test_a_server_that_is_away_is_an_error_at_the_first_use_only():
    away = ClickHouse("clickhouse://ann:cret@127.0.0.1:9/leadlog")
    with pytest.raises(StoreAway, match=r"127\.0\.0\.1:9 does not answer: Connection refused"):
        away.select("SELECT 1")
