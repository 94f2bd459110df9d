"""Health, for load balancers: answered before everything else (candidates.middleware.HealthMiddleware)."""

from django.urls import URLPattern, path

from candidates.views import health

urlpatterns: list[URLPattern] = [
    path("health/", health.live, name="health"),
    path("health/ready/", health.ready, name="health-ready"),
]
