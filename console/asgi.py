"""Where Daphne enters: pages and websockets."""

import gc
import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
pages = get_asgi_application()

from console import frames  # noqa: E402 - models can be imported only from here on
from console.sockets import websocket_urlpatterns  # noqa: E402 - models can be imported only from here on


async def at_the_root(scope: Any, receive: Any, send: Any) -> None:
    """The pages, wherever a visitor says they are: Daphne takes the root path from a header of whoever asks."""
    await pages({**scope, "root_path": ""}, receive, send)


frames.install()
application = ProtocolTypeRouter(
    {
        "http": at_the_root,
        "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)

# What is loaded by now stays to the end: nobody waits while the collector of garbage looks at it again and again.
gc.collect()
gc.freeze()
# What pages leave behind goes soon and by little: nobody waits 10 ms for that of ten others. All is looked at rarely.
gc.set_threshold(2_000, 2, 50)
