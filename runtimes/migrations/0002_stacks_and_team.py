"""The stacks every installation has, and a first team."""

from django.db import migrations


def add(apps, schema_editor):  # type: ignore[no-untyped-def]
    stack, team = apps.get_model("runtimes", "Stack"), apps.get_model("runtimes", "Team")
    for name, identifier in (("debian-12", "heroku-22"), ("debian-13", "heroku-24")):
        images = {"build_image": f"slipway/{name}:build", "run_image": f"slipway/{name}:run"}
        stack.objects.get_or_create(name=name, defaults={"identifier": identifier, **images})
    if not team.objects.exists():
        team.objects.create(name="Team")


class Migration(migrations.Migration):
    dependencies = [("runtimes", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
