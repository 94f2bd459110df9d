"""Addresses of the own account."""

from django.urls import URLPattern, path

from candidates.pages.account import second_step
from candidates.pages.account import views as account
from candidates.pages.shared import password_again

urlpatterns: list[URLPattern] = [
    path("account/", account.show, name="account"),
    path("account/two-step/", second_step.set_up, name="two-step"),
    path("account/two-step/off/", second_step.switch_off, name="two-step-off"),
    path("account/two-step/codes/", second_step.new_codes, name="two-step-codes"),
    path("account/password/", account.change_password, name="change-password"),
    path("account/password-again/", password_again.password_again, name="password-again"),
    path("account/here/", account.here, name="account-here"),
    path("account/log-out-there/", account.log_out_device, name="account-log-out-there"),
    path("account/log-out-others/", account.log_out_others, name="account-log-out-others"),
    path("account/log-out-everywhere/", account.log_out_everywhere, name="account-log-out-everywhere"),
]
