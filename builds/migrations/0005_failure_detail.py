from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("builds", "0004_cache_bytes"),
    ]

    operations = [
        migrations.AddField(
            model_name="build",
            name="failure_detail",
            field=models.CharField(blank=True, default="", help_text="A buildpack's own reason.", max_length=60),
        ),
        migrations.AlterField(
            model_name="build",
            name="buildpacks",
            field=models.JSONField(default=list, help_text="Names, versions and reports of those that ran, in order."),
        ),
    ]
