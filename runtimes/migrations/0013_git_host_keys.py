from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('runtimes', '0012_when_config_changed'),
    ]

    operations = [
        migrations.AddField(
            model_name='app',
            name='git_host_keys',
            field=models.TextField(blank=True, default='', help_text='Of an ssh host, as it was met first.'),
        ),
    ]
