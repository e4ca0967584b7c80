"""Merges by thousands with leads, moves and reassignments in between, all taken back.

CHAOS_MERGES and CHAOS_SEED make another, or a longer, run.
"""

import os
import sys
import time

from support.undone_merges import Both

MERGES = int(os.environ.get("CHAOS_MERGES", "10000"))
SEED = int(os.environ.get("CHAOS_SEED", "20260201"))


def test_after_thousands_of_merges_are_undone_every_view_is_that_of_the_run_that_never_merged(
    tmp_path, capsys
):
    began = time.monotonic()
    both = Both.new(tmp_path, persons=4000, seed=SEED, most_in_force=600)
    while both.counts.get("merge", 0) < MERGES:
        both.step()
    both.undo_all()
    merged, never = both.views()
    assert merged.keys() == never.keys()
    assert [name for name in merged if merged[name] != never[name]] == []
    with capsys.disabled():
        seconds = time.monotonic() - began
        sys.stdout.write(f"\n{both.counts}: {len(merged)} cards alike, {seconds:.0f} s\n")
    both.close()
