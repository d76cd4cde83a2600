from django.apps import AppConfig
from django.utils.translation import gettext

from runtimes.engine.base import EngineError


class RuntimesConfig(AppConfig):
    name = "runtimes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the engine, which knows no Django, be heard in the language of who hears it."""
        EngineError.translate = gettext
