"""Addresses of the project, and who answers when something goes wrong."""

from django.urls import include, path

from candidates.api.urls import urlpatterns as api
from candidates.back_office.accounts import site as back_office

urlpatterns = [
    path("back-office/", back_office.urls),
    path("api/", include(api)),
    path("", include("candidates.pages.urls")),
]

handler400 = "candidates.site.errors.bad_request"
handler403 = "candidates.site.errors.permission_denied"
handler404 = "candidates.site.errors.page_not_found"
handler500 = "candidates.site.errors.server_error"
