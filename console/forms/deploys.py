"""What people may add to a deploy."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from .fields import check_archive_name, check_ref


class DeployForm(forms.Form):
    """Another branch, tag or commit than the app's own, another archive or image, and whether to build afresh."""

    ref = forms.CharField(
        label=gettext_lazy("Branch, tag or commit"), max_length=200, required=False, validators=[check_ref]
    )
    archive = forms.FileField(label=gettext_lazy("Archive"), required=False)
    image = forms.CharField(label=gettext_lazy("Image"), max_length=500, required=False)
    clear_cache = forms.BooleanField(label=gettext_lazy("Build without the cache"), required=False)

    def clean_archive(self) -> Any:
        """A file of a kind that can be unpacked."""
        if file := self.cleaned_data["archive"]:
            check_archive_name(file.name)
        return file
