"""How a row changes its state, for all rows that have one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

LEASE = timedelta(seconds=45)


class Stateful(models.Model):
    """A row with a `state` that only `move` changes, along its `TRANSITIONS`."""

    TRANSITIONS: ClassVar[Mapping[str, frozenset[str]]]

    state = models.CharField(max_length=10)

    class Meta:
        abstract = True

    def move(self, to: str, **fields: Any) -> bool:
        """Move to `to` if the row still stands where that is allowed; say whether it did.

        The database referees: of two workers that move one row, exactly one gets True.
        """
        return self._move([state for state, targets in self.TRANSITIONS.items() if to in targets], to, fields)

    def move_from(self, start: str, to: str, **fields: Any) -> bool:
        """The same, but only if the row still stands in `start`."""
        return self._move([start] if to in self.TRANSITIONS[start] else [], to, fields)

    def _move(self, sources: list[str], to: str, fields: dict[str, Any]) -> bool:
        rows = type(self)._base_manager.filter(pk=self.pk, state__in=sources)
        if not rows.update(state=to, **fields):
            return False
        for name, value in {"state": to, **fields}.items():
            setattr(self, name, value)
        return True

    @property
    def is_over(self) -> bool:
        """Whether no further move is possible."""
        return not self.TRANSITIONS.get(self.state)


class Leased(models.Model):
    """A row that a worker holds while it works on it; the lease runs out if the worker dies."""

    worker = models.CharField(max_length=120, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def renew(self, worker: str) -> bool:
        """Hold on for another `LEASE`; False if the row is not this worker's any more."""
        rows = type(self)._base_manager.filter(pk=self.pk, worker=worker)
        return bool(rows.update(lease_until=timezone.now() + LEASE))


def machine(**transitions: str) -> Mapping[str, frozenset[str]]:
    """A transition table from `state="target target"`; a state without targets is an end."""
    table = {state: frozenset(targets.split()) for state, targets in transitions.items()}
    ends = frozenset().union(*table.values()) - table.keys()
    return table | dict.fromkeys(ends, frozenset())
