"""What the server promises, and the tests that measure it: the scorecard's table of contents."""

_LIMIT = "tests/scorecard/test_every_secret_has_a_limit.py"
_CODES = "tests/races/test_parallel_codes.py"
_ONCE = "tests/races/test_used_once.py"
_ONCE_CODES = "tests/races/test_used_once_codes.py"
_KILL = "tests/crash/test_kill.py"
_WALKS = "tests/races/test_walks_through_codes.py"
_NODES = "tests/races/test_guesses_over_nodes.py"
_TIMES = "tests/scorecard/test_uniform_times.py"
_RSA = "tests/scorecard/test_hostile_key_exchange.py"

PROMISES: dict[str, tuple[str, ...]] = {
    "every operation that takes a secret has a limit": (
        f"{_LIMIT}::test_every_field_that_takes_a_secret_has_a_limit",
        f"{_LIMIT}::test_after_so_many_wrong_guesses_the_right_one_no_longer_helps",
    ),
    "guesses at once get no extra look": (
        "tests/races/test_parallel_guesses.py::test_two_hundred_wrong_pins_at_once_get_five_looks_and_one_lock",
        f"{_CODES}::test_guesses_at_one_code_get_three_looks",
        f"{_CODES}::test_guesses_at_a_challenge_get_three_looks_and_a_token_five",
        f"{_CODES}::test_guesses_at_the_code_of_an_account_opening_get_three_looks",
    ),
    "guesses spread over sessions, nodes and days count together": (
        "tests/races/test_spread_attempts.py::test_five_failures_lock_wherever_they_come_from",
        f"{_CODES}::test_guesses_spread_over_sessions_applications_and_channels_get_nine_looks_a_day",
        f"{_NODES}::test_guesses_at_one_node_and_the_other_count_together",
        f"{_NODES}::test_guesses_at_once_at_two_nodes_get_five_looks",
        "tests/scorecard/test_guesses_over_days.py::test_a_guesser_who_comes_every_day_meets_the_ceiling",
    ),
    "what is good once is taken once": (
        f"{_ONCE}::test_one_assertion_of_an_application_gives_one_access_token",
        f"{_ONCE_CODES}::test_one_token_of_the_vendors_unlocks_once_whoever_brings_it",
    ),
    "counters never fall after a crash or a flush": (
        f"{_KILL}::test_attempts_left_by_a_kill_count_as_failed_and_give_no_extra_look",
        "tests/crash/test_valkey_faults.py::test_guesses_are_counted_over_every_flush",
    ),
    "nothing answered is lost in a crash, a restart or a fault of the network": (
        f"{_KILL}::test_nothing_answered_is_missing_after_three_kills_in_the_middle_of_mixed_work",
        "tests/crash/test_valkey_faults.py::test_killed_under_load_it_costs_nobody_anything",
        "tests/faults/test_faults_under_load.py::test_a_part_lost_costs_nobody_anything_that_was_answered",
        "tests/faults/test_faults_under_load.py::test_a_bad_line_or_a_full_disk_costs_nobody_anything_that_was_answered",
    ),
    "it ends in order": (
        "tests/crash/test_ending.py::test_requests_in_flight_finish_and_the_process_ends_with_zero",
        "tests/crash/test_ending.py::test_under_load_it_is_first_no_longer_ready_and_fails_no_request_it_took",
    ),
    "a clock that is set changes nothing": (
        "tests/scorecard/test_clock_jumps.py::test_whatever_the_clock_does_nothing_counts_twice",
    ),
    "no step is skipped": (
        f"{_WALKS}::test_nobody_sets_access_by_skipping_replaying_or_moving_a_step",
        "tests/scorecard/test_step_skipping.py::test_nothing_is_gained_by_steps_out_of_turn",
    ),
    "whatever happens at once could have happened in some order": (
        "tests/histories/test_histories.py::test_random_histories_break_no_rule",
    ),
    "no secret is written anywhere": (
        "tests/leaks/test_planted_secrets.py::test_no_planted_secret_is_written_anywhere",
        "tests/leaks/test_planted_codes.py::test_no_planted_code_is_written_anywhere",
        "tests/leaks/test_crash_output.py::test_whatever_a_crash_quotes_is_in_no_log_and_no_answer",
        "tests/scorecard/test_constant_time.py::test_every_secret_is_compared_in_constant_time",
    ),
    "whoever is named, whatever is broken, it takes the same time": (
        f"{_TIMES}::test_wrong_passwords_take_the_same_time_whoever_is_named",
        f"{_TIMES}::test_every_cause_of_cannot_decrypt_takes_the_same_time",
        f"{_RSA}::test_whatever_is_sealed_takes_the_same_time",
    ),
    "hostile payloads, vectors, requests and bytes meet documented refusals": (
        f"{_RSA}::test_whatever_is_sealed_the_answer_is_one",
        "tests/crypto/test_wycheproof.py::test_every_vector_is_judged_as_published",
        "tests/scorecard/test_generated_requests.py::test_generated_requests_get_described_answers",
        "tests/scorecard/test_fuzzed_parsers.py::test_only_documented_refusals_come_out",
    ),
    "who is slow or too many harms nobody": (
        "tests/crash/test_neighbours.py::test_clients_that_dawdle_hold_nobody_up",
        "tests/crash/test_overload.py::test_ten_times_too_much_costs_little_of_what_it_can_do",
    ),
    "an hour of load leaves no trace": (
        "tests/scorecard/test_soak.py::test_a_soak_leaves_no_trace_but_its_records",
    ),
}
