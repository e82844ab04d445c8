//! What every database behind the `Store` trait must keep alike, as tests that know of no database in
//! particular.
//!
//! A database joins with a [`Place`] and one line: `crate::conformance::every_test!(its_place)`.

pub(crate) mod answers;
pub(crate) mod asks;
pub(crate) mod asks_listed;
pub(crate) mod atomicity;
pub(crate) mod audit;
pub(crate) mod claims;
pub(crate) mod descent;
pub(crate) mod endings;
pub(crate) mod enforcement;
pub(crate) mod history;
pub(crate) mod imports;
pub(crate) mod lifecycle;
pub(crate) mod loading;
pub(crate) mod make;
pub(crate) mod mirror;
pub(crate) mod order;
pub(crate) mod paging;
pub(crate) mod room;
pub(crate) mod seals;
pub(crate) mod search;
pub(crate) mod sessions_and_keys;
pub(crate) mod sorting;
pub(crate) mod standing;
pub(crate) mod tokens;
pub(crate) mod upkeep;
pub(crate) mod usage;
pub(crate) mod users;
pub(crate) mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use symbolon_core::store::{Change, Mutation, Store, StoreError};

/// One database, empty at first.
#[async_trait]
pub(crate) trait Place: Send + Sync {
    /// Opens it, or opens it again after the store before was closed.
    async fn open(&self) -> Arc<dyn Store>;
    /// Does something to it behind the store's back, in SQL that every database understands.
    async fn meddle(&self, sql: &str) -> Result<(), String>;
    /// Kind and id of every change record, in order; without those of mutations that have changed nothing.
    async fn changes(&self) -> Vec<(String, String)>;
    /// Whether the sink hears of what holds when it does, which a later change may have brought about, rather than of what
    /// each change has written.
    fn tells_what_holds(&self) -> bool {
        false
    }
    /// Another database of the same kind, empty.
    async fn another(&self) -> Box<dyn Place>;
}

/// Commits changes with one audit line each, at a moment that does not matter.
pub(crate) async fn commit(store: &dyn Store, changes: Vec<Change>) -> Result<(), StoreError> {
    store.commit(make::mutation(changes)).await
}

/// Commits what must be accepted.
pub(crate) async fn accept(store: &dyn Store, mutation: Mutation) {
    store.commit(mutation).await.expect("this mutation breaks no rule");
}

/// Asserts that the changes are refused with this text.
pub(crate) async fn refuse(store: &dyn Store, change: Change, text: &str) {
    let what = format!("{change:?}");
    let refusal = commit(store, vec![change]).await.expect_err(&what);
    assert_eq!(refusal.to_string(), text, "{what}");
}

