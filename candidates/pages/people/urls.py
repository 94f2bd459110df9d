"""Addresses of what is kept about one person, for administrators."""

from django.urls import URLPattern, path

from candidates.pages.people import views as people

urlpatterns: list[URLPattern] = [
    path("people/", people.find, name="people"),
    path("people/<int:key>/", people.show, name="person"),
    path("people/<int:key>/export/", people.export, name="person-export"),
    path("people/<int:key>/erase/", people.erase, name="person-erase"),
]
