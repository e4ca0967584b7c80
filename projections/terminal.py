"""A terminal on which others' words are shown: names, messages, marks of campaigns."""

import os
from typing import Any

from rich.console import Console
from rich.text import Text

_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Characters that turn the direction of what follows, so that a line reads otherwise than it is."""
_SHOWN = {
    **_PICTURES,
    0x7F: 0x2421,
    **dict.fromkeys((*range(128, 160), *_TURNING), 65533),
}
_OF_A_PIPE = 240
"""Columns where nothing tells how many there are: a table is as wide as what it shows."""


class Terminal(Console):
    """Prints what it is given as it is, a line each, however narrow.

    What looks like rich's markup or an emoji's code is text (`[/b]` as a name would end the command
    with an error), and a control character is shown by its picture, so that nobody who fills in a
    form commands the terminal. For colours: `style`.
    """

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False, soft_wrap=True)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = _OF_A_PIPE

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(text.translate(_SHOWN), **how)
