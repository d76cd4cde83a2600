from django.db import migrations


def write(apps, schema_editor):
    apps.get_model("harbour", "Greeting").objects.create(text="Ahoy from a row in the database")


def erase(apps, schema_editor):
    apps.get_model("harbour", "Greeting").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("harbour", "0001_initial")]

    operations = [migrations.RunPython(write, erase)]
