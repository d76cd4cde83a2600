"""Every websocket of the console."""

from django.urls import path, re_path

from console import urls  # noqa: F401 - registers the converter for app names
from console.consumers.logs import DeployLog, InstancesLog, RunLog
from console.consumers.news import AdminNews, AppNews, AppsNews
from console.consumers.shell import ShellSocket
from console.consumers.socket import Nowhere

websocket_urlpatterns = [
    path("ws/admin/", AdminNews.as_asgi()),
    path("ws/apps/", AppsNews.as_asgi()),
    path("ws/apps/<app:name>/", AppNews.as_asgi()),
    path("ws/apps/<app:name>/deploys/<int:number>/", DeployLog.as_asgi()),
    path("ws/apps/<app:name>/runs/<int:number>/", RunLog.as_asgi()),
    path("ws/apps/<app:name>/shells/<int:number>/", ShellSocket.as_asgi()),
    path("ws/apps/<app:name>/environments/<app:environment>/output/", InstancesLog.as_asgi()),
    re_path(r"", Nowhere.as_asgi()),
]
