"""Addresses of adding one-time users by hand, typed and generated, and of candidates from another test."""

from django.urls import URLPattern, path

from candidates.pages.adding import other_test
from candidates.pages.adding import views as adding

FROM_TEST = "deliver/tests/<str:test_id>/candidates/add/from-test/"
ONE_TIME = "deliver/tests/<str:test_id>/candidates/add/one-time/"

urlpatterns: list[URLPattern] = [
    path(ONE_TIME, adding.add_one_time, name="add-one-time"),
    path(f"{ONE_TIME}rows/", adding.arrange_one_time, name="arrange-one-time"),
    path(f"{ONE_TIME}generate/", adding.add_generated, name="add-generated"),
    path(f"{ONE_TIME}generate/rows/", adding.arrange_generated, name="arrange-generated"),
    path(FROM_TEST, other_test.choose, name="add-from-test"),
    path(f"{FROM_TEST}save/", other_test.add, name="add-from-test-save"),
]
