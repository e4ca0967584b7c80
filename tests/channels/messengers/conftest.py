"""Deliveries of Meta, signed with the app secret of the reference."""

import hashlib
import hmac
import json

import pytest

SECRET = "example_app_secret"


@pytest.fixture
def signed(trial):
    """What becomes of a body that Meta sends to an account of a type."""

    def run(account_type, body, *, received_at="2025-01-01T10:00:00Z"):
        text = body if isinstance(body, str) else json.dumps(body)
        digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        account = {"type": account_type, "name": account_type, "app_secret": SECRET}
        headers = {"X-Hub-Signature-256": f"sha256={digest}"}
        return trial(account, {"headers": headers, "body": text, "received_at": received_at})

    return run
