"""What failed, told on stderr while rows are written: each failure once, and each extra that is missing once."""

from collections import Counter, OrderedDict

from iqa_cli.errors import NEEDS_EXTRA, NEEDS_MENDING
from iqa_cli.ground.wording import counted
from iqa_cli.tables.grid import one_line
from iqa_cli.terminal import Terminal

REMEMBERED = 10_000  # errors; what rows share comes again long before so many others, and a stream may be endless


class ErrorLines:
    """The errors of a run's rows as a person should hear them.

    A reference that many rows share is told once. Hundreds of photographs that lack one package are told by the
    first of them, and by a count at the end: their rows have it each.
    """

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._told = OrderedDict[str, None]()  # the latest last
        self._lacking = Counter[str]()

    def tell(self, error: str) -> None:
        """One that a row has; nothing where it was told."""
        known = error in self._told
        self._told[error] = None
        self._told.move_to_end(error)
        if known:
            return
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        places = [error.index(words) for words in (NEEDS_EXTRA, NEEDS_MENDING) if words in error]
        if places:
            remedy = error[min(places) :]
            self._lacking[remedy] += 1
            if self._lacking[remedy] > 1:
                return
        self._terminal.error(one_line(error))

    def end(self) -> None:
        """How many more lack what a first one did."""
        for remedy, number in self._lacking.items():
            if number > 1:
                more = counted(number - 1, "more file")
                self._terminal.error(one_line(f"{more} cannot be read: each {remedy}"))
        self._lacking.clear()
