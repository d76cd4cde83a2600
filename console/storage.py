"""Static files under names that hold their hash, also where one of the console's scripts imports another."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """So that a new version of the console never meets an old script in somebody's cache.

    Only our own scripts are rewritten: what others ship may import names that are no files.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "console/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
