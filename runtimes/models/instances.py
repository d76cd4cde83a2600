"""Running containers, as the engine reported them last."""

from django.db import models
from django.utils import timezone

from runtimes.states import Stateful, machine

from .apps import Environment
from .releases import Release


class Instance(Stateful):
    """One container of a release: web.1."""

    TRANSITIONS = machine(
        starting="up crashed stopping",
        up="stopping crashed",
        crashed="starting stopping",
        stopping="down",
    )

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="instances")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="instances")
    process = models.CharField(max_length=63)
    index = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="starting")
    ref = models.CharField(max_length=100, blank=True, default="", help_text="The engine's name for it.")
    address = models.CharField(max_length=60, blank=True, default="")
    node = models.CharField(max_length=100, blank=True, default="")
    exit_code = models.IntegerField(null=True, blank=True)
    oom = models.BooleanField(default=False)
    crashes = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When its health was asked for last.")
    unwell = models.PositiveIntegerField(default=0, help_text="Health checks that failed, one after the other.")
    restart_requested_at = models.DateTimeField(null=True, blank=True, help_text="Another one is to take its place.")
    printed_until = models.DateTimeField(null=True, blank=True, help_text="Its output is stored up to here.")
    printed_ordinal = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["environment", "process", "index", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "process", "index"],
                condition=~models.Q(state="down"),
                name="one_instance_per_index",
            )
        ]
        indexes = [
            models.Index(
                fields=["environment"], condition=~models.Q(restart_requested_at=None), name="instances_to_restart"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.process}.{self.index}"
