"""What runs: teams and their apps, what an app is made of, and what happened to it."""

from .apps import App, Environment, Stack
from .config import ConfigVar
from .credentials import Credentials
from .domains import Domain
from .holds import Hold
from .images import Image
from .instances import Instance
from .journals import Journal, LogChunk, Step
from .limits import PlatformLimits
from .oneoffs import OneOff, Shell
from .output import OutputChunk
from .processes import Process
from .releases import Release
from .slugs import Slug
from .teams import Membership, Role, Team

__all__ = [
    "App",
    "ConfigVar",
    "Credentials",
    "Domain",
    "Environment",
    "Hold",
    "Image",
    "Instance",
    "Journal",
    "LogChunk",
    "Membership",
    "OneOff",
    "OutputChunk",
    "PlatformLimits",
    "Process",
    "Release",
    "Role",
    "Shell",
    "Slug",
    "Stack",
    "Step",
    "Team",
]
