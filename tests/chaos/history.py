"""What the client did and was told, on a disk of its own: the truth that a server is held to.

One JSON object a line: a post when it is first sent, then each attempt's end. `ok`: success was
said. `fail`: it was refused, or never sent. `unknown`: no answer, or one that promises nothing;
then it may be stored or not.
"""

import base64
import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from support.deliveries import Post

End = Literal["ok", "fail", "unknown"]


class History:
    """Written by one client; each line is on the disk before the client goes on."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._posts: dict[bytes, int] = {}

    def sends(self, post: Post) -> int:
        """Note that this post is about to be sent; its number, the same for a repeat."""
        known = self._posts.get(post.as_bytes)
        if known is not None:
            return known
        number = self._posts[post.as_bytes] = len(self._posts)
        told = {name: getattr(post, name) for name in ("path", "headers", "fate", "lead", "event")}
        self._note({"post": number, **told, "body": base64.b64encode(post.body).decode()})
        return number

    def ended(self, number: int, end: End, status: int) -> None:
        self._note({"of": number, "end": end, "status": status})

    def _note(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        os.fsync(self._file.fileno())


@dataclass
class Told:
    """A history, read."""

    posts: dict[int, Post] = field(default_factory=dict)
    ends: dict[int, list[End]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def sent(self, fate: str) -> dict[int, Post]:
        """Posts of this fate of which at least one attempt may have arrived."""
        return {
            number: post
            for number, post in self.posts.items()
            if post.fate == fate and set(self.ends[number]) != {"fail"}
        }

    def ok(self, fate: str) -> dict[int, Post]:
        """Posts of this fate for which success was said, at least once."""
        return {n: post for n, post in self.sent(fate).items() if "ok" in self.ends[n]}

    @property
    def attempts(self) -> int:
        return sum(map(len, self.ends.values()))

    def count(self, end: End) -> int:
        return sum(ends.count(end) for ends in self.ends.values())


def read(path: Path) -> Told:
    told = Told()
    for line in path.read_bytes().splitlines():
        entry = json.loads(line)
        if "post" in entry:
            number = entry.pop("post")
            told.posts[number] = Post(**{**entry, "body": base64.b64decode(entry["body"])})
            told.ends[number] = []
        else:
            told.ends[entry["of"]].append(entry["end"])
            told.statuses[entry["of"]].add(entry["status"])
    return told
