"""Addresses of the way onto a test by its code; none that is opened looks a code up."""

from django.urls import URLPattern, path

from candidates.pages.join import views as join

WAITING = "join/waiting/<str:request_id>/"

urlpatterns: list[URLPattern] = [
    path("join/", join.ask_for_code, name="join"),
    path("join/look-up/", join.look_up_code, name="join-look-up"),
    path("join/now/", join.join_now, name="join-now"),
    path(WAITING, join.wait, name="join-waiting"),
    path(f"{WAITING}seen/", join.seen, name="join-seen"),
    path(f"{WAITING}leave/", join.leave, name="join-leave"),
    path("join/<str:code>/", join.ask_for_code, name="join-with-code"),
]
