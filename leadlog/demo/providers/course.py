"""How a telephone call goes, whichever exchange it comes through."""

from dataclasses import dataclass

from leadlog.demo.cast import Cast

_EXTENSIONS = ("12", "14", "21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Seconds; `talked` is 0 where nobody answered."""

    waited: int
    talked: int
    extension: str = ""

    @property
    def lasted(self) -> int:
        return self.waited + self.talked


def answered(cast: Cast) -> Course:
    return Course(
        waited=cast.rng.randint(3, 11),
        talked=cast.rng.randint(20, 75),
        extension=cast.rng.choice(_EXTENSIONS),
    )


def missed(cast: Cast) -> Course:
    return Course(waited=cast.rng.randint(6, 14), talked=0)
