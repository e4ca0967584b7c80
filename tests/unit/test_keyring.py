"""Ids of leaf cards are what SEMANTICS 2.2.4 says, however they are computed."""

import hmac
import os
from uuid import UUID, uuid5

import pytest

from channels.sdk.ids import NAMESPACE
from eventstore.keyring import Keyring, derived


@pytest.mark.parametrize("size", [32, 63, 64, 65, 200])
def test_a_leaf_card_is_named_by_the_hmac_of_its_identity(size):
    secret = bytes(range(size))
    digest = hmac.digest(secret, b"phone:+79123456789", "sha256")
    assert Keyring(secret).leaf("phone", "+79123456789") == derived(digest)
    assert Keyring(b"x" * 32).leaf("phone", "+79123456789") != derived(digest)


def test_identities_with_the_same_letters_have_cards_of_their_own():
    keyring = Keyring(b"k" * 32)
    assert keyring.leaf("vk", "1:2") != keyring.leaf("vk", "12")
    assert keyring.leaf("phone", "1") == keyring.leaf("phone", "1")


@pytest.mark.parametrize("name", ["", "a", "lead/x", "ё" * 500])
def test_derived_ids_are_uuid5(name):
    assert UUID(bytes=derived(name.encode())) == uuid5(NAMESPACE, name)


def test_what_a_killed_start_left_behind_is_in_nobodys_way(tmp_path):
    """In a container each start has the number of the one before."""
    (tmp_path / f"identity.key.{os.getpid()}").write_bytes(b"")
    made = Keyring.open(tmp_path / "identity.key")
    assert Keyring.open(tmp_path / "identity.key").leaf("vk", "1") == made.leaf("vk", "1")


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="at least 32"):
        Keyring(b"k" * 31)
