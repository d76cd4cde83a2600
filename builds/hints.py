"""Failure hints: what to do about a failed deploy, by patterns that the platform's admins edit.

A pattern is searched in the facts of the failure first (`reason: lock-missing`, `exit code: 137`, `step: release`, and
the sentences of the failure itself), then in the last lines of the step that failed, then in those around it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from builds.deploys import Deploy
from builds.models import Hint
from builds.patterns import BadPattern, Numbered, compiled, first


class Advice(NamedTuple):
    """A hint, and the line of the log that it was found by; number 0 stands for a fact."""

    hint: Hint
    line: Numbered


def facts(deploy: Deploy) -> list[str]:
    """What is known of a failure beside its log, as lines to search."""
    step = deploy.failed_step
    told = [f"reason: {reason}" for reason in (deploy.failure_detail, deploy.failure_reason) if reason]
    told += [f"step: {step.key}"] if step else []
    told += [f"exit code: {deploy.exit_code}"] if deploy.exit_code is not None else []
    return told + deploy.failure.splitlines()


def advise(told: Iterable[str], *parts: Iterable[Numbered]) -> Advice | None:
    """The first hint that fits these facts, or else these lines, looked for in one part after the other."""
    hints = {hint.pattern: hint for hint in Hint.objects.filter(enabled=True)}
    lines = [Numbered(0, text) for text in told]
    if found := first(hints, lines, *(list(part) for part in parts)):
        return Advice(hints[found[0]], found[1])
    return None


def check(pattern: str) -> None:
    """Raise `ValidationError` for a pattern that is not admitted."""
    try:
        compiled(pattern)
    except BadPattern as error:
        raise ValidationError({"pattern": str(error)}) from None


def save(hint: Hint, place: int | None = None) -> None:
    """Store a hint, at this place among all (from 1) or where it is; raise `ValidationError` by field."""
    check(hint.pattern)
    if hint._state.adding:
        hint.position = (Hint.objects.aggregate(last=Max("position"))["last"] or 0) + 10
    hint.full_clean()
    with transaction.atomic():
        hint.save()
        if place is not None:
            _put(hint, place)


def move(hint: Hint, by: int) -> None:
    """Put a hint so many places further down, or up if `by` is negative."""
    with transaction.atomic():
        _put(hint, place_of(hint) + by)


def place_of(hint: Hint) -> int:
    """At which place it stands, from 1."""
    return [*Hint.objects.values_list("pk", flat=True)].index(hint.pk) + 1


def _put(hint: Hint, place: int) -> None:
    others = [each for each in Hint.objects.select_for_update() if each.pk != hint.pk]
    others.insert(max(0, place - 1), hint)
    for number, each in enumerate(others, 1):
        each.position = number * 10
    Hint.objects.bulk_update(others, ["position"])
