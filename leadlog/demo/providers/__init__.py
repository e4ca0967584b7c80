"""The requests that providers send, as they send them, correctly signed: one module a protocol."""
