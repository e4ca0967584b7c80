"""Withdraws every link of the rule `one form`, in a process of its own: `… PATH COMMAND PIECE`."""

import sys
from pathlib import Path

from support.worlds import base

from eventstore.card_commands import CardCommands
from eventstore.domain.matching import Matching
from eventstore.evidence import Selection, select
from eventstore.orders import order

if __name__ == "__main__":
    opened = base(Path(sys.argv[1]), Matching(), most_items_at_once=int(sys.argv[3]))
    evidence = select(opened, Selection(rule="one form"))
    CardCommands(opened).withdraw(evidence, order("anna", command=sys.argv[2]))
