"""Carries out what goes on in pieces, in a process of its own: `… PATH AT_ONCE PIECE`.

Before each further piece it waits for a line, until there are no more.
"""

import sys
from pathlib import Path

from support.worlds import base

from eventstore.following import Follower

if __name__ == "__main__":
    opened = base(Path(sys.argv[1]), most_touches_at_once=int(sys.argv[2]))
    for row in Follower(opened, piece=int(sys.argv[3])).pieces():
        sys.stdout.write(f"{row.done}\n")
        sys.stdout.flush()
        sys.stdin.readline()  # whoever kills is not to come after the end
