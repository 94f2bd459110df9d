"""The register of fault cases: which tests show the numbered cases C1 to C75 and promises P1 to P18, or why not.

`python -m tests.fault_cases` prints it as Markdown; tests/test_fault_cases.py holds tests/fault-cases.md to that, and
every name to a test that is there. A name is a file below tests/, or a function of it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what happens, which tests show that the answer is safe, and what they do not show."""

    number: str
    what: str
    shown_by: tuple[str, ...] = ()
    not_shown: str = ""


def shown(number: str, what: str, *tests: str, but: str = "") -> Case:
    """Return a case that tests show; `but` says what of it they do not."""
    return Case(number, what, tests, but)


ACCESS = "test_access_table.py"
LISTS = "pages/user_lists/test_user_lists.py"
SIGNIN = "pages/signin/test_signin.py"
SITTING = "pages/sitting/test_sitting.py"
PAGES = "faults/test_pages.py"
CLOCK = "faults/test_clock.py"
IMPORTS = "pages/imports/test_imports.py"
USER_IMPORTS = "pages/imports/test_user_imports.py"

CASES: tuple[Case, ...] = (
    # Roles and objects
    shown(
        "C1",
        "Somebody who is logged out opens a page",
        f"{ACCESS}::test_only_the_named_people_get_in",
        f"{SIGNIN}::test_the_page_that_was_asked_for_comes_after_the_login",
        "site/test_addresses.py::test_logging_in_again_after_a_form_leads_to_the_page_of_the_form",
    ),
    shown(
        "C2",
        "A candidate types addresses of staff",
        f"{ACCESS}::test_only_the_named_people_get_in",
        "back_office/test_access.py::test_only_the_administrator_gets_in",
    ),
    shown(
        "C3",
        "A grader opens the pages of planners",
        f"{ACCESS}::test_only_the_named_people_get_in",
        "pages/grade/test_grade.py::test_a_grader_reaches_no_page_of_planners_and_invigilators",
    ),
    shown(
        "C4",
        "A planner has ids of another planner's objects",
        f"{ACCESS}::test_the_objects_of_others_are_not_there",
        "faults/test_foreign.py",
        f"{IMPORTS}::test_a_draft_is_its_owners_and_its_tests_only",
    ),
    shown(
        "C5",
        "Keys, owners, roles and states are posted that no form has",
        f"{PAGES}::test_fields_that_a_form_does_not_have_are_passed_over",
        f"{PAGES}::test_no_form_takes_an_owner_a_right_or_a_state_that_it_does_not_have",
        "pages/candidates/test_bulk.py::test_ticks_of_another_test_touch_nobody",
        "intake/test_columns.py::test_a_dangerous_heading_alone_is_refused",
    ),
    shown(
        "C6",
        "A list that is shared, unshared, or left by its owner",
        f"{LISTS}::test_with_whom_it_is_shared_to_use_may_use_it_only",
        f"{LISTS}::test_a_share_that_is_withdrawn_ends_at_the_next_click",
        f"{LISTS}::test_lists_of_somebody_who_leaves_pass_to_an_administrator",
        "back_office/test_accounts.py::test_lists_of_who_leaves_or_plans_no_more_pass_to_the_administrator_who_does_it",
    ),
    shown(
        "C7",
        "What a shared list shows",
        f"{LISTS}::test_a_shared_list_shows_names_and_user_names_and_nothing_else",
        f"{LISTS}::test_those_who_came_since_are_ready_to_add_with_one_press",
        f"{LISTS}::test_a_share_that_is_withdrawn_ends_at_the_next_click",
        f"{LISTS}::test_the_list_of_a_stranger_is_not_there",
        "pages/permanent_users/test_permanent_users.py::test_only_own_and_shared_lists_are_shown",
        f"{LISTS}::test_the_history_names_a_list_only_to_who_may_use_it",
    ),
    shown(
        "C8",
        "A list holds people who may not be added",
        f"{LISTS}::test_members_who_may_not_log_in_are_left_out_and_named",
        f"{LISTS}::test_of_many_members_who_may_not_log_in_the_first_are_named",
        but="An installation is one organisation: there are no users of another one.",
    ),
    shown(
        "C9",
        "A candidate changes the id in an address; session cookies are swapped",
        f"{SITTING}::test_a_candidate_of_another_test_finds_nothing",
        f"{SITTING}::test_another_persons_session_does_not_take_this_pages_text",
    ),
    shown(
        "C10",
        "What a one-time user sees",
        "pages/dashboard/test_dashboard.py::test_a_one_time_user_sees_exactly_the_own_test_and_the_demo_tests",
        "pages/dashboard/test_dashboard.py::test_a_one_time_user_finds_exactly_the_own_test_in_the_archive",
        "intake/test_door.py::test_the_same_id_on_two_tests_stays_two_candidates",
    ),
    shown(
        "C11",
        "A role is taken away from somebody who is logged in",
        f"{PAGES}::test_a_role_that_is_taken_away_is_gone_at_the_next_click",
        f"{PAGES}::test_who_is_no_contributor_any_more_finds_no_test_at_the_next_click",
    ),
    shown(
        "C12",
        "Somebody who works on a test is to be its candidate",
        "intake/test_sso.py::test_who_works_on_the_test_cannot_be_its_candidate",
        "intake/test_permanent.py::test_who_works_on_the_test_is_not_its_candidate",
        "lifecycle/test_contributors.py::test_staff_who_sits_the_test_is_refused",
        "test_grader_sees_no_person.py::test_a_grader_sees_no_person_in_any_byte",
    ),
    shown(
        "C13",
        "JSON, parts of pages and CSV",
        f"{ACCESS}::test_the_table_names_every_address",
        f"{ACCESS}::test_only_the_named_people_get_in",
        f"{ACCESS}::test_the_objects_of_others_are_not_there",
        f"{ACCESS}::test_data_parts_of_pages_and_files_are_refused_to_scripts_as_pages_are_to_people",
    ),
    shown(
        "C14",
        "Ids that can be counted through",
        "models/test_querysets.py::test_public_ids_are_random_and_have_no_look_alikes",
        f"{ACCESS}::test_nothing_is_found_by_the_number_that_the_database_counts_it_by",
        but="In the forms of planners staff and locations, and on a candidate's page the own account, carry the number "
        "of the database; no address but those of the back office takes one.",
    ),
    # Login and sessions
    shown(
        "C15",
        "A slip before activation, and before the opening",
        f"{SIGNIN}::test_before_activation_there_is_no_login",
        f"{PAGES}::test_before_activation_nothing_that_somebody_can_know_logs_in",
        f"{SIGNIN}::test_after_deactivation_a_slip_opens_nothing_and_after_activation_it_does_again",
        f"{SIGNIN}::test_before_the_opening_a_slip_works_already",
        f"{SITTING}::test_nobody_opens_a_test_before_its_opening",
    ),
    shown(
        "C16",
        "A slip after the end",
        f"{SIGNIN}::test_after_the_end_a_slip_opens_the_archive",
        f"{SITTING}::test_late_saves_and_submissions_are_refused",
        but="The Archive has no end in this product, so nobody is refused for being late for it.",
    ),
    shown(
        "C17",
        "Deactivated, removed, or with a new password",
        f"{SITTING}::test_sessions_end_by_the_next_request",
        f"{SIGNIN}::test_every_refusal_looks_the_same",
        "credentials/test_renewing.py::test_the_old_password_and_its_sessions_die_at_once",
        "credentials/test_standing_in.py::test_taken_back_the_login_and_its_session_end_and_the_answer_stays",
        "pages/permanent_users/test_permanent_users.py::test_who_is_deactivated_is_out_at_the_next_click_and_can_come_back",
        "back_office/test_accounts.py::test_staff_whose_account_ends_or_whose_password_is_another_are_out_at_the_next_click",
        "signin/test_sso_identities.py::test_r28_a_removed_candidate_is_refused_and_the_session_ends",
        "signin/test_sso_identities.py::test_r45_deactivation_ends_a_session_at_once",
    ),
    shown(
        "C18",
        "Names that exist, do not, or may not log in",
        f"{SIGNIN}::test_every_refusal_looks_the_same",
        "signin/test_login_costs.py::test_every_chosen_name_costs_one_slow_hash_and_one_query",
        "signin/test_guessing.py",
        but="That times of refusals lie within 20 ms of each other is measured by `make bench`, not tested.",
    ),
    shown(
        "C19",
        "Ten thousand guesses, at one name and over a hall",
        "signin/test_guessing.py",
        "signin/test_throttling_of_neighbours.py::test_1500_names_from_one_address_close_neither_a_name_nor_the_address",
        but="Who guesses at ever new names is slowed by the hash of each try alone: an address is never closed, or a "
        "hall would be.",
    ),
    shown(
        "C20",
        "A forged X-Forwarded-For",
        "site/test_middleware.py::test_the_address_of_a_client",
        "signin/test_throttling.py::test_a_forged_forwarded_address_does_not_open_a_closed_name",
        "signin/test_throttling.py::test_behind_the_proxy_the_address_that_it_wrote_counts",
        but="BEHIND_PROXY says that nobody but the proxy reaches the server; no address of a proxy is configured.",
    ),
    shown(
        "C21",
        "Odd names and passwords",
        f"{SIGNIN}::test_weird_names_are_only_wrong",
        f"{SIGNIN}::test_weird_passwords_are_only_wrong",
        f"{SIGNIN}::test_bytes_that_are_no_text_are_only_wrong",
        "signin/test_login_backends.py::test_names_are_folded_as_they_are_stored",
        "signin/test_login_costs.py::test_a_password_that_is_far_too_long_costs_nothing_whatever_the_name",
    ),
    shown(
        "C22",
        "The session before and after a login and a log-out",
        f"{SIGNIN}::test_the_session_gets_a_new_id_and_the_old_one_is_dead",
        f"{SIGNIN}::test_logging_out_is_a_post_and_kills_the_session_on_the_server",
        "signin/test_sso_sessions.py::test_c22_a_login_gets_a_session_of_its_own",
        "signin/test_idle.py::test_staff_who_do_nothing_for_an_hour_are_logged_out",
        "signin/test_anonymous_sessions.py::test_no_address_makes_a_session_for_who_is_not_logged_in",
        f"{SIGNIN}::test_pages_are_kept_by_no_cache",
        but="That the back button shows nothing is left to browsers, which are told `no-store`.",
    ),
    shown(
        "C23",
        "A login from another site, with an old token, over another login",
        f"{SIGNIN}::test_a_login_from_another_site_is_refused_in_words",
        f"{SIGNIN}::test_a_form_from_before_a_login_in_another_tab_is_refused_in_words_and_goes_once_it_is_loaded_again",
        f"{SIGNIN}::test_logging_in_as_somebody_else_is_a_full_switch",
        "signin/test_sso_sessions.py::test_c23_who_logs_in_while_somebody_else_is_logged_in_carries_nothing_over",
    ),
    shown(
        "C24",
        "A page elsewhere to go to after the login",
        f"{SIGNIN}::test_an_address_elsewhere_is_dropped",
        "signin/test_sso_sessions.py::test_an_address_elsewhere_is_dropped",
    ),
    shown(
        "C25",
        "Cookies, and secrets in addresses and logs",
        "test_settings.py::test_by_default_everything_goes_over_https_only",
        "test_settings.py::test_sessions_outlive_the_longest_test",
        "signin/test_idle.py::test_cookies_end_with_the_browser_for_everybody",
        "site/test_middleware.py::test_pages_stand_in_no_frame_and_tell_other_sites_nothing",
        "site/test_logs.py::test_a_login_right_or_wrong_leaves_no_secret_in_any_log_record",
        "pages/login_details/test_login_details.py::test_a_password_is_found_nowhere_but_on_what_was_asked_for",
        "test_planted_secrets.py",
    ),
    shown(
        "C26",
        "Two devices with one slip",
        f"{SITTING}::test_two_devices_with_one_login_both_work",
        f"{PAGES}::test_each_device_that_logs_in_with_a_slip_is_recorded_with_its_address",
        but="Monitor shows one line for each candidate; that there were two devices stands in the audit.",
    ),
    shown(
        "C27",
        "A planner gives a permanent user a new password",
        "credentials/test_permanent_details.py::test_a_planner_replaces_an_own_password_and_is_told_what_that_means",
        "credentials/test_rights.py::test_planners_of_every_unfinished_test_and_administrators_may",
        "pages/permanent_users/test_permanent_users.py::test_a_new_password_is_shown_once_and_ends_sessions",
    ),
    shown(
        "C28",
        "GET on what changes something",
        f"{ACCESS}::test_only_the_named_people_get_in",
        f"{SIGNIN}::test_logging_out_is_a_post_and_kills_the_session_on_the_server",
        f"{SITTING}::test_what_writes_takes_post_only",
        "pages/candidates/test_bulk.py::test_get_changes_nothing",
        "signin/test_sso_states.py::test_a_state_that_was_not_given_changes_nothing",
    ),
    shown(
        "C29",
        "Refusals of a login through an institution (R1 to R45)",
        "signin/test_sso_tokens.py",
        "signin/test_sso_states.py",
        "signin/test_sso_layers.py",
        "signin/test_sso_sessions.py",
        "signin/test_sso_identities.py",
        "signin/test_sso_failing.py",
        "signin/test_sso_circuit.py",
    ),
    shown(
        "C30",
        "Keys that change, are missing, or are lost",
        "credentials/test_renewing.py::test_a_new_secret_key_with_the_old_one_as_fallback_logs_nobody_out",
        "site/test_checks.py::test_nothing_starts_without_a_key_and_the_setting_is_named",
        "credentials/test_purging.py::test_a_lost_seal_key_is_named_and_keeps_nobody_out",
        "credentials/test_showing.py::test_all_keys_lost_is_a_refusal_that_says_what_to_do",
        "operations/test_upgrading.py",
    ),
    shown(
        "C31",
        "The counter of tries is lost",
        "signin/test_guessing.py::test_a_store_of_tries_that_is_lost_again_and_again_still_bounds_the_guesser",
        "signin/test_throttling_of_neighbours.py::test_a_counter_that_was_lost_counts_again",
        "faults/test_outage.py::test_nobody_is_half_logged_in",
        but="The counter lies in the database: where that takes nothing nobody logs in (C59), so nothing is closed for "
        "staff alone. Slips are not counted, since nobody guesses 64 bits.",
    ),
    # Files
    shown(
        "C32",
        "Marks, line ends, blank lines, quotes",
        "intake/test_reading.py",
        "intake/test_cells.py::test_an_id_that_cannot_be_right_is_refused_with_a_proposal_where_there_is_one",
    ),
    shown(
        "C33",
        "UTF-16 and Windows-1252",
        "tabular/test_encodings.py",
        "intake/test_reading.py::test_the_same_list_is_read_alike_however_it_was_saved",
        f"{IMPORTS}::test_letters_that_were_guessed_must_be_confirmed",
    ),
    shown(
        "C34",
        "Two encodings in one file",
        "intake/test_reading.py::test_a_file_with_a_defect_is_refused_with_its_line_and_the_reason",
    ),
    shown(
        "C35",
        "Semicolons and tabs",
        "intake/test_reading.py::test_the_delimiter_is_the_one_that_gives_most_rows_the_same_width",
    ),
    shown("C36", "Headings", "intake/test_headings.py", "intake/test_columns.py"),
    shown(
        "C37",
        "How many columns",
        "intake/test_columns.py::test_an_sso_list_takes_two_to_five_columns",
        "intake/test_columns.py::test_six_columns_are_too_many_for_sso_and_one_is_too_few",
        "intake/test_columns.py::test_a_table_that_is_no_list_of_one_time_users_is_refused",
    ),
    shown(
        "C38",
        "Short and long rows, open quotes, nothing",
        "intake/test_columns.py::test_a_table_that_is_no_list_of_one_time_users_is_refused",
        "intake/test_columns.py::test_without_a_header_the_published_order_holds",
        "intake/test_columns.py::test_a_few_long_rows_are_problems_of_those_rows",
        "intake/test_reading.py::test_a_file_with_a_defect_is_refused_with_its_line_and_the_reason",
        but="A short row is taken: cells that are missing at its end are empty, as spreadsheets save them.",
    ),
    shown(
        "C39",
        "Characters that nobody sees; emoji",
        "intake/test_reading.py::test_a_hidden_character_is_spelt_out_and_a_problem_of_its_cell_alone",
        "intake/test_reading.py::test_emoji_and_letters_of_four_bytes_are_kept_exactly",
    ),
    shown(
        "C40",
        "Files without end",
        "intake/test_reading_bounds.py",
        f"{IMPORTS}::test_a_file_past_every_bound_ends_on_the_form_and_nothing_lands_on_disk",
        but="An upload that is sent slowly is the proxy's to cut (docs/operations/deployment.md).",
    ),
    shown(
        "C41",
        "Files that are something else; bombs",
        "intake/test_reading_bounds.py",
        "tabular/test_xlsx.py",
        "intake/test_reading.py::test_a_file_with_a_defect_is_refused_with_its_line_and_the_reason",
        but="That each takes less than a second is not tested: the tests hold it to three.",
    ),
    shown(
        "C42",
        "Candidate IDs that look like formulas",
        "intake/test_cells.py::test_what_looks_like_a_formula_survives_export_and_import",
        "tabular/test_exporting.py",
    ),
    shown(
        "C43",
        "Markup, templates, line breaks and paths in names",
        "faults/test_markup.py",
        f"{IMPORTS}::test_the_cells_of_a_hostile_file_are_text",
        f"{IMPORTS}::test_a_file_name_is_text_only",
        "pages/login_details/test_login_details.py::test_file_names_say_which_test_and_how",
        f"{LISTS}::test_markup_in_the_name_of_a_list_is_text",
    ),
    shown(
        "C44",
        "The same Candidate ID or person twice",
        "intake/test_columns.py::test_an_id_clashes_by_case_space_and_form",
        "intake/test_columns.py::test_sso_rows_name_the_person_once",
        "intake/test_door.py::test_twins_by_case_or_width_are_refused_with_the_row",
    ),
    shown(
        "C45",
        "Extra time that is no number",
        "intake/test_cells.py::test_extra_time_is_whole_minutes_or_a_percentage_rounded_up",
        "intake/test_cells.py::test_extra_time_that_is_no_whole_minutes_is_refused",
    ),
    shown(
        "C46",
        "Past 1500",
        "intake/test_door.py::test_past_1500_the_whole_batch_is_refused",
        "intake/test_door.py::test_exactly_1500_fit",
        "intake/test_door.py::test_1500_of_whom_one_is_on_the_test_already_are_refused_whole",
        f"{IMPORTS}::test_a_list_longer_than_a_test_is_refused_with_the_places_left",
        f"{IMPORTS}::test_a_list_that_no_longer_fits_is_refused_whole",
        but="Where the planner leaves those alone who are on the test, a file of 1500 adds the others.",
    ),
    shown(
        "C47",
        "An SSO setup that is unknown or switched off",
        "intake/test_sso.py::test_a_type_that_is_switched_off_is_refused_by_the_door_and_in_the_preview",
        "intake/test_sso.py::test_another_authentication_type_since_the_preview_asks_to_look_again",
    ),
    shown(
        "C48",
        "A preview that is confirmed twice, too late, by others, or after a change",
        f"{IMPORTS}::test_confirming_twice_adds_once_and_says_so",
        f"{IMPORTS}::test_an_expired_draft_is_404",
        f"{IMPORTS}::test_a_draft_is_its_owners_and_its_tests_only",
        f"{IMPORTS}::test_what_changed_since_the_preview_asks_to_look_again",
        "pages/tests/test_putting_away.py::test_what_meets_the_deletion_of_its_test_finds_nothing",
    ),
    shown(
        "C49",
        "A file of permanent users that are known",
        "intake/accounts/test_running.py",
        "intake/accounts/test_checking.py::test_permanent_users_are_known_by_username_external_id_and_printed_name",
        "intake/accounts/test_checking.py::test_each_defect_of_a_cell_is_named",
        f"{USER_IMPORTS}::test_the_preview_says_whose_passwords_are_not_those_of_the_file",
    ),
    shown(
        "C50",
        "A file of permanent users that names staff",
        "intake/accounts/test_checking.py::test_a_sentence_does_not_tell_what_kind_of_account_has_the_name",
    ),
    shown(
        "C51",
        "A list that goes out and comes back",
        "intake/test_exports.py::test_the_list_comes_back_equal_on_another_test_and_says_what_it_leaves_out",
        "intake/test_export_again.py",
        but="Two seconds for 1500 rows are measured by `make bench`, not tested.",
    ),
    # Races and faults
    shown(
        "C52", "Eight activations at once", "races/test_activation.py::test_of_8_activations_at_once_one_makes_one_set"
    ),
    shown(
        "C53",
        "Activation during an import",
        "races/test_activation.py::test_nobody_imported_during_activation_is_left_without_a_login",
    ),
    shown(
        "C54",
        "16 imports at the cap at once",
        "races/test_cap.py::test_of_16_batches_of_200_exactly_7_come_in",
        f"{IMPORTS}::test_a_list_that_no_longer_fits_is_refused_whole",
    ),
    shown(
        "C55",
        "Two planners edit the same",
        "lifecycle/test_editing.py::test_changes_to_different_fields_both_survive",
        "lifecycle/test_editing.py::test_a_conflict_names_what_the_other_one_did",
        "races/test_setup.py",
    ),
    shown(
        "C56",
        "Candidates are removed and lists unshared under somebody's hands",
        f"{SITTING}::test_sessions_end_by_the_next_request",
        f"{SITTING}::test_who_is_removed_from_one_of_two_tests_finds_it_nowhere_and_stays_on_the_other",
        "lifecycle/test_sitting.py::test_a_candidate_who_was_removed_meanwhile_does_not_start",
        "races/test_removal.py",
        "races/test_lists_meet.py",
        "races/test_lock_order.py",
        "faults/test_deadlock.py",
        "races/test_permanent_users.py::test_a_list_is_added_while_its_members_change_and_its_share_is_withdrawn",
        "races/test_sending.py::test_a_test_that_is_deleted_while_candidates_are_added_leaves_nothing",
        "pages/tests/test_putting_away.py::test_what_meets_the_deletion_of_its_test_finds_nothing",
    ),
    shown(
        "C57",
        "Import, activation, key rotation and purge are killed",
        "faults/test_killed_acts.py",
        "races/test_cap.py::test_an_import_that_is_killed_at_any_statement_leaves_nothing",
        "races/test_activation.py::test_activation_that_is_killed_at_any_statement_leaves_nothing",
        "races/test_user_import.py::test_a_worker_that_is_killed_loses_no_row_and_stores_none_twice",
    ),
    shown(
        "C58",
        "A worker (40 times), and the whole server (6 times), are killed while a hall writes",
        "faults/test_killed_server.py",
    ),
    shown(
        "C59",
        "The database is full, read-only, locked or gone; the clock jumps",
        "faults/test_outage.py",
        "faults/test_database_gone.py",
        f"{CLOCK}::test_a_server_clock_that_jumps_an_hour_logs_nobody_out_and_loses_no_word",
        f"{CLOCK}::test_a_purge_by_a_clock_that_is_an_hour_off_takes_no_password_of_a_test_that_goes_on",
        but="There is no cache that could be gone. A full disk under PostgreSQL is known by its code, not made.",
    ),
    shown(
        "C60",
        "A provider hangs, fails, or changes keys",
        "signin/test_sso_failing.py",
        "signin/test_sso_circuit.py",
        "signin/test_sso_connections.py",
        "test_sso_down_drill.py",
    ),
    shown(
        "C61", "The audit takes no row", "faults/test_audit_store.py", but="The product sends no mail that could fail."
    ),
    shown(
        "C62",
        "100,000 candidates are migrated; a backup is put back",
        "operations/test_migrating.py",
        "operations/test_backup.py",
        "operations/test_restored_people.py",
        f"{CLOCK}::test_a_copy_that_a_backup_brings_back_is_purged_again",
        "pages/login_details/test_login_details.py::test_after_the_purge_the_page_says_so_and_nothing_opens",
        but="A copy brings back passwords, sessions and accounts as they were: what was renewed or deactivated since "
        "has to be done again, by hand. On SQLite nobody writes while a step of a migration is made.",
    ),
    # Time
    shown(
        "C63",
        "Start and end to the second, in every zone",
        "timing/test_stages.py::test_the_stage_changes_to_the_second",
        "lifecycle/test_sitting.py::test_the_opening_counts_to_the_microsecond",
        "lifecycle/test_sitting.py::test_the_own_end_is_the_first_moment_that_is_too_late",
        "test_templatetags.py::test_the_same_moment_in_another_zone_reads_the_same",
        f"{CLOCK}::test_planner_and_candidate_read_the_same_moments_and_the_zone_wherever_they_sit",
    ),
    shown(
        "C64",
        "Half past two in the two nights",
        "pages/shared/test_fields.py::test_the_hour_that_the_spring_night_leaves_out_is_refused",
        "pages/shared/test_fields.py::test_the_hour_that_the_autumn_night_has_twice_must_be_chosen",
        "pages/tests/test_tests.py::test_the_hour_that_the_spring_night_leaves_out_is_refused_with_the_reason_and_nothing_is_stored",
        "pages/tests/test_tests.py::test_the_later_of_two_half_past_twos_can_be_chosen",
        "pages/tests/test_tests.py::test_a_window_over_a_night_of_two_clocks_lasts_its_real_minutes",
    ),
    shown(
        "C65",
        "Extra time over a night, and during the test",
        f"{CLOCK}::test_extra_time_over_a_night_lasts_its_real_minutes",
        f"{CLOCK}::test_time_that_is_given_during_the_test_counts_at_once_and_is_recorded",
        "timing/test_timing.py::test_half_an_hour_is_half_an_hour_when_the_clock_changes",
    ),
    shown(
        "C66",
        "Ends before starts, odd years, leap days",
        "pages/tests/test_tests.py::test_a_test_that_does_not_fit_is_refused_with_a_sentence_and_nothing_typed_is_lost",
        "pages/tests/test_tests.py::test_a_leap_day_is_a_day",
    ),
    shown(
        "C67",
        "A browser's clock that is wrong",
        f"{CLOCK}::test_no_page_of_a_candidate_reads_the_clock_of_its_browser",
        f"{CLOCK}::test_the_page_tells_what_is_left_and_not_when_a_clock_says_it_is_over",
    ),
    # Privacy and the audit
    shown(
        "C68",
        "What a grader can learn of persons",
        "test_grader_sees_no_person.py",
        "pages/grade/test_grade.py::test_searching_for_a_person_finds_nobody",
        "test_grader_sees_no_person.py::test_looking_for_a_person_answers_like_looking_for_nobody",
        "pages/grade/test_grade.py::test_the_order_is_that_of_the_candidate_id",
        "pages/grade/test_grade.py::test_times_and_extra_time_change_no_byte_of_the_page",
    ),
    shown(
        "C69",
        "Names as Candidate IDs",
        "pages/user_lists/test_permanent_select.py::test_ticked_people_come_on_the_test_by_way_of_the_preview",
        "test_grader_sees_no_person.py::test_a_grader_sees_nothing_of_permanent_users_with_generated_numbers",
        "pages/user_lists/test_permanent_select.py::test_generated_numbers_are_one_press_and_keep_the_names_for_planners",
    ),
    shown(
        "C70",
        "A Candidate ID that tells who it is",
        "intake/test_cells.py::test_ids_that_tell_graders_who_somebody_is_are_seen",
        "intake/test_columns.py::test_ids_that_look_personal_are_warned_of_and_ready",
        "intake/test_columns.py::test_sso_rows_name_the_person_once",
        "intake/test_permanent.py::test_a_candidate_id_by_which_graders_know_the_person_is_pointed_out_and_ready",
        but="Planners do not see e-mail addresses: of a permanent user's, only what looks like a name is pointed out.",
    ),
    shown(
        "C71",
        "The audit is written once, in text",
        "back_office/test_accounts.py::test_the_audit_is_read_only",
        "back_office/test_access.py::test_only_the_administrator_gets_in",
        "faults/test_records.py::test_a_refused_login_is_recorded",
        f"{PAGES}::test_the_audit_shows_what_is_in_it_as_text_and_each_act_in_one_row",
        "test_audit.py::test_a_row_says_who_what_when_and_from_where",
        "pages/login_details/test_login_details.py::test_a_stranger_gets_404_and_the_try_is_recorded",
        "pages/login_details/test_login_details.py::test_before_activation_a_try_is_refused_and_recorded",
        "test_audit.py::test_rows_outlive_the_person_and_the_test",
        "pages/permanent_users/test_permanent_users.py::test_of_somebody_who_sat_tests_results_stay_without_a_person",
        "operations/test_sealing.py::test_the_first_row_that_was_changed_is_named",
        f"{ACCESS}::test_only_the_named_people_get_in",
    ),
    shown(
        "C72",
        "What the audit records",
        "test_fault_cases.py::test_every_act_of_the_audit_has_a_test_that_is_there",
        "mutation/test_recorded_acts.py::test_without_its_row_the_test_of_each_act_fails",
        "faults/test_records.py",
        "intake/test_importing.py::test_the_audit_names_the_draft_and_the_digest_of_the_file",
        but="Of refusals, those of logins, of login details and of pages of a test have a row. Another page that "
        "somebody may not open leaves a line in the log.",
    ),
    shown(
        "C73",
        "Somebody asks to be erased",
        "pages/permanent_users/test_permanent_users.py::test_of_somebody_who_sat_tests_results_stay_without_a_person",
        "pages/permanent_users/test_permanent_users.py::test_somebody_on_no_test_is_deleted_for_good",
        "pages/sso_setups/test_sso_setups.py::test_of_somebody_who_sat_tests_results_stay_without_a_person",
        "pages/sso_setups/test_sso_setups.py::test_somebody_on_no_test_is_deleted_for_good",
        "signin/test_sso_identities.py::test_c73_who_was_deleted_is_unknown_until_imported_anew",
        "races/test_sso_deleted.py",
        but="A Candidate ID that is a name stays, as do backups until they are deleted.",
    ),
    shown(
        "C74",
        "Addresses behind the pages, and traces",
        f"{PAGES}::test_an_address_that_looks_behind_the_pages_finds_nothing",
        f"{PAGES}::test_no_script_names_a_source_map",
        f"{PAGES}::test_a_fault_of_ours_shows_no_trace",
    ),
    shown(
        "C75",
        "A shared proxy, and the back button",
        "site/test_middleware.py::test_no_answer_is_kept_by_caches_or_the_back_button",
        f"{SITTING}::test_answers_are_not_kept_by_browsers",
    ),
)

