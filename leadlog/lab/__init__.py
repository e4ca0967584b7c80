"""The conformance lab: recorded deliveries through the real gateway, and what must hold there."""
