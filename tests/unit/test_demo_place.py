"""The demo empties its own directory, and nobody else's; and it finds that directory always."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from leadlog.control import Address
from leadlog.demo.place import NotOurs, make_anew
from leadlog.demo.progress import begun, kept
from leadlog.demo.show import Show
from leadlog.demo.status import display
from leadlog.demo.workshop import settings
from leadlog.ownership import DataInUse, DataLock
from leadlog.system import System


def test_a_new_directory_is_made(tmp_path: Path) -> None:
    make_anew(tmp_path / "data" / "demo")
    assert (tmp_path / "data" / "demo").is_dir()


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    make_anew(tmp_path)
    make_anew(tmp_path)


def test_what_an_earlier_demo_left_is_removed(tmp_path: Path) -> None:
    make_anew(tmp_path)
    (tmp_path / "events.db").write_text("old")
    (tmp_path / "analytics" / "store").mkdir(parents=True)
    make_anew(tmp_path)
    assert not (tmp_path / "events.db").exists()
    assert not (tmp_path / "analytics").exists()


def test_what_a_link_points_to_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("real")
    make_anew(tmp_path / "demo")
    (tmp_path / "demo" / "link").symlink_to(elsewhere)
    make_anew(tmp_path / "demo")
    assert (elsewhere / "kept").read_text() == "real"
    assert not (tmp_path / "demo" / "link").exists()


def test_a_demo_that_was_killed_before_it_left_its_mark_is_in_nobodys_way(tmp_path: Path) -> None:
    DataLock(tmp_path / "demo").release()
    make_anew(tmp_path / "demo")
    assert len(list((tmp_path / "demo").iterdir())) == 2


def test_foreign_data_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_text("real")
    with pytest.raises(NotOurs, match="--data"):
        make_anew(tmp_path)
    assert (tmp_path / "events.db").read_text() == "real"


def test_a_running_demo_is_left_alone(tmp_path: Path) -> None:
    make_anew(tmp_path)
    (tmp_path / "events.db").write_text("in use")
    lock = DataLock(tmp_path)
    assert lock.take()
    try:
        with pytest.raises(DataInUse):
            make_anew(tmp_path)
    finally:
        lock.release()
    assert (tmp_path / "events.db").read_text() == "in use"


def test_the_story_is_noted_beside_the_data_wherever_the_process_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The analytics engine changes the working directory while another thread loads it."""
    monkeypatch.chdir(tmp_path)
    made = Path("data/demo")
    make_anew(made)
    system = System(settings(7, data=made, host="127.0.0.1", port=0))
    (tmp_path / "engine").mkdir()
    monkeypatch.chdir(tmp_path / "engine")
    over = threading.Event()
    over.set()
    show = Show(progress=begun(7, 1.0), display=lambda: display(as_json=True))
    with closing(system):
        show(system, Address("http://127.0.0.1:9", "", 0), over)
    noted = kept(tmp_path / made)
    assert noted is not None
    assert noted.seed == 7
