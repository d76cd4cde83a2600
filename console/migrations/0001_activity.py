"""The activity, and triggers that keep it append-only against code that goes round the model."""

import django.utils.timezone
from django.db import migrations, models

SQLITE = [
    f"""CREATE TRIGGER console_activity_no_{deed} BEFORE {deed} ON console_activity
        BEGIN SELECT RAISE(ABORT, 'Activity is append-only.'); END"""
    for deed in ("update", "delete")
]
POSTGRESQL = [
    """CREATE FUNCTION console_activity_refuse() RETURNS trigger AS
       $$ BEGIN RAISE EXCEPTION 'Activity is append-only.'; END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER console_activity_append_only BEFORE UPDATE OR DELETE ON console_activity
       FOR EACH ROW EXECUTE FUNCTION console_activity_refuse()""",
]


def guard(apps, schema_editor):
    """A later migration that has SQLite make the table anew must call this again: triggers go with the old one."""
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION console_activity_refuse() CASCADE")


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('actor', models.CharField(help_text="The user's name, or the name in the operating system.", max_length=150)),
                ('actor_key', models.BigIntegerField(null=True)),
                ('via', models.CharField(choices=[('page', 'Page'), ('command', 'Command line')], max_length=10)),
                ('address', models.GenericIPAddressField(help_text='Where the request came from.', null=True)),
                ('action', models.CharField(help_text='A word of `console.activity.WORDS`.', max_length=40)),
                ('team', models.CharField(blank=True, default='', max_length=60)),
                ('team_key', models.BigIntegerField(null=True)),
                ('app', models.CharField(blank=True, default='', max_length=30)),
                ('app_key', models.BigIntegerField(null=True)),
                ('environment', models.CharField(blank=True, default='', max_length=30)),
                ('target', models.CharField(blank=True, default='', max_length=200)),
                ('facts', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['app_key', '-id'], name='activity_of_app'), models.Index(fields=['actor', '-id'], name='activity_by_actor'), models.Index(fields=['action', '-id'], name='activity_by_action')],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
