"""Where a place of a TOML file stands."""

import pytest

from leadlog.toml_lines import lines_of

TEXT = """\
data = "d"            # 1

[server]
port = 1              # 4
# port = 2

[[accounts]]          # 7
name = "a"
  'key' = "x"         # 9
[[accounts]]          # 10
name = "b"            # 11

[accounts.mapping]    # 13
phone = "tel"         # 14

[[pipelines]]         # 16
id = "sales"
[[pipelines.stages]]  # 18
id = "unsorted"
[[pipelines.stages]]  # 20
id = "offer"          # 21
[[pipelines]]         # 22
[[pipelines.stages]]  # 23
"""


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (1, ("data",)),
        (3, ("server",)),
        (4, ("server", "port")),
        (7, ("accounts", 0)),
        (9, ("accounts", 0, "key")),
        (10, ("accounts", 1)),
        (11, ("accounts", 1, "name")),
        (13, ("accounts", 1, "mapping")),
        (14, ("accounts", 1, "mapping", "phone")),
        (16, ("pipelines", 0)),
        (18, ("pipelines", 0, "stages", 0)),
        (21, ("pipelines", 0, "stages", 1, "id")),
        (22, ("pipelines", 1)),
        (23, ("pipelines", 1, "stages", 0)),
    ],
)
def test_every_place_has_its_line(line, place):
    assert lines_of(TEXT)[place] == line


def test_a_comment_is_no_place():
    assert ("server", "# port") not in lines_of("[server]\n# port = 2\n")


def test_a_dotted_key_is_a_place_of_its_own():
    assert lines_of("server.port = 1\n")[("server", "port")] == 1


def test_what_looks_like_a_key_in_a_text_of_several_lines_is_none():
    found = lines_of('[server]\nhost = """\n[x]\nport = 1\n"""\nport = 2\n')
    assert found == {("server",): 1, ("server", "host"): 2, ("server", "port"): 6}