/// Makes a test function of every conformance test, each with a new place of its own.
macro_rules! every_test {
    ($place:path) => {
        $crate::conformance::tests! { $place;
            answers {
                what_became_of_a_claim_is_kept_over_restarts
                a_key_is_its_tokens_own
                what_had_no_effect_is_claimed_anew
                a_lapsed_answer_is_forgotten
                of_many_claims_at_once_one_is_made
                a_claim_whose_row_cannot_be_read_lets_nothing_pass
            }
            asks {
                an_ask_is_kept_whole_with_what_was_said_to_it
                a_token_that_does_not_live_in_its_service_asks_for_nothing
                a_token_asks_so_often_in_a_day_and_no_more
                an_approval_is_given_whole_or_not_at_all
                of_many_answers_at_once_one_is_given
                asks_are_kept_for_so_long_and_no_longer
                an_ask_that_cannot_be_read_is_no_ask
            }
            asks_listed {
                every_filter_narrows_alone_and_with_every_other
                whose_token_it_is_now_decides_who_knows_of_its_asks
                no_gap_and_no_double_while_others_ask
            }
            atomicity {
                a_refused_change_takes_the_whole_mutation_with_it
                a_mutation_without_an_audit_line_is_refused
                a_refusal_leaves_the_neighbours_alone
                a_caller_that_goes_away_does_not_undo
            }
            audit {
                lines_are_kept_whole_and_numbered
                filters_narrow_alone_and_together
                lines_cannot_be_changed_or_removed
                the_chain_grows_in_the_order_of_commits
            }
            claims {
                a_claim_is_found_until_it_lapses
                a_taken_claim_refuses_the_whole_mutation
                a_lapsed_claim_is_taken_over
                of_many_at_once_one_gets_it
            }
            descent {
                a_derived_token_is_kept_whole
                nothing_is_derived_of_what_is_gone
                a_token_takes_all_that_descends_from_it_along
                a_removed_user_takes_along_what_descends_from_theirs
                children_are_listed_under_their_parent_and_counted
            }
            enforcement {
                the_last_switch_holds_and_is_loaded
                a_switch_whose_time_is_damaged_is_enforced
            }
            history {
                the_feed_and_the_load_agree
            }
            imports {
                an_imported_token_is_kept_whole_through_its_life
                a_row_is_imported_once_whatever_became_of_it
                a_foreign_hash_is_gone_with_the_upgrade_the_revocation_and_the_owner
                a_token_has_one_secret
                tokens_of_an_old_form_that_ended_are_expired
            }
            lifecycle {
                what_was_acknowledged_is_there_after_reopening
                commands_are_carried_out_in_their_order
                a_closed_store_says_so
                closing_while_writing_loses_nothing_acknowledged
                the_check_passes
            }
            loading {
                everything_live_is_loaded_and_nothing_else
                more_rows_than_one_read_takes_are_loaded_once
                of_many_only_broken_rows_are_left_out
                a_revocation_while_much_is_loaded_comes_before_it_or_after_it
                of_two_loads_at_once_there_is_one
                what_is_committed_later_follows
                a_row_that_cannot_be_read_is_left_out
                one_listener_only
            }
            order {
                the_sink_hears_in_the_order_of_the_record
            }
            paging {
                no_gap_and_no_double_while_others_insert
                lengths_are_kept_within_bounds
                users_keys_sessions_and_audit_come_in_pages
                a_foreign_cursor_is_no_page
            }
            seals {
                every_edit_of_a_row_that_grants_is_found
                a_planted_row_is_not_loaded
                what_was_taken_back_cannot_be_put_back
                what_is_found_later_is_not_handed_out
                what_is_broken_can_be_taken_back_and_is_then_no_alarm
                a_rotated_pepper_takes_everything_along
                a_digest_under_a_retired_pepper_is_refused
                of_more_than_are_remembered_the_newest_is
            }
            search {
                states_are_those_of_the_moment
                text_is_found_as_it_is_written
                service_and_owner_narrow
                prefix_use_and_age_narrow
            }
            sessions_and_keys {
                sessions_are_listed_while_they_live
                sessions_end_one_by_one_and_all_at_once
                a_session_needs_a_user
                keys_are_kept_and_taken_back
                key_refusals
            }
            sorting {
                every_order_is_kept_over_pages
                a_cursor_of_one_order_is_no_page_of_another
                a_scope_is_found_whole
            }
            room {
                only_what_lives_takes_a_place
                what_has_lain_unused_takes_no_place_and_is_listed_as_expired
                many_at_once_need_a_place_each
            }
            standing {
                a_right_that_has_gone_changes_nothing
                what_was_judged_by_a_user_who_has_changed_since_is_a_conflict
                so_already_can_wait_for_the_sink
            }
            tokens {
                a_token_is_kept_whole
                creations_that_are_refused
                a_change_is_kept_whole
                two_editors_cannot_overwrite_each_other
                a_token_keeps_its_identity
                a_token_is_given_to_somebody_who_is_there
                a_revoked_token_is_a_tombstone_for_ever
            }
            upkeep {
                a_last_use_never_goes_back
                a_use_is_no_change
                pruning_removes_what_has_ended
            }
            usage {
                counts_are_added_and_the_last_is_kept
                days_and_routes_are_put_together
                the_routes_of_many_tokens_are_read_at_once
                use_is_no_change_and_outlives_its_token
                days_that_are_over_are_forgotten_piece_by_piece
            }
            users {
                a_user_is_kept_whole
                a_change_of_a_user_is_kept_whole
                user_refusals
                a_removed_user_takes_tokens_and_sessions_along
                a_name_is_never_given_again
                each_token_of_a_removed_user_has_its_line
            }
            endings {
                an_end_is_told_once_and_another_end_anew
                what_is_told_is_walked_over_no_more
                of_a_token_that_was_edited_no_end_is_told
            }
            webhooks {
                a_webhook_begins_at_the_end_and_keeps_its_place
                two_writers_do_not_overwrite_each_other
                a_retry_begins_at_once
            }
        }
    };
}

macro_rules! tests {
    ($place:path; $($module:ident { $($test:ident)* })*) => {$(
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    $crate::conformance::$module::$test(&$place()).await;
                }
            )*
        }
    )*};
}

pub(crate) use {every_test, tests};
