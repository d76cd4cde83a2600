"""Stacks: which there are, and with which of them an app is built and run."""

import re

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from builds.models import Build
from runtimes import addresses, bell
from runtimes.installation import engine
from runtimes.models import App, Slug, Stack
from runtimes.orders import AWAY, ask, order

TOPIC = "stacks"
IMAGE = re.compile(r"[a-z0-9]([A-Za-z0-9._/:@-]*[A-Za-z0-9])?")


def add(name: str, build_from: str, run_from: str, identifier: str) -> Stack:
    """List a stack of two images that others made; it can be used when it `is_ready`, or has a `problem`.

    `identifier` is what buildpacks find in `$STACK`. Raises `ValidationError` by field.
    """
    stack = Stack(name=name, build_from=build_from, run_from=run_from, identifier=identifier)
    for field in ("build_from", "run_from"):
        if not IMAGE.fullmatch(getattr(stack, field)):
            raise ValidationError(
                {field: _("Name an image as docker does: heroku/heroku:24-build, host/name@sha256:…")}
            )
        try:
            addresses.check_image(getattr(stack, field))
        except ValidationError as error:
            raise ValidationError({field: error.messages}) from None
    stack.full_clean()
    try:
        with transaction.atomic():
            stack.save()
    except IntegrityError:
        raise ValidationError({"name": _("There is a stack %(name)s already.") % {"name": name}}) from None
    adopt_again(stack)
    return stack


def adopt_again(stack: Stack) -> None:
    """Have a stack's images made anew of those that were named; raise `ValidationError` for one of ours."""
    if stack.is_ours:
        raise ValidationError(_("%(stack)s comes with Slipway. `make images` makes its images.") % {"stack": stack})
    Stack.objects.filter(pk=stack.pk).update(problem="")
    if not ask("builds.tasks.adopt_stack", stack.pk):
        problem = _("%(away)s Have its images made again when they can.") % {"away": AWAY}
        Stack.objects.filter(pk=stack.pk).update(problem=problem)
    bell.ring(TOPIC)


def remove(stack: Stack) -> None:
    """Forget a stack and its images; raise `ValidationError` while an app uses it, or if it is one of ours."""
    if stack.is_ours:
        raise ValidationError(_("%(stack)s comes with Slipway and stays.") % {"stack": stack})
    if users := used_by(stack):
        raise ValidationError(
            _("%(stack)s is used by %(names)s. Give them another stack, deploy them, or destroy them first.")
            % {"stack": stack, "names": ", ".join(users)}
        )
    stack.delete()
    order("builds.tasks.drop_stack", stack.name)
    bell.ring(TOPIC)


def used_by(stack: Stack) -> list[str]:
    """The names of the apps that are set to it, or that have slugs that need it."""
    apps = App.objects.filter(stack=stack) | App.objects.filter(slugs__in=Slug.objects.filter(stack=stack))
    return sorted(set(apps.values_list("name", flat=True)))


def change_stack(app: App, stack: Stack) -> None:
    """Build the app with another stack from the next deploy on; raise `ValidationError` if it cannot be used."""
    if not stack.is_ready:
        raise ValidationError(
            _("%(stack)s cannot be used: %(why)s.")
            % {"stack": stack, "why": stack.problem or _("its images are still being made")}
        )
    app.stack = stack
    app.save(update_fields=["stack"])
    Build.objects.filter(app=app).update(cache_bytes=None)  # that was of the stack before
    bell.ring(f"app.{app.pk}")


def missing(stack: Stack) -> str:
    """A sentence that says which images of the stack are not here and how they come; empty if all are. In workers."""
    absent = [image for image in (stack.build_image, stack.run_image) if not (image and engine().image_exists(image))]
    if not absent:
        return ""
    if stack.is_ours:
        return _(
            "The images of the stack %(stack)s are not on this machine: %(absent)s. An "
            "administrator makes them with `make images`; or choose another stack in the app's "
            "settings."
        ) % {"stack": stack, "absent": ", ".join(absent)}
    return _(
        "The images of the stack %(stack)s are not on this machine. An administrator makes "
        "them anew on the page Stacks; or choose another stack in the app's settings."
    ) % {"stack": stack}
