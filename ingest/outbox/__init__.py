"""What must be sent because of events: followed by position, sent at least once, in order.

`follow` turns events into rows of the store, `round` sends what is due, and what became of a
message is recorded as an event, which `follow` then sees. Only `ReplyWritten`, which a person's
command alone records, ever leads to a sending.
"""
