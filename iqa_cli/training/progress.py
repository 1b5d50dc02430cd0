"""How far a run has come, as its checkpoint says it."""

from dataclasses import dataclass


@dataclass
class Position:
    """The number of the next step, and what early stopping knows.

    best: highest SROCC on what is held out; since: validations without a better one in this stage.
    """

    step: int = 0
    best: float = float("-inf")
    since: int = 0

    def validated(self, srocc: float) -> bool:
        """Take note of a validation; whether it is the best so far. A NaN never is."""
        if srocc > self.best:
            self.best, self.since = srocc, 0
            return True
        self.since += 1
        return False

    def state_dict(self) -> dict:
        """For a checkpoint."""
        return dict(vars(self))

    def load_state_dict(self, saved: dict) -> None:
        """From a checkpoint."""
        vars(self).update(saved)
