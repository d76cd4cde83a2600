"""Faults of the platform's own, told to whoever meets them."""

import logging

from django.utils.translation import gettext as _

from runtimes.faults import PlatformFailed

logger = logging.getLogger(__name__)


def told(fault: PlatformFailed) -> str:
    """What a person is told about an archive that could not be kept; the log of the process says more."""
    logger.error("%s", fault, exc_info=fault)
    return _("The platform failed, not your archive: %(why)s Nothing has changed; try again later.") % {"why": fault}
