"""What was merged and taken back leaves nothing behind (SEMANTICS 3.5), on a small scale."""

import pytest
from support.undone_merges import Both


@pytest.mark.parametrize("seed", [1, 2])
def test_after_all_merges_are_undone_every_view_is_that_of_the_run_that_never_merged(
    tmp_path, seed
):
    both = Both.new(tmp_path, persons=30, seed=seed, most_in_force=12)
    for _ in range(250):
        both.step()
    assert both.views()[0] != both.views()[1]
    both.undo_all()
    merged, never = both.views()
    assert merged == never
    both.close()
