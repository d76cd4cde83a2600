import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('runtimes', '0010_environment_protection'),
    ]

    operations = [
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(help_text='As asked for, with a tag, a digest or neither.', max_length=500)),
                ('digest', models.CharField(max_length=80)),
                ('platform', models.CharField(help_text='Operating system and architecture, as linux/amd64.', max_length=30)),
                ('size', models.BigIntegerField()),
                ('port', models.PositiveIntegerField(blank=True, null=True)),
                ('has_shell', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('app', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='runtimes.app')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='environment',
            name='release_command',
            field=models.TextField(blank=True, default='', help_text="In place of the Procfile's."),
        ),
        migrations.AddField(
            model_name='process',
            name='port',
            field=models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(65535)]),
        ),
        migrations.AddField(
            model_name='release',
            name='port',
            field=models.PositiveIntegerField(default=5000),
        ),
        migrations.AlterField(
            model_name='release',
            name='slug',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='runtimes.slug'),
        ),
        migrations.AddField(
            model_name='release',
            name='image',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='runtimes.image'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('image__isnull', False), ('slug', None)), models.Q(('image', None), ('slug__isnull', False)), _connector='OR'), name='either_slug_or_image'),
        ),
    ]
