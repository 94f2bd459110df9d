"""Addresses of permanent users: the list, and one of them with what administrators do."""

from django.urls import URLPattern, path

from candidates.pages.permanent_users import views as permanent_users

ONE = "permanent-users/<str:user_id>/"

urlpatterns: list[URLPattern] = [
    path("permanent-users/", permanent_users.list_users, name="permanent-users"),
    path(f"{ONE}rename/", permanent_users.rename, name="permanent-user-rename"),
    path(f"{ONE}deactivate/", permanent_users.deactivate, name="permanent-user-deactivate"),
    path(f"{ONE}reactivate/", permanent_users.reactivate, name="permanent-user-reactivate"),
    path(f"{ONE}new-password/", permanent_users.new_password, name="permanent-user-new-password"),
    path(f"{ONE}delete/", permanent_users.delete, name="permanent-user-delete"),
    # last: a public id is one word, and so are the pages of imports, formats and lists
    path(ONE, permanent_users.show_user, name="permanent-user"),
]
