"""Addresses of the door desk, and of spare logins."""

from django.urls import URLPattern, path

from candidates.pages.door import correcting, missing, spares, views

DOOR = "monitor/tests/<str:test_id>/door/"
SPARES = "deliver/tests/<str:test_id>/spare-logins/"

urlpatterns: list[URLPattern] = [
    path("door/", views.choose, name="doors"),
    path(DOOR, views.show, name="door"),
    path(f"{DOOR}people/", views.people, name="door-people"),
    path(f"{DOOR}marks/", views.marks, name="door-marks"),
    path(f"{DOOR}mark/", views.mark, name="door-mark"),
    path(f"{DOOR}absent/", missing.mark, name="door-absent"),
    path(f"{DOOR}absent/take-back/", missing.take_back, name="door-absent-take-back"),
    path(f"{DOOR}seat/", views.seat, name="door-seat"),
    path(f"{DOOR}spare/", views.give, name="door-spare"),
    path(f"{DOOR}spare/<str:candidate>/take-back/", views.take_back, name="door-spare-take-back"),
    path(
        "monitor/tests/<str:test_id>/candidates/<str:candidate>/attendance/", correcting.show, name="correct-attendance"
    ),
    path(SPARES, spares.show, name="spare-logins"),
    path(f"{SPARES}make/", spares.make, name="spare-logins-make"),
    path(f"{SPARES}remove/", spares.remove, name="spare-logins-remove"),
    path(f"{SPARES}<str:candidate>/take-back/", spares.take_back, name="spare-logins-take-back"),
    path(f"{SPARES}<str:candidate>/join/", spares.join, name="join-spare"),
]
