"""Addresses of this page family."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
