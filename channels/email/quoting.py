"""The customer's own new words: a mail's text without quotes and signatures. Never raises.

Lines that begin with `>` and the line that introduces them are quoted; what stands below them is
the customer's again (many answer below or between). An introduction without `>` after it, a block
of `От: … Кому: … Тема: …` and a forward's mark quote all that follows. Own layer for every client
of docs/providers.md, 3.5, of whose Russian ones the libraries tried there know few.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.email import quote_marks as marks

_MOST_LINES = 3000
_LONGEST_SIGNATURE = 15
_LONGEST_SIGNATURE_LINE = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """A text taken apart."""

    new: str
    rest: str
    """Signatures and quotes, in order: what may be mentioned in them is only a mention."""
    forwarded: str = ""
    """From a forward's mark on, where the text has one."""


def take_apart(text: str) -> Reply:
    """Part the new words from quotes and signatures."""
    lines = [line.rstrip() for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]]
    own, rest, forward_at = _without_quotes(lines)
    kept: list[str] = []
    for run in own:
        words, signature = _without_signature(run)
        kept += [*words, ""]
        rest += signature
    forwarded = "\n".join(lines[forward_at:]) if forward_at is not None else ""
    return Reply(_tidy(kept), _tidy(rest), forwarded)


def _without_quotes(lines: Sequence[str]) -> tuple[list[list[str]], list[str], int | None]:
    """Runs of own lines, quoted lines, and where a forwarded mail begins."""
    runs: list[list[str]] = [[]]
    quoted: list[str] = []
    place = 0
    while place < len(lines):
        taken, forward = _quoted_from(lines, place)
        if taken:
            quoted += lines[place : place + taken]
            if runs[-1]:
                runs.append([])
        else:
            runs[-1].append(lines[place])
        if forward:
            _move_rules(runs, quoted)
            return runs, quoted, place
        place += taken or 1
    return runs, quoted, None


def _quoted_from(lines: Sequence[str], place: int) -> tuple[int, bool]:
    """How many lines from `place` on are quoted, and whether an older mail begins there."""
    line = lines[place]
    rest = len(lines) - place
    if marks.opens_forward(line) or marks.field_block(lines, place)[1]:
        return rest, True
    introduction = marks.reply_header(lines, place)
    if introduction:
        below = range(place + introduction, len(lines))
        after = next((lines[n] for n in below if lines[n].strip()), "")
        answered_below = marks.is_quoted(line) or marks.is_quoted(after) or not after
        return (introduction if answered_below else rest), False
    return (1, False) if marks.is_quoted(line) else (0, False)


def _move_rules(runs: list[list[str]], quoted: list[str]) -> None:
    """The line of underscores above an older mail belongs to it."""
    for run in runs[-2:]:
        while run and (not run[-1].strip() or marks.is_rule(run[-1])):
            quoted.insert(0, run.pop())


def _without_signature(run: Sequence[str]) -> tuple[list[str], list[str]]:
    words: list[str] = []
    signature: list[str] = []
    place = 0
    while place < len(run):
        length = _signature_from(run, place)
        if length:
            signature += run[place : place + length]
        else:
            words.append(run[place])
        place += length or 1
    return words, signature


def _signature_from(run: Sequence[str], place: int) -> int:
    """How many lines from `place` on are a signature; a postscript ends it."""
    line = run[place]
    if marks.is_sent_from(line):
        return 1
    if not marks.is_delimiter(line) and not marks.is_closing(line):
        return 0
    length = 1
    filled = 0
    for later in run[place + 1 :]:
        if marks.is_postscript(later):
            return length
        filled += bool(later.strip())
        if filled > _LONGEST_SIGNATURE or len(later) > _LONGEST_SIGNATURE_LINE:
            return 0
        length += 1
    return length


def _tidy(lines: Sequence[str]) -> str:
    """Without blank lines at either end and more than one between."""
    tidy: list[str] = []
    for line in lines:
        if line.strip() or (tidy and tidy[-1]):
            tidy.append(line if line.strip() else "")
    return "\n".join(tidy).strip()
