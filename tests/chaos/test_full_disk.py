"""A disk of its own that is full under a running server."""

import pytest
from integration.test_full_disk import outlives_its_disk
from support.leadlog_up import Leadlog
from support.small_disk import mounted


def test_a_full_disk_costs_no_lead_and_mends_itself(tmp_path):
    try:
        with (
            mounted(tmp_path / "disk") as disk,
            Leadlog(tmp_path, data=tmp_path / "disk" / "data") as server,
        ):
            server.start()
            outlives_its_disk(server, disk)
    except PermissionError as error:
        pytest.skip(f"may not mount ({error}); the other way to fill a disk is tried by make test")
