from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runtimes", "0016_oneoffs_and_shells")]

    operations = [
        migrations.AddIndex(
            model_name="journal",
            index=models.Index(condition=models.Q(("sealed_at", None)), fields=["app"], name="open_journals"),
        ),
    ]
