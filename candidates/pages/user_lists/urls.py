"""Addresses of putting permanent users on tests, and of the lists that planners keep of them."""

from django.urls import URLPattern, path

from candidates.pages.user_lists import members as list_members
from candidates.pages.user_lists import selecting
from candidates.pages.user_lists import views as user_lists

TEST = "deliver/tests/<str:test_id>/candidates/"
SELECT = f"{TEST}add/permanent/"
LISTS = "permanent-users/lists/"
LIST = f"{LISTS}<str:list_id>/"

urlpatterns: list[URLPattern] = [
    path(SELECT, selecting.add_permanent, name="add-permanent"),
    path(f"{SELECT}selected/", selecting.add_selected, name="add-permanent-selected"),
    path(f"{SELECT}all/", selecting.add_all, name="add-permanent-all"),
    path(f"{SELECT}lists/<str:list_id>/", selecting.add_list, name="add-permanent-list"),
    path(f"{TEST}lists/<str:list_id>/", selecting.list_changes, name="list-changes"),
    path(f"{TEST}lists/<str:list_id>/add/", selecting.add_new_members, name="add-new-members"),
    path(LISTS, user_lists.show_lists, name="user-lists"),
    path(f"{LISTS}new/", user_lists.new_list, name="user-list-new"),
    path(LIST, user_lists.show_list, name="user-list"),
    path(f"{LIST}members/", list_members.find_members, name="user-list-find"),
    path(f"{LIST}members/add/", list_members.add_selected, name="user-list-add-members"),
    path(f"{LIST}members/add-all/", list_members.add_all, name="user-list-add-all"),
    path(f"{LIST}members/remove/", list_members.remove_selected, name="user-list-remove-members"),
    path(f"{LIST}rename/", user_lists.rename, name="user-list-rename"),
    path(f"{LIST}delete/", user_lists.delete, name="user-list-delete"),
    path(f"{LIST}share/", user_lists.share, name="user-list-share"),
    path(f"{LIST}unshare/", user_lists.unshare, name="user-list-unshare"),
    path(f"{LIST}hand-over/", user_lists.hand_over, name="user-list-hand-over"),
    path(f"{LIST}tests/", user_lists.add_to_test, name="user-list-to-test"),
]