PROMISES: tuple[Case, ...] = (
    shown("P1", "The login storm", "storm/test_storm.py", but="The figures of 1500 are measured by `make storm`."),
    shown(
        "P2",
        "The same through institutions",
        "signin/test_sso_tokens.py::test_a_login_takes_two_calls_at_most_once_addresses_and_keys_are_kept",
        "signin/test_sso_circuit.py::test_r44_local_login_needs_no_provider",
        "signin/test_sso_circuit.py::test_with_every_place_taken_the_same_address_works_a_moment_later",
        but="The figures of 1500, and of local logins beside a provider that takes 2 s, are measured by `make bench`.",
    ),
    shown(
        "P3",
        "Activation is quick, whole, once",
        "races/test_activation.py",
        "faults/test_killed_acts.py",
        "pages/tests/test_activation.py::test_a_second_click_is_told_that_the_test_is_activated",
        "lifecycle/test_activation.py::test_deactivation_shuts_out_and_reactivation_lets_in_with_the_same_details",
        but="Ten seconds for 1500 are measured by `make bench`. Kills meet fewer candidates, in the same transaction.",
    ),
    shown(
        "P4",
        "The cap holds",
        "races/test_cap.py",
        "intake/test_door.py::test_past_1500_the_whole_batch_is_refused",
        "intake/test_door.py::test_no_other_module_makes_candidates",
        "models/test_constraints.py",
    ),
    shown(
        "P5",
        "Imports are all or nothing",
        "intake/test_importing.py",
        "faults/test_killed_acts.py",
        f"{IMPORTS}::test_the_button_the_message_and_the_database_say_the_same_number",
        but="The seconds for preview and commit of 1500 rows are measured by `make bench`. An import of permanent "
        "users, which may have 150,000 rows, is stored in chunks: what is stored stays when it is stopped.",
    ),
    shown(
        "P6",
        "Hostile files are harmless",
        "intake/test_reading_bounds.py",
        "pages/imports/test_hostile_files.py",
        f"{IMPORTS}::test_every_file_with_a_defect_ends_in_a_preview_or_a_sentence",
        f"{IMPORTS}::test_a_file_past_every_bound_ends_on_the_form_and_nothing_lands_on_disk",
        but="A file of permanent users may hold 150,000 rows and 50 MiB: time and memory are not held to these bounds, "
        "and how many are read at once is the proxy's to limit (docs/operations/deployment.md).",
    ),
    shown(
        "P7",
        "Nobody reaches what belongs to others",
        ACCESS,
        "back_office/test_access.py",
        f"{USER_IMPORTS}::test_another_administrator_finds_nothing_of_a_file",
    ),
    shown("P8", "Graders see Candidate IDs only", "test_grader_sees_no_person.py", "test_planted_secrets.py"),
    shown(
        "P9",
        "Ended means ended",
        f"{SITTING}::test_sessions_end_by_the_next_request",
        "signin/test_sso_identities.py::test_r28_a_removed_candidate_is_refused_and_the_session_ends",
        "signin/test_sso_identities.py::test_r27_an_inactive_user_is_refused",
        "signin/test_sso_identities.py::test_r45_deactivation_ends_a_session_at_once",
        "credentials/test_standing_in.py::test_taken_back_the_login_and_its_session_end_and_the_answer_stays",
        "pages/permanent_users/test_permanent_users.py::test_who_is_deactivated_is_out_at_the_next_click_and_can_come_back",
    ),
    shown(
        "P10",
        "Guessing fails",
        "credentials/test_secrets.py::test_a_password_has_64_bits_and_no_look_alikes",
        "signin/test_guessing.py",
        "signin/test_login_costs.py::test_every_chosen_name_costs_one_slow_hash_and_one_query",
        "signin/test_throttling_of_neighbours.py",
        but="That times of refusals lie within 20 ms of each other is measured by `make bench`, not tested.",
    ),
    shown(
        "P11",
        "SSO identities cannot be swapped",
        "signin/test_sso_tokens.py",
        "signin/test_sso_states.py",
        "signin/test_sso_sessions.py",
        "signin/test_sso_identities.py",
        "signin/test_sso_failing.py",
        "signin/test_sso_circuit.py",
        "races/test_sso_pin.py",
    ),
    shown("P12", "The drill without SSO", "test_sso_down_drill.py"),
    shown(
        "P13",
        "Views of login details are accounted for, and no secret lies anywhere",
        "pages/login_details/test_login_details.py::test_every_opening_is_recorded_with_who_and_whom",
        "test_audit.py::test_a_row_says_who_what_when_and_from_where",
        "pages/login_details/test_login_details.py::test_nothing_that_is_opened_stays_in_a_cache_or_leaves_with_a_link",
        "credentials/test_showing.py",
        "faults/test_audit_store.py",
        "test_planted_secrets.py",
    ),
    shown("P14", "A restart is harmless", "faults/test_killed_server.py", "faults/test_database_gone.py"),
    shown(
        "P15",
        "The right time",
        "timing/test_timing.py",
        CLOCK,
        "test_templatetags.py",
        "lifecycle/test_sitting.py::test_the_opening_counts_to_the_microsecond",
        "lifecycle/test_sitting.py::test_the_own_end_is_the_first_moment_that_is_too_late",
        "pages/shared/test_fields.py::test_the_hour_that_the_spring_night_leaves_out_is_refused",
        "pages/shared/test_fields.py::test_the_hour_that_the_autumn_night_has_twice_must_be_chosen",
        f"{SITTING}::test_the_end_of_another_candidate_does_not_move",
    ),
    shown("P16", "Safe by default", "site/test_checks.py", "test_settings.py"),
    shown(
        "P17",
        "Patched",
        "test_pins.py",
        "test_audit_of_pins.py",
        but="Known weaknesses are looked up by `make audit`, where their data can be reached. How soon a mended "
        "version is taken over, no test shows.",
    ),
    shown("P18", "A backup restores", "operations/test_backup.py"),
)


def markdown() -> str:
    """Return the register as a table for people."""
    lines = [
        "# Fault cases",
        "",
        "Written by `python -m tests.fault_cases > tests/fault-cases.md`; a test holds it to the register.",
    ]
    for title, cases in (("Cases", CASES), ("Promises", PROMISES)):
        lines += ["", f"## {title}", "", "| | what happens | shown by | not shown, and why |", "|---|---|---|---|"]
        for case in cases:
            names = "<br>".join(_link(name) for name in case.shown_by)
            lines.append(f"| {case.number} | {case.what} | {names} | {case.not_shown} |")
    return "\n".join(lines) + "\n"


def _link(name: str) -> str:
    file, _, function = name.partition("::")
    return f"[{file}]({file})" + (f" {function.removeprefix('test_').replace('_', ' ')}" if function else "")


if __name__ == "__main__":
    print(markdown(), end="")
