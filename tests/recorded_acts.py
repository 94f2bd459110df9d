"""Which test asserts the audit row of each act (C72); `make mutation` shows that it does."""

from candidates.models import AuditEvent

Action = AuditEvent.Action

JOINING = "intake/test_joining.py"
ROSTERS = "rosters/test_connecting.py"
COLUMNS = "pages/imports/test_assigned_columns.py"
RECORDED_BY: dict[AuditEvent.Action, str] = {
    Action.LOGIN: "faults/test_pages.py::test_each_device_that_logs_in_with_a_slip_is_recorded_with_its_address",
    Action.LOGIN_REFUSED: "faults/test_records.py::test_a_refused_login_is_recorded",
    Action.PASSWORD_RIGHT: "signin/test_second_step.py"
    "::test_a_right_password_that_stops_at_the_code_is_recorded_with_its_address",
    Action.LOGOUT: "faults/test_records.py::test_a_log_out_is_recorded",
    Action.PASSWORD_CHANGED: "signin/test_own_password.py"
    "::test_a_new_password_ends_every_other_session_and_this_one_goes_on",
    Action.PASSWORD_ASKED: "pages/shared/test_password_again.py::test_both_answers_are_recorded",
    Action.SESSIONS_ENDED: "pages/account/test_account.py::test_logging_out_elsewhere_is_recorded",
    Action.TWO_STEP_SET_UP: "signin/test_second_step.py::test_another_phone_and_switching_off_ask_for_the_password",
    Action.TWO_STEP_REMOVED: "signin/test_second_step.py::test_an_administrator_removes_it_where_the_phone_is_lost",
    Action.TWO_STEP_REFUSED: "signin/test_second_step.py"
    "::test_wrong_codes_are_braked_for_the_account_in_every_browser_and_recorded",
    Action.RECOVERY_CODES_MADE: "signin/test_second_step.py::test_another_phone_and_switching_off_ask_for_the_password",
    Action.RECOVERY_CODE_USED: "signin/test_second_step.py::test_each_recovery_code_opens_once_however_it_is_typed",
    Action.PAPERS_MADE: "credentials/test_hall_papers.py"
    "::test_making_papers_is_recorded_before_they_are_read_and_so_is_a_refusal",
    Action.VOID_TAKEN_OUT: "pages/login_details/test_hall_papers.py"
    "::test_void_slips_that_are_out_are_named_no_more_and_it_is_recorded",
    Action.SSO_RELEASED: "pages/sso_setups/test_sso_setups.py"
    "::test_release_asks_first_and_then_unpins_ends_sessions_and_is_recorded",
    Action.SSO_PERSON_DELETED: "faults/test_records.py::test_a_deleted_person_of_an_institution_is_recorded_by_no_name",
    Action.NAMES_REPLACED: "operations/test_sealing.py::test_who_is_deleted_leaves_a_chain_that_holds",
    Action.AUDIT_SHORTENED: "operations/test_sealing.py::test_old_rows_go_from_the_front_and_the_audit_says_so",
    Action.SUBSCRIPTION_CHANGED: "operations/test_webhooks.py"
    "::test_a_paused_subscription_is_told_afterwards_and_a_removed_one_never",
    Action.ACCOUNT_CHANGED: "back_office/test_accounts.py"
    "::test_who_made_an_account_or_changed_its_roles_or_password_is_recorded",
    Action.USER_FORMAT_CHANGED: "pages/user_formats/test_user_formats.py"
    "::test_a_new_format_is_stored_audited_and_expected_by_the_import",
    Action.USERS_IMPORTED: "intake/accounts/test_running.py"
    "::test_new_people_get_accounts_passwords_and_places_on_lists",
    Action.USER_IMPORT_CANCELLED: "pages/imports/test_user_imports.py"
    "::test_another_administrator_sees_figures_of_a_started_import_and_stops_it",
    Action.PERMANENT_USER_CHANGED: "pages/permanent_users/test_permanent_users.py"
    "::test_who_is_deactivated_is_out_at_the_next_click_and_can_come_back",
    Action.PERMANENT_USER_DELETED: "faults/test_records.py::test_a_deleted_permanent_user_is_recorded_by_no_name",
    Action.PERMANENT_USERS_EXPORTED: "back_office/test_permanent_users.py"
    "::test_an_export_holds_no_password_and_no_formula_and_is_recorded",
    Action.USERS_SEARCHED: "pages/user_lists/test_hidden_identifiers.py"
    "::test_searches_are_counted_in_one_row_a_minute_without_words",
    Action.USER_LIST_CHANGED: "pages/user_lists/test_user_lists.py::test_a_list_is_made_filled_and_emptied",
    Action.USER_LIST_SHARED: "faults/test_records.py::test_a_share_and_its_end_are_recorded",
    Action.LTI_PLATFORM_REGISTERED: "pages/platforms/test_platforms.py"
    "::test_an_administrator_registers_a_platform_and_it_is_recorded",
    Action.ACCESS_KEY_MADE: "api/test_keys.py::test_who_makes_and_revokes_a_key_is_recorded_without_the_key",
    Action.ACCESS_KEY_REVOKED: "api/test_keys.py::test_who_makes_and_revokes_a_key_is_recorded_without_the_key",
    Action.TEST_CREATED: "pages/tests/test_tests.py::test_who_makes_a_test_is_its_planner_and_it_is_recorded",
    Action.TEST_CHANGED: "lifecycle/test_tests.py::test_the_audit_holds_times_and_never_the_questions",
    Action.QUESTIONS_CHANGED: "pages/tests/test_questions.py"
    "::test_the_questions_of_an_activated_test_are_written_until_somebody_starts",
    Action.TEST_DELETED: "pages/tests/test_putting_away.py::test_a_deleted_test_is_gone_and_the_audit_keeps_its_name",
    Action.TEST_ARCHIVED: "pages/tests/test_putting_away.py::test_an_archived_test_is_out_of_the_lists_and_comes_back",
    Action.TEST_RESTORED: "pages/tests/test_putting_away.py::test_a_restored_test_is_recorded",
    Action.AGED_OUT: "lifecycle/test_retention.py::test_answers_go_when_their_days_are_over_and_not_before",
    Action.PERSON_FOUND: "pages/people/test_people.py::test_who_looks_up_whose_a_candidate_id_is_stands_in_the_history",
    Action.PERSON_EXPORTED: "pages/people/test_people.py"
    "::test_an_export_holds_everything_and_no_password_and_is_recorded",
    Action.ONE_TIME_USER_ERASED: "pages/people/test_people.py"
    "::test_an_erased_one_time_user_leaves_id_answer_and_mark_and_is_recorded",
    Action.STAFF_ERASED: "pages/people/test_people.py"
    "::test_erased_staff_leave_what_they_did_under_a_name_of_no_meaning",
    Action.CONTRIBUTOR_ADDED: "pages/tests/test_contributors.py::test_a_grader_is_added_and_it_is_recorded",
    Action.CONTRIBUTOR_REMOVED: "pages/tests/test_contributors.py::test_taking_a_role_away_asks_first_and_is_recorded",
    Action.ACTIVATED: "lifecycle/test_activation.py::test_activation_makes_login_details_for_everybody_who_has_none",
    Action.DEACTIVATED: "lifecycle/test_activation.py"
    "::test_deactivation_shuts_out_and_reactivation_lets_in_with_the_same_details",
    Action.JOINING_CHANGED: f"{JOINING}::test_each_change_of_how_candidates_join_is_recorded",
    Action.TEST_CODE_MADE: f"{JOINING}::test_a_replaced_code_is_wrong_from_then_on_and_who_joined_stays",
    Action.JOIN_ASKED: f"{JOINING}::test_who_must_be_approved_waits_and_is_let_in_with_the_next_number",
    Action.JOIN_WITHDRAWN: f"{JOINING}::test_who_waits_can_take_it_back",
    Action.JOIN_REFUSED: f"{JOINING}::test_who_was_refused_is_told_why_and_asks_again",
    Action.JOIN_QUEUED: f"{JOINING}::test_who_is_approved_when_it_is_full_waits_in_the_order_of_asking",
    Action.CANDIDATES_ADDED: "intake/test_door.py"
    "::test_adding_is_recorded_with_where_they_came_from_and_whether_they_can_log_in",
    Action.CANDIDATES_REMOVED: "lifecycle/test_removal.py::test_who_was_removed_can_be_read_in_the_audit",
    Action.CANDIDATES_UPDATED: "intake/test_existing.py::test_an_update_writes_what_stands_in_the_list",
    Action.ROSTER_CONNECTED: f"{ROSTERS}::test_connecting_looking_and_disconnecting_are_recorded_without_whom",
    Action.ROSTER_DISCONNECTED: f"{ROSTERS}::test_connecting_looking_and_disconnecting_are_recorded_without_whom",
    Action.ROSTER_CHANGED: f"{ROSTERS}::test_connecting_looking_and_disconnecting_are_recorded_without_whom",
    Action.ROSTER_LOOKED: f"{ROSTERS}::test_connecting_looking_and_disconnecting_are_recorded_without_whom",
    Action.ROSTER_TESTED: f"{ROSTERS}::test_a_test_of_the_connection_is_recorded_and_starts_what_was_stopped",
    Action.ROSTER_PERSON_BOUND: "signin/test_identity_pending.py"
    "::test_the_first_login_with_the_claim_gets_the_place_and_is_pinned",
    Action.ROSTER_PERSON_RELEASED: "signin/test_identity_pending.py"
    "::test_an_administrator_lets_another_account_have_a_place",
    Action.LIST_FORMAT_REMEMBERED: f"{COLUMNS}::test_a_choice_is_remembered_when_the_list_is_added",
    Action.LIST_FORMAT_DELETED: f"{COLUMNS}::test_a_format_is_deleted_by_who_made_it",
    Action.TEST_CODES_GUESSED: "pages/join/test_guessing_codes.py::test_ten_wrong_codes_close_it_for_the_person_alone",
    Action.PREPARED_ADDED: "intake/test_prepared.py"
    "::test_a_list_by_sso_user_id_is_stored_with_all_its_columns_and_adds_nobody",
    Action.PREPARED_CHANGED: "intake/test_prepared.py::test_one_person_is_prepared_changed_and_removed_by_hand",
    Action.PREPARED_REMOVED: "intake/test_prepared.py::test_one_person_is_prepared_changed_and_removed_by_hand",
    Action.PREPARED_MISSED: "intake/test_prepared.py"
    "::test_what_somebody_else_has_by_then_keeps_nobody_out_and_the_planner_is_told",
    Action.IMPORT_UNDONE: "intake/test_undoing.py::test_everybody_whom_the_list_added_goes_and_the_others_stay",
    Action.WRONG_ROWS_DOWNLOADED: "pages/imports/test_import_preview.py"
    "::test_the_wrong_rows_come_as_the_same_kind_of_file_and_go_back_in",
    Action.CANDIDATE_CHANGED: "lifecycle/test_editing.py::test_old_and_new_stand_in_the_audit_but_no_private_reference",
    Action.EXTRA_TIME_CHANGED: "lifecycle/test_accommodations.py::test_each_change_is_recorded_with_who_and_what",
    Action.INCIDENT_TIME_CHANGED: "pages/monitor/test_monitor.py::test_incident_time_is_shown_before_it_is_given",
    Action.LOCATION_CHANGED: "pages/candidates/test_bulk.py::test_what_is_done_is_recorded_once",
    Action.CANDIDATES_SPREAD: "lifecycle/test_spreading.py"
    "::test_everybody_gets_the_room_and_seat_that_was_shown_and_it_is_recorded",
    Action.SPREAD_UNDONE: "lifecycle/test_spreading.py::test_undoing_gives_back_what_everybody_had_and_is_recorded",
    Action.ROOM_CHANGED: "lifecycle/test_rooms.py::test_each_change_of_a_room_is_recorded",
    Action.SEAT_GIVEN: "lifecycle/test_rooms.py::test_a_seat_is_given_to_who_has_none_and_it_is_recorded",
    Action.SLIPS_OUT_OF_DATE: "lifecycle/test_rooms.py"
    "::test_a_new_name_makes_printed_slips_out_of_date_and_stands_in_the_history_of_the_test",
    Action.ONE_TIME_LOGINS_GIVEN: "credentials/test_standing_in_later.py"
    "::test_the_audit_names_nobody_and_holds_no_login",
    Action.ONE_TIME_LOGINS_TAKEN_BACK: "faults/test_records.py::test_one_time_logins_that_are_taken_back_are_recorded",
    Action.ATTENDANCE_MARKED: "lifecycle/test_attendance.py::test_marks_that_are_sent_together_are_one_act",
    Action.ATTENDANCE_CORRECTED: "lifecycle/test_attendance.py::test_a_correction_says_why_and_who",
    Action.SPARE_GIVEN: "lifecycle/test_spares.py::test_who_is_not_on_the_list_gets_a_spare_login_under_their_name",
    Action.SPARE_TAKEN_BACK: "lifecycle/test_spares.py::test_a_spare_login_is_taken_back_until_somebody_logs_in",
    Action.SPARE_JOINED: "lifecycle/test_spares.py::test_answer_times_attendance_and_history_move_to_the_right_one",
    Action.KEY_LIST_SHOWN: "pages/login_details/test_key_list.py"
    "::test_the_key_list_goes_by_room_with_reference_and_user_name_and_no_password",
    Action.KEY_LIST_CSV: "credentials/test_key_list.py::test_the_key_list_is_as_hidden_as_the_slips",
    Action.DETAILS_LISTED: "faults/test_records.py::test_each_way_to_open_login_details_is_recorded",
    Action.DETAILS_PRINTED: "faults/test_records.py::test_each_way_to_open_login_details_is_recorded",
    Action.DETAILS_CSV: "faults/test_records.py::test_each_way_to_open_login_details_is_recorded",
    Action.DETAILS_PDF: "faults/test_records.py::test_each_way_to_open_login_details_is_recorded",
    Action.DETAILS_REVEALED: "pages/login_details/test_one_login.py"
    "::test_the_question_shows_nothing_and_the_answer_shows_it_large",
    Action.PASSWORD_RENEWED: "credentials/test_renewing.py::test_it_is_recorded_without_the_password",
    Action.DETAILS_PURGED: "credentials/test_purging.py::test_purging_twice_purges_and_records_once",
    Action.KEYS_ROTATED: "credentials/test_purging.py::test_a_second_rotation_changes_and_records_nothing",
    Action.LIST_DOWNLOADED: "pages/candidates/test_candidates.py"
    "::test_a_download_is_recorded_and_looking_at_the_list_is_not",
    Action.HISTORY_DOWNLOADED: "pages/tests/test_history.py::test_the_download_is_recorded",
    Action.REFERENCES_SEEN: "faults/test_records.py"
    "::test_who_sees_private_references_is_recorded_once_and_who_sees_none_is_not",
    Action.ACCESS_REFUSED: "faults/test_records.py"
    "::test_who_is_refused_a_page_of_a_test_stands_in_its_history_once_a_minute",
    Action.STARTED: "faults/test_records.py"
    "::test_a_start_is_recorded_once_with_the_login_that_was_used_and_by_one_statement",
    Action.ANSWER_READ: "faults/test_records.py::test_a_grader_who_reads_an_answer_is_recorded_once_in_some_hours",
    Action.MONITOR_DOWNLOADED: "pages/monitor/test_monitor.py::test_the_download_is_what_is_shown_and_is_recorded",
    Action.MARKS_DOWNLOADED: "pages/grade/test_grade.py::test_the_download_holds_four_columns_and_is_recorded",
    Action.SUBMITTED: "credentials/test_standing_in_later.py"
    "::test_who_handed_in_is_recorded_with_the_login_that_was_used",
    Action.VERSION_READ: "pages/candidates/test_versions.py::test_reading_one_is_recorded_before_it_is_shown",
    Action.VERSION_RESTORED: "lifecycle/test_versions.py::test_a_version_is_put_back_and_what_stood_there_is_kept",
    Action.RESULTS_DOWNLOADED: "pages/results/test_results.py::test_a_download_is_what_is_shown_and_is_recorded",
    Action.SCALE_CHANGED: "lifecycle/test_scales.py::test_a_scale_is_stored_and_recorded_as_it_was_and_is",
    Action.MARKED: "lifecycle/test_grading.py::test_a_mark_is_kept_and_recorded_without_the_comment",
}
