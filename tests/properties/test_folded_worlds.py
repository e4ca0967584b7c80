"""Addresses of one mailbox are one person, whatever is folded when (SEMANTICS 2.1.3, 2.3.7)."""

from hypothesis import settings
from support.folded_worlds import FoldedWorld
from support.tries import tries

FoldedWorld.TestCase.settings = settings(
    max_examples=tries(15), stateful_step_count=25, deadline=None
)
TestFoldedWorld = FoldedWorld.TestCase
