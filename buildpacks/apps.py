from django.apps import AppConfig


class BuildpacksConfig(AppConfig):
    name = "buildpacks"
    default_auto_field = "django.db.models.BigAutoField"
