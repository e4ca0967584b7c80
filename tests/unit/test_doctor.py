"""The doctor's judgements: what is good, odd, and broken."""

from dataclasses import replace
from pathlib import Path

import pytest

from eventstore.domain.folds import Fold
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.policy import Policy
from leadlog import doctor, lag_check, machine, matching_check
from leadlog.lag import Progress
from leadlog.settings import Desk, Server, Settings

GIB = 1024**3
NOW_S = 1_800_000_000


@pytest.mark.parametrize(
    ("state", "free", "total"),
    [
        ("good", 50 * GIB, 100 * GIB),
        ("odd", 4 * GIB, 100 * GIB),
        ("odd", GIB - 1, 10 * GIB),
        ("broken", 100 * 1024**2, 100 * GIB),
        ("broken", 0, 100 * GIB),
    ],
)
def test_room_on_the_disk(state, free, total):
    assert machine.space(free, total).state == state


@pytest.mark.parametrize(
    ("state", "free", "total"),
    [("good", 10**6, 10**7), ("odd", 10**4, 10**7), ("broken", 999, 10**7), ("good", 0, 0)],
)
def test_inodes(state, free, total):
    assert machine.inodes(free, total).state == state


MOUNTS = """\
overlay / overlay rw 0 0
/dev/sda1 /srv ext4 rw 0 0
nas:/leads /srv/leads nfs4 rw 0 0
tmpfs /srv/leads/over tmpfs rw 0 0
/dev/sdb1 /srv/my\\040disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("overlay", "/home/data"),
        ("ext4", "/srv/data"),
        ("ext4", "/srv/leadsheet"),
        ("nfs4", "/srv/leads/data"),
        ("tmpfs", "/srv/leads/over"),
        ("xfs", "/srv/my disk/data"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_its_nearest_mount(kind, path):
    assert machine.file_system_of(Path(path), MOUNTS) == kind


def test_a_directory_that_is_not_made_yet_is_looked_for_where_it_will_be(tmp_path):
    found = {one.subject: one for one in machine.examine(tmp_path / "leadlog" / "data", 0)}
    assert found["disk"].told == next(iter(machine.examine(tmp_path, 0))).told


def test_a_later_mount_on_the_same_point_hides_the_earlier():
    assert machine.file_system_of(Path("/srv"), MOUNTS + "x /srv btrfs rw 0 0\n") == "btrfs"


@pytest.mark.parametrize(
    ("state", "kind"), [("good", "ext4"), ("odd", "tmpfs"), ("broken", "nfs4")]
)
def test_a_file_system_that_forgets_or_cannot_lock_is_told(state, kind):
    assert machine.file_system(kind).state == state


@pytest.mark.parametrize(
    ("state", "now", "step", "ahead_s"),
    [
        ("good", NOW_S, 0.0, -60),
        ("good", NOW_S, 0.4, 0.5),
        ("odd", NOW_S, 0.0, 60),
        ("odd", NOW_S, -30.0, -60),
        ("broken", NOW_S, 0.0, 2 * 60 * 60),
        ("broken", 1_000_000, 0.0, -60),
    ],
)
def test_the_clock(state, now, step, ahead_s):
    assert machine.clock(now, step, int((now + ahead_s) * 1000)).state == state


@pytest.mark.parametrize(
    ("state", "before", "after", "served"),
    [
        ("good", (7, 7), (7, 7), True),
        ("good", (0, 500), (480, 500), True),
        ("good", (0, 5), (5, 10), True),
        ("odd", (0, 90_000), (40_000, 90_000), True),
        ("broken", (0, 5), (0, 5), True),
        ("broken", (0, 5), (0, 900), True),
        ("good", (0, 5), (0, 5), False),
        ("broken", (5, 2), (5, 2), True),
        ("broken", (5, 2), (5, 2), False),
    ],
)
def test_lag(state, before, after, served):
    found = lag_check.lag("processor", Progress(*before), Progress(*after), served=served)
    assert found.state == state


@pytest.mark.parametrize(
    ("role", "state"), [("projector", "odd"), ("inbox", "odd"), ("processor", "broken")]
)
def test_a_role_that_was_never_started(role, state):
    """Nobody misses numbers yet; but a lead that waits for a processor, somebody does."""
    found = lag_check.lag(role, Progress(0, 5), Progress(0, 5), served=True)
    assert (found.state, "inbox" in found.remedy) == (state, False)


@pytest.mark.parametrize(
    ("state", "before", "after", "served", "remedy"),
    [
        ("good", 0, 0, True, ""),
        ("good", 900, 0, True, ""),
        ("good", 900, 400, True, ""),
        ("odd", 900, 900, True, "pieces_failed"),
        ("odd", 0, 900, True, "look again"),
        ("good", 900, 900, False, "leadlog up"),
    ],
)
def test_decisions_that_are_carried_out_in_pieces(state, before, after, served, remedy):
    found = lag_check.decisions(Progress(-before, 0), Progress(-after, 0), served=served)
    assert found.state == state
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("state", "host", "token"),
    [
        ("good", "127.0.0.1", ""),
        ("good", "::1", ""),
        ("good", "0.0.0.0", "t" * 16),
        ("odd", "0.0.0.0", ""),
        ("odd", "::", ""),
    ],
)
def test_the_desk(state, host, token):
    settings = Settings(server=Server(host=host), desk=Desk(token=token))
    found = doctor.desk(settings)
    assert (found.state, bool(found.remedy)) == (state, state == "odd")


def test_everything_that_is_not_good_says_what_to_do():
    found = [
        machine.space(0, GIB),
        machine.inodes(1, 10),
        machine.file_system("nfs"),
        machine.clock(NOW_S, 0, NOW_S * 2000),
        machine.clock(NOW_S, 9, 0),
        lag_check.lag("inbox", Progress(0, 1), Progress(0, 1), served=True),
        lag_check.lag("processor", Progress(0, 99_999), Progress(1, 99_999), served=True),
    ]
    assert [
        finding.remedy for finding in found if finding.state == "good" or not finding.remedy
    ] == []


def test_what_waits_for_a_rematch_is_named_with_the_version_in_force():
    applied = Policy.of(Matching(version=3), [SALES])
    assert matching_check.examine(applied).state == "good"
    rules = Matching(version=4, rules=())
    assert matching_check.examine(replace(applied, configured=rules)).state == "good"
    folds = Matching(version=4, folds=(Fold(("gmail.com",), dots=True),), shared=())
    found = matching_check.examine(replace(applied, configured=folds))
    assert found.state == "odd"
    assert "version 4: its shared identities, folds wait; those of version 3" in found.told
    assert "leadlog card rematch" in found.remedy
