"""Addresses of the project, and who answers when something goes wrong."""

from django.urls import include, path

from candidates.admin import site as back_office

urlpatterns = [
    path("back-office/", back_office.urls),
    path("", include("candidates.urls")),
]

handler400 = "candidates.views.errors.bad_request"
handler403 = "candidates.views.errors.permission_denied"
handler404 = "candidates.views.errors.page_not_found"
handler500 = "candidates.views.errors.server_error"
