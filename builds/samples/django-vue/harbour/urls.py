from django.urls import path

from harbour import views

urlpatterns = [
    path("", views.index, name="index"),
    path("instance", views.instance, name="instance"),
]
