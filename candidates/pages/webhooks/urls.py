"""Addresses at which administrators see what other systems are told."""

from django.urls import URLPattern, path

from candidates.pages.webhooks import views as webhooks

urlpatterns: list[URLPattern] = [
    path("webhooks/", webhooks.list_webhooks, name="webhooks"),
    path("webhooks/<str:webhook_id>/", webhooks.show_webhook, name="webhook"),
    path("webhooks/<str:webhook_id>/pause/", webhooks.pause_webhook, name="webhook-pause"),
    path("webhooks/<str:webhook_id>/go-on/", webhooks.go_on_webhook, name="webhook-go-on"),
    path("webhooks/<str:webhook_id>/remove/", webhooks.remove_webhook, name="webhook-remove"),
]
