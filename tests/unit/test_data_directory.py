"""The directory of the embedded stores is for its owner only: the log has what people wrote."""

import stat

from leadlog.ownership import DataLock


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_data_directory_is_made_for_its_owner_only(tmp_path):
    DataLock(tmp_path / "shop" / "data").release()
    assert mode(tmp_path / "shop" / "data") == 0o700


def test_a_directory_that_is_there_keeps_its_rights(tmp_path):
    (tmp_path / "data").mkdir(mode=0o750)
    DataLock(tmp_path / "data").release()
    assert mode(tmp_path / "data") == 0o750
