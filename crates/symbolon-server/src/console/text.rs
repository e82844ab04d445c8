//! Every English text of the console, in one place: another language is another [`Text`]. Names in braces are filled
//! in by [`fill`]; `…_one` and `…_many` are chosen by [`counted`]. What the API says of a field is the API's.
//!
//! The file is a list to be translated and not code to be read, and so may be long.

macro_rules! texts {
    ($($key:ident = $text:expr;)*) => {
        /// The texts by name.
        #[derive(Debug)]
        pub(super) struct Text {
            $(pub(super) $key: &'static str,)*
        }

        /// In English.
        pub(super) const EN: Text = Text { $($key: $text,)* };

        /// Each with its name, for tests.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($key), $text)),*];
    };
}

texts! {
    lang = "en-GB";

    // Everywhere
    skip = "Skip to the content";
    nav_service = "Service:";
    nav_sections = "Sections";
    nav_menu = "(your menu)";
    nav_tokens = "Tokens";
    nav_catalog = "Catalog";
    nav_asks = "Asks";
    nav_waiting = "wait for an answer";
    nav_people = "People";
    nav_keys = "Keys";
    nav_sessions = "Sessions";
    nav_audit = "Audit";
    nav_health = "Health";
    nav_account = "Account";
    crumbs = "You are here";
    foot = "Times are in your zone; hold the pointer over one for UTC.";
    to_start = "To the beginning";
    cancel = "Cancel";
    save = "Save";
    show = "Show";
    edit = "Edit";
    optional = "(optional)";
    never = "Never";
    today = "Today";
    from = "from";
    somewhere = "an unknown address";
    and = "and";
    copy = "Copy";
    copied = "Copied";
    copy_failed = "Could not copy. It is selected: copy it with the keyboard.";
    select = "Select";
    select_all = "Select all";
    selected = "selected";
    none_selected = "None selected";
    pause = "Pause";
    resume = "Resume";
    pages = "Pages";
    first_page = "First page";
    next_page = "Next page";
    not_saved = "Nothing was changed yet";
    what_follows = "What follows";
    facts = "Facts";
    identifier = "Identifier";
    description = "Description";
    metadata = "Metadata";
    rate_limit = "Request limit";
    rate_limit_hint = "At most so many requests, such as 100/1m. Empty: {default}.";
    rate_limit_most = "At most so many requests, such as 100/1m, within {most}. Empty: {default}.";
    rate_limit_none = "none";
    rate_limit_default = "as the service says ({rate})";
    rate_limit_refused_one = "{n} request was refused for it or for the service's in 30 days";
    rate_limit_refused_many = "{n} requests were refused for it or for the service's in 30 days";
    change_limit = "Limit of changes";
    change_limit_hint = "At most so many requests that change something, such as 20/1h: all but GET, HEAD and OPTIONS. Empty: as many as at all.";
    derive = "May make tokens";
    derive_hint = "Tokens that can do less, without a person; they end with it. How many generations may descend from it; 0: it makes none.";
    derive_shown = "yes, {n} generations deep";
    derive_one = "yes, one generation deep";
    derived_from = "Made by the token";
    children = "Tokens made by it";
    children_more = "All of them";
    metadata_hint = "For programs and people: one entry a line, such as team=printing. No secrets.";
    restrict = "Restrictions";
    restrict_hint = "Everything that is filled in must hold; of several lines in a field, one. What is left empty restricts nothing.";
    restrict_networks = "Only from these addresses";
    restrict_networks_hint = "A network or an address on each line, such as 10.0.0.0/8.";
    restrict_methods = "Only by these methods";
    restrict_methods_hint = "A method on each line, such as GET.";
    restrict_paths = "Only at these paths and below";
    restrict_paths_hint = "A path on each line, as the catalog has it, such as /printers.";
    restrict_parameters = "Only for these values of a path's parameters";
    restrict_parameters_hint = "A value on each line, such as name=7. There are {names}.";
    restrict_parameters_none = "No path of this catalog has any.";
    restricted_from = "from {what}";
    restricted_by = "by {what}";
    restricted_under = "under {what}";
    restricted_where = "where {name} is {what}";
    restricted_none = "restricted to nothing";
    format_minute = "%-d %b %Y, %H:%M UTC";
    format_exact = "%Y-%m-%d %H:%M:%S UTC";
    format_day = "%-d %B %Y";
    just_now = "just now";
    minutes_ago_one = "{n} minute ago";
    minutes_ago_many = "{n} minutes ago";
    hours_ago_one = "{n} hour ago";
    hours_ago_many = "{n} hours ago";
    days_ago_one = "{n} day ago";
    days_ago_many = "{n} days ago";
    seconds_left = "less than a minute left";
    minutes_left_one = "{n} minute left";
    minutes_left_many = "{n} minutes left";
    hours_left_one = "{n} hour left";
    hours_left_many = "{n} hours left";
    days_one = "{n} day";
    days_many = "{n} days";
    requests_one = "{n} request";
    requests_many = "{n} requests";
    tokens_one = "{n} token";
    tokens_many = "{n} tokens";
    column_name = "Name";
    column_state = "State";
    column_owner = "Owner";
    column_scope = "Scope";
    column_scopes = "Scopes";
    column_created = "Created";
    column_expires = "Expires";
    column_last_used = "Last used";
    column_requests = "Last 30 days";
    column_from = "From";
    column_signed_in = "Signed in";
    column_ends = "Ends";
    column_action = "Action";
    column_day = "Day";
    column_count = "Requests";
    column_last = "Last";
    column_last_needed = "Last needed";
    column_operation = "Operation";
    column_outcome = "Outcome";

    // When something is not as it was asked for
    foreign_title = "That form is not one of ours";
    foreign_detail = "Nothing was changed. The form came from another page, or your session changed while it was open. Go back to the beginning and try again.";
    incomplete_title = "The form did not arrive whole";
    incomplete_detail = "Nothing was changed. Send it again.";
    not_found_title = "Nothing is here";
    not_found_detail = "There is no such page, or it is not yours to see.";
    forbidden_title = "This is not yours to do";
    unavailable_title = "This cannot be answered now";
    refused_title = "That could not be done";
    refused_detail = "{detail} (request {id})";
    broken_title = "Something broke here";
    broken_detail = "That is a fault of Symbolon's; the log has its cause. Nothing says that anything was changed.";

    // Signing in, the account
    sign_in_title = "Sign in to Symbolon";
    sign_in = "Sign in";
    sign_out = "Sign out";
    sign_in_wrong = "The name or the password is wrong.";
    sign_in_throttled = "Too many wrong passwords. Try again in {seconds} seconds.";
    sign_in_insecure = "The console signs nobody in over plain HTTP from another machine: your password and your session would cross the network readable. Put TLS in front and set public_url, or use a tunnel to this machine.";
    user_name = "Name";
    password = "Password";
    password_title = "Change password";
    password_detail = "Changing it ends all your sessions but this one. Your tokens go on working.";
    password_first_title = "Choose your own password";
    password_first_detail = "The one that you signed in with was made for you, so somebody else may have seen it.";
    password_given = "The password you were given";
    password_now = "Password now";
    password_new = "New password";
    password_again = "New password, again";
    password_hint = "At least 12 characters. A few words that you can remember are best.";
    password_differs = "The two new passwords differ.";
    password_set = "Set the password";
    account_title = "Account";
    administrator = "administrator";
    own_sessions = "Where you are signed in";
    this_session = "This one";
    end_session = "End";
    done_signed_out = "You are signed out.";
    done_password = "The password is changed. Your other sessions have ended.";
    done_session_ended = "The session has ended.";

    // Tokens
    tokens_heading = "API tokens";
    tokens_title = "API tokens of {service}";
    tokens_about = "What scripts, pipelines and agents present to {service} instead of a password. Each does only what its scopes say, and never more than its owner may.";
    tokens_barred_title = "No tokens of yours here";
    tokens_barred = "Your role in {service} does not manage tokens. Ask an administrator for one, or for the role.";
    tokens_empty_title = "No tokens yet";
    tokens_empty = "A token lets a script, a pipeline or an agent call this service without logging in. Make one, choose what it may do, and give it to that program alone.";
    first_token = "Make the first token";
    see_catalog = "See what the scopes open";
    see_revoked = "See revoked ones";
    new_token = "New token";
    search = "Search";
    search_hint = "Name or first characters";
    filter_any_state = "Any but revoked";
    filter_any_scope = "Any";
    no_match_title = "No token matches";
    no_match = "Nothing fits what you typed and chose.";
    show_all = "Show all tokens";
    state_active = "Active";
    state_disabled = "Disabled";
    state_expired = "Expired";
    state_revoked = "Revoked";
    more_scopes = "and {n} more";
    no_requests = "No requests";
    spark_label = "{requests} in {days}";
    revoke_selected = "Revoke selected…";
    new_title = "New token for {service}";
    token = "Token";
    token_name = "Name";
    token_name_hint = "Say what uses it, so that you know it again in a year: “Grafana read-only”, “CI/CD deploy”.";
    owner_hint = "The token can never do more than this person may. You may make tokens for others here.";
    profile = "Profile";
    profile_hint = "A bundle of scopes for a common purpose. Scopes that you tick below come on top.";
    profile_none = "None";
    profile_none_hint = "Choose scopes one by one.";
    scopes = "Scopes";
    scopes_hint = "Grant the narrowest that works.";
    scope_includes = "Includes {scopes}.";
    scope_lives = "A token with it lives at most {lifetime}.";
    scope_needs_role = "Needs the role {role}.";
    scope_not_yours = "Not yours to grant.";
    scope_inert = "The catalog has dropped this scope; it grants nothing.";
    included = "included";
    expiry = "Expiry";
    expiry_hint = "From this moment on, nothing lets it in.";
    expiry_day = "Day after which it has ended (UTC)";
    end_keep = "As it is";
    end_default = "As the service has it ({lifetime})";
    end_longest = "The longest allowed ({lifetime})";
    end_date = "On a date";
    expiry_idle = "It ends earlier where it lies unused for {lifetime}.";
    end_never = "Never";
    this_token = "This token";
    create_token = "Create token";
    preview = "Show what it may do";
    summary_nothing = "Does nothing yet: choose at least one scope";
    summary_reads = "reads {what}";
    summary_both = "reads and changes {what}";
    summary_changes = "changes {what}";
    summary_uses = "uses {what}";
    summary_may = "may {do} {what}";
    summary_agent_reads = "reads what agents may see";
    summary_agent_writes = "reads and changes what agents may";
    summary_no_change = "cannot change anything";
    summary_reach = "can call {can} of {all} operations";
    summary_ends = "ends on {day}";
    summary_never_ends = "never ends";
    summary_no_end_yet = "ends on the day that you choose";
    once_title = "{name} is ready";
    once_heading = "Copy it now: it will not be shown again";
    once_detail = "Symbolon keeps one half, a hash. This is the other, and nobody can make it a second time. If it is lost, revoke the token and make a new one.";
    once_stored = "I have stored it";
    try_it = "Try it";
    try_it_detail = "A request that this token may make.";
    edit_title = "Edit {name}";
    edit_detail = "The secret stays the same. What you take away is gone for the next request.";
    disable = "Disable";
    enable = "Enable";
    revoke = "Revoke…";
    revoke_title = "Revoke {name}?";
    revoke_token = "Revoke token";
    revoke_several = "Revoke {tokens}";
    revoke_stopped = "{done} of {of} were revoked, and then:";
    revoke_follows_now = "From the moment the next page appears, no request with it passes, at any door.";
    revoke_follows_ever = "It cannot be undone: the hash is erased. The program needs a new token.";
    revoke_follows_kept = "Its name, owner and history stay in the list of revoked tokens and in the audit.";
    revoke_instead = "Not sure? Disable it instead; that can be taken back.";
    in_use = "In use: {name} was last let through {when}, from {place}; {requests} in {days}. What uses it will be refused.";
    not_in_use = "No request with it passed in the last 7 days.";
    begins_with = "First characters";
    rotate = "Rotate…";
    rotate_title = "A new secret for {name}";
    rotate_says = "The token keeps its name, scopes, owner and history. The new secret is shown once.";
    rotate_old = "The old secret";
    rotate_first_use = "Ends after the new one is first used";
    rotate_first_use_hint = "Nothing breaks: it works until the program has the new one, and so long after that. 0s to 30d.";
    rotate_grace = "How long after the first use, such as 1h";
    rotate_within = "Ends at a fixed time";
    rotate_within_hint = "Whether or not the new one is in use by then. From now on, such as 7d, or a moment.";
    rotate_within_time = "How long it works from now on, or until when";
    rotate_now = "Ends at once";
    rotate_now_hint = "For one that somebody else has seen. The program is refused until it has the new one.";
    rotate_token = "Make a new secret";
    rotated_title = "The new secret of {name}";
    old_secret = "Old secret";
    old_secret_grace = "works until {grace} after the first use of the new one";
    old_secret_until = "works until";
    old_secret_works = "works as long as the token";
    rotated = "Secret made";
    reused = "A replaced secret of this token was used: somebody has it who should not, or a program was forgotten. Last seen";
    imported = "Secret";
    imported_unused = "The application's own, not used here yet. It counts until {end}.";
    imported_used = "The application's own. It counts until {end}.";
    imported_ended = "The application's own. It counts no more.";
    not_used_yet = "Not used here yet";
    requests_heading = "Requests, last 30 days";
    bars_title = "Requests by day: {allowed} allowed, {refused} refused";
    bar_says = "{day}: {allowed} allowed, {refused} refused";
    allowed_total = "{n} allowed";
    refused_total = "{n} refused";
    as_table = "The same as a table";
    outcome_allowed = "Allowed";
    outcome_refused = "Refused";
    outcome_because = "Refused: {reason}";
    scopes_used_heading = "Scopes: granted and used";
    not_needed = "Not needed";
    unused_link = "Edit the scopes";
    refusals_heading = "Last refusals";
    refusals_none = "None is remembered since the server started.";
    ask_why = "Why?";
    operations_heading = "Operations, most recent first";
    operations_none = "It has not asked for anything in 30 days.";
    routes_left_out = "{count} more are not shown.";
    history_heading = "What was done to it";
    done_already = "This form was sent before and made this token. Its secret was shown then and is not kept.";
    done_disabled = "The token is disabled: no request with it passes until it is enabled.";
    done_enabled = "The token is enabled.";
    done_saved = "Saved. It holds from the next request on.";
    done_rotated_before = "This form was sent before and made a secret. It was shown then and is not kept; if it is lost, rotate again.";
    done_revoked = "The token is revoked. No request with it passes any more.";
    done_revoked_several = "The tokens are revoked. No request with them passes any more.";
    done_whole_token = "That was a whole token, and it has stood in an address: in this browser's history, and perhaps in a log. Revoke it and make a new one. Search by its first characters.";
    edit_owner_hint = "All that the token holds must be theirs to hold. From then on they manage it, and it does no more than they may. If it could do more than before, or its owner was inactive, it comes out disabled: rotate it, then enable it.";
    advice_heading = "Advice";
    advice_title = "Advice about tokens of {service}";
    advice_about = "By their use on the last {days}. Nothing is changed unless you do it.";
    advice_column = "What deserves a look";
    advice_none_title = "Nothing to say";
    advice_none = "No token here holds more than it needs, lies unused, ends soon or belongs to somebody inactive.";
    advice_owner_inactive = "{owner} is inactive, so it is refused.";
    advice_no_effective_scopes = "Its owner’s role reaches none of its scopes any more.";
    advice_never_used = "It was never used.";
    advice_unused = "It was last used on {day}.";
    advice_unused_scopes = "In {days} it did not need {scopes}; {narrowed} would have done.";
    advice_unused_all = "In {days} it needed none of its scopes.";
    advice_inert_scopes = "The catalog has dropped {scopes}.";
    advice_expiring = "It ends on {day}.";
    advice_never_expires = "It never ends, where a token made today would.";
    advice_narrow = "Narrow…";
    advice_edit = "Edit…";
    bulk_link = "Change all that match…";
    bulk_title = "Change many tokens";
    bulk_about = "Choose which tokens, and what to do. You see first what would be done; then all of it is done, or nothing.";
    bulk_unused = "Unused for days";
    bulk_before = "Made before";
    bulk_do = "What to do";
    bulk_choose = "Choose";
    bulk_revoke = "Revoke them";
    bulk_narrow = "Take a scope away";
    bulk_own = "Give them to somebody";
    bulk_take = "Scope to take away";
    bulk_no_scope = "None";
    bulk_give = "New owner";
    bulk_show = "Show what would be done";
    bulk_changes = "To be changed: {tokens}.";
    bulk_left = "So already: {unchanged}. Not yours to change so: {refused}.";
    bulk_more = "Only the first are shown.";
    bulk_confirm = "Change {tokens}";
    bulk_holds = "Holds {scopes}";
    bulk_belongs = "Belongs to {owner}";
    bulk_belongs_disabled = "Belongs to {owner}, {how}";
    bulk_refused = "Left alone: {why}";
    done_bulk = "Done. What was taken away is gone for the next request.";
    done_none_selected = "Select the tokens to revoke, at most 50 at once.";

    lent = "Lent now";
    lent_until = "ends";
    lent_by = "lent by {name}";
    lent_ask = "What it asked";
    ask_for_more = "Ask for more for a while";
    asks_of_token = "What it has asked for";

    // Asks
    asks_about = "Scopes that a token has not and that it, or somebody for it, asks to be lent for a while. What is lent ends by itself.";
    asks_open = "Waiting for an answer";
    asks_open_none = "Nothing waits for an answer.";
    asks_answered = "Answered lately";
    asks_all = "Show all asks";
    asks_empty_title = "Nobody has asked for anything";
    asks_empty = "A token that is refused for a missing scope is told where to ask for it. What it asks for appears here, for whoever could grant it.";
    column_asks_for = "Asks for";
    column_for = "For";
    column_reason = "Reason";
    column_asked = "Asked";
    column_answer = "Answer";
    column_service = "Service";
    ask_open = "Waiting";
    ask_approved = "Lent";
    ask_ended = "Ended";
    ask_denied = "Denied";
    ask_withdrawn = "Taken back";
    ask_lapsed = "Lapsed";
    ask_title = "{name} asks for scopes";
    ask_says = "What they open: {says}";
    ask_itself = "the token itself";
    ask_lapses = "Answer until";
    ask_asked_by = "Asked by";
    ask_reason = "Its reason";
    ask_reason_hint = "The words of who asked, perhaps of a program that somebody else has talked into them. They prove nothing.";
    ask_scopes = "Scopes to lend";
    ask_scopes_hint = "Untick what it shall not have.";
    ask_asked_scopes = "What it asks for";
    ask_scope_lent = "lent";
    ask_duration = "For how long";
    ask_duration_hint = "From now on, such as 10m or 1h; at most {most}, for which it asks.";
    ask_note = "A word to who asks";
    ask_lend = "Lend these";
    ask_deny = "Deny";
    ask_not_yours = "Whoever manages this token answers.";
    ask_not_lendable = "You can deny this, and not lend: to tokens of the built-in user the system key alone gives rights, at the machine with symbolon ask approve.";
    ask_answer = "What was said";
    ask_answered = "Answered";
    ask_by = "By";
    ask_by_key = "a system key";
    ask_by_local = "somebody at the machine";
    ask_lent_until = "Lent until";
    ask_note_said = "Note";
    ask_end_title = "End it now";
    ask_end_hint = "From the moment the next page appears, no request passes that needs what was lent.";
    ask_end = "End now";
    ask_withdraw_title = "Take it back";
    ask_withdraw_hint = "It needs no answer any more.";
    ask_withdraw = "Take it back";
    ask_new_title = "Ask for scopes for {name}";
    ask_new_about = "Whoever could grant them sees what you ask for. What they approve is lent to the token, and ends by itself.";
    ask_new_scopes_hint = "The fewest that will do. What the token has already is not listed.";
    ask_new_duration_hint = "From the answer on, such as 10m; at most {most}. The shortest that will do.";
    ask_new_reason_hint = "What for: a person reads it. At most 500 characters.";
    ask_new_button = "Ask";
    done_asked = "It is asked for, and waits for an answer.";
    done_lent = "It is lent. It holds from the next request on, and ends by itself.";
    done_ask_denied = "Denied. Nothing was lent.";
    done_ask_ended = "Nothing is lent by this any more.";

    // People
    people_about = "Who may sign in, and what they are in each service. A token never does more than its owner may.";
    people_caption = "People and their roles";
    new_person = "New person";
    new_person_title = "New person";
    add_person = "Add person";
    person_made_before = "This form was sent before, and a one-time password is not shown twice. If it is lost, make a new one here.";
    person_name_hint = "To sign in with. Small letters, digits and . _ @ - are allowed; it cannot be changed.";
    state_inactive = "Inactive";
    no_role = "No role";
    role_in = "Role in {service}";
    role_hint = "Each role includes those before it. From {own} on, people manage their own tokens; from {others} on, those of others.";
    role_without_service = "There is no such service any more, so this role opens nothing.";
    platform_admin = "Platform administrator";
    platform_admin_hint = "Manages people, keys and sessions, and reads the audit of everything.";
    person_active_hint = "When off: no sign-in, and every token of theirs stops at once. It can be taken back.";
    login = "Sign-in";
    login_once = "Make a one-time password";
    login_once_hint = "You see it once and pass it on. They are asked to choose their own when they sign in.";
    login_none_choice = "No sign-in";
    login_none_hint = "An owner of tokens and nothing else. A password can be made later.";
    login_password = "With a password";
    login_temporary = "Has not chosen a password yet";
    login_none = "Cannot sign in";
    built_in = "Built in";
    built_in_detail = "It owns the tokens that a system key makes, and cannot sign in, be changed or be removed.";
    own_tokens = "Tokens";
    person_more = "More";
    person_sessions = "Sessions of {name}";
    person_did = "What {name} did";
    person_roles = "Roles and rights";
    password_once_new = "New one-time password";
    password_once_detail = "The password that they have stops working and their sessions end. Their tokens go on working.";
    password_once_make = "Make a one-time password";
    password_once_own = "Your own password you change in your account.";
    password_once_title = "One-time password for {name}";
    password_once_heading = "Pass it on now: it will not be shown again";
    password_once_says = "Symbolon keeps a hash of it alone. When {name} signs in with it, they are asked to choose their own. If it is lost, make a new one.";
    password_once_label = "One-time password";
    password_once_passed = "I have passed it on";
    remove_person = "Remove…";
    remove_person_heading = "Remove {name}";
    remove_person_hint = "Revokes every token of theirs and ends their sessions. The audit keeps the name.";
    remove_person_title = "Remove {name}?";
    remove_person_tokens = "Every token of theirs is revoked and every session ends, from the moment the next page appears.";
    remove_person_ever = "It cannot be undone, and the name is never given to anybody again.";
    remove_person_kept = "The name and what was done with it stay in the audit.";
    remove_person_instead = "Not sure? Make {name} inactive instead; that can be taken back.";
    remove_person_used = "In use: what uses these tokens of {name} will be refused.";
    remove_person_unused = "None of their tokens that you can see has ever been used.";
    remove_self = "This is you. You are signed out at once, and cannot come back under this name.";
    self_title = "Take this from yourself?";
    self_admin = "You will not be an administrator any more. You lose these pages, and you cannot give that back to yourself.";
    self_inactive = "You make yourself inactive. You are signed out at once, and your tokens stop.";
    self_undo = "Another administrator can undo it, or somebody at the machine with the command line.";
    self_sure = "Yes, take it from me";
    done_person_added = "Added. They cannot sign in until you make a password for them.";
    done_person_removed = "Removed. Their tokens are revoked and their sessions have ended.";
    done_person_form = "That form was sent before. Nothing was changed now; begin with a new one.";
    done_self_gone = "Done. You are signed out.";

    // Keys
    keys_about = "For services of your own that call Symbolon. A system key may do everything; a verifier key asks for decisions about one service. People and scripts have tokens instead.";
    keys_caption = "System and verifier keys";
    keys_empty_title = "No keys";
    keys_empty = "A service that asks Symbolon for decisions presents a verifier key. Make one for each, so that each can be taken back alone.";
    new_key = "New key";
    new_key_title = "New key";
    create_key = "Create key";
    column_key = "Key";
    column_may = "May";
    key = "Key";
    key_name_hint = "Say what presents it, so that you know it again in a year.";
    key_supplied = "secret of your own";
    key_may = "What it may do";
    key_everything = "Everything";
    key_everything_hint = "A system key. It never ends; keep it as you would keep the database.";
    key_verifies = "Asks for decisions about {service}";
    key_verifies_hint = "Nothing else.";
    key_once_title = "{name} is ready";
    key_once_detail = "Symbolon keeps a hash of it alone, and nobody can show it a second time. If it is lost, revoke the key and make a new one.";
    key_revoke_button = "Revoke key";
    key_revoke_now = "From the moment the next page appears, nothing that presents it is let in.";
    key_revoke_system = "Whatever administers Symbolon with this key stops working.";
    key_revoke_verifier = "What asks for decisions about {service} with this key gets none, so a service behind it may refuse everything.";
    key_revoke_ever = "It cannot be undone: the hash is erased. What presents it needs a new key.";
    done_key_revoked = "The key is revoked. Nothing is let in with it any more.";
    done_key_already = "That form was sent before. If it made a key, its secret was shown then and is not kept.";

    // Sessions
    sessions_about = "Who is signed in now. A session that is ended here stops at once.";
    sessions_about_one = "Where {name} is signed in. A session that is ended here stops at once.";
    sessions_all = "Show everybody's";
    sessions_none = "Nobody is signed in.";
    sessions_none_one = "{name} is not signed in.";
    column_person = "Person";
    end_session_of = "the session of {user} from {place}";

    // Catalog
    catalog_title = "Catalog of {service}";
    catalog_about = "What each scope opens. An operation that is not here is closed to everyone.";
    catalog_limit_service = "Its tokens together make at most {rate}.";
    catalog_limit_token = "A token makes at most {rate} unless it has a limit of its own.";
    catalog_mounts = "Paths stand below {mounts}.";
    catalog_scopes_one = "{n} scope";
    catalog_scopes_many = "{n} scopes";
    catalog_scopes_caption = "Scopes, what they grant, how many operations each opens";
    catalog_column_grants = "Scope, and what it grants";
    catalog_column_operations = "Operations";
    catalog_column_role = "Owner’s role";
    catalog_profiles = "Profiles";
    catalog_ask_operation = "Who can call this?";
    catalog_ask_operation_hint = "Part of a path, such as /jobs, or GET /jobs/17";
    catalog_ask_scope = "What can this scope reach?";
    catalog_ask_none = "Choose a scope";
    catalog_everything = "Show the whole catalog";
    catalog_scope_answer = "{scope} reaches {operations}";
    catalog_scope_unknown = "The catalog has no scope {scope}. The scopes are listed above.";
    catalog_scope_includes = "It includes {scopes}.";
    catalog_scope_includes_nothing = "It includes no other scope.";
    catalog_scope_role = "Only tokens whose owner is at least {role} may hold it.";
    catalog_scope_together = "With another scope beside it, it opens {operations} more.";
    catalog_operations_one = "{n} operation";
    catalog_operations_many = "{n} operations";
    catalog_route_answer = "Who can call {operation}?";
    catalog_route_matches = "{operations} with “{text}”";
    catalog_route_unknown = "No operation of the catalog matches “{text}”. What the catalog does not name is closed to everyone.";
    catalog_route_public = "Anyone, without any credential.";
    catalog_route_human = "Only people who are signed in, as {role}. No token can, whatever its scopes.";
    catalog_route_system = "Only the system key: neither people nor tokens.";
    catalog_route_people = "People who are signed in, as {role}.";
    catalog_route_tokens = "Tokens whose owner is {role}, and that hold:";
    catalog_route_or = "or";
    catalog_holders = "Show the tokens that were granted:";
    catalog_role_least = "{role} or above";
    catalog_open = "Open to tokens";
    catalog_legend = "✓ this scope will do · + these together · the role is what the owner needs";
    catalog_closed = "Not for tokens";
    catalog_closed_legend = "For people, for the system, or for anyone";
    catalog_by_scope = "{n} by scope";
    catalog_otherwise = "{n} otherwise";
    catalog_group_label = "{group} by scope";
    catalog_column_route_role = "Role";
    catalog_rule_public = "Anyone";
    catalog_rule_human = "People only, {role}";
    catalog_rule_system = "The system key only";

    // Enforcement
    enforcement_title = "Enforcement";
    enforcement_on = "This service is enforced: what the catalog does not allow is refused.";
    enforcement_off = "This service is not enforced. What would be refused is noted, and goes on to the application.";
    enforcement_configured = "As the configuration says.";
    enforcement_switched = "As somebody has switched it; the audit says who.";
    enforcement_switch_on = "Enforce";
    enforcement_switch_off = "Stop enforcing";
    observed_heading = "What would have been refused";
    observed_since = "While the service was not enforced, since";
    observed_none = "Nothing has been seen.";
    observed_column_reason = "Reason";
    observed_column_count = "Requests";
    observed_column_last = "Last";
    observed_not_refused = "no route, but not refused: it carries nothing of Symbolon’s";
    observed_more = "And {n} more; `symbolon service report {service}` shows all.";
    done_enforced = "The service is enforced.";
    done_not_enforced = "The service is not enforced any more.";
    try_title = "Try a request";
    try_about = "Nothing is sent to {service}; the rules are asked what they would say.";
    try_method = "Method";
    try_method_hint = "What would be done";
    try_path = "Path";
    try_path_hint = "As it is sent, such as {path}";
    try_token = "Token";
    try_token_hint = "Its identifier or first characters. Never the token itself.";
    try_from = "From this address";
    try_from_hint = "For a token that is restricted to networks. Left empty: it is not known.";
    try_user = "Or a person";
    try_user_hint = "Their name. They are taken as signed in just now.";
    try_nobody_hint = "Leave both empty to ask for nobody in particular.";
    try_button = "Try";
    try_secret = "That was a whole token. Nothing was done with it and it is not shown again; give its identifier or first characters. If others could see it, revoke it.";
    try_allowed = "Allowed";
    try_refused = "Refused";
    try_problem = "This could not be asked";
    try_happened = "This request was refused";
    try_rules = "The rules, in their order";
    rule_target = "The path is well formed";
    rule_route = "An operation of the catalog";
    rule_credential = "One credential";
    rule_identity = "Known, and in force";
    rule_access = "Open to whoever asks";
    rule_scopes = "The scopes suffice";
    rule_role = "The role suffices";
    rule_restrictions = "The token's restrictions allow it";
    rule_passed = "Passed";
    rule_failed = "Failed";
    rule_not_asked = "Not asked";
    try_edit_scopes = "Edit the scopes of this token";

    // Audit
    audit_title = "Audit";
    audit_about = "Every change and who made it, and who was refused one. Whether these are the lines that were written, says symbolon audit verify.";
    audit_lines = "Lines, newest first";
    audit_service = "Service";
    audit_any_service = "Any";
    audit_what = "What happened";
    audit_anything = "Anything";
    audit_tokens = "Anything with tokens";
    audit_tokens_created = "Tokens created";
    audit_tokens_changed = "Tokens changed";
    audit_tokens_imported = "Tokens imported";
    audit_tokens_disabled = "Tokens disabled";
    audit_tokens_enabled = "Tokens enabled";
    audit_tokens_revoked = "Tokens revoked";
    audit_tokens_leaked = "Tokens leaked";
    audit_tokens_expired = "Tokens expired";
    audit_asks = "Asks, and what was lent";
    audit_users = "People";
    audit_keys = "Keys";
    audit_sessions = "Sign-ins";
    audit_refused_calls = "Refused calls";
    audit_refused_sign_ins = "Refused sign-ins";
    audit_subject = "About";
    audit_actor = "By";
    audit_who_hint = "A person’s name, or an identifier";
    audit_nobody = "There is no person called {name}. For anything else give its identifier.";
    audit_empty_title = "No line matches";
    audit_empty = "Nothing that was done fits what you chose.";
    audit_all = "Show all lines";
    audit_more = "Exactly";
    audit_same = "All about this";
    audit_at_machine = "Somebody at the machine";
    audit_anonymous = "Somebody";
    audit_github = "GitHub";
    audit_by_key = "The key {id}";
    audit_from = "from {place}";
    audit_request = "request {id}";
    audit_session = "session {id}";
    audit_token_create = "created the token {name} for {owner} with {scopes}";
    audit_token_create_none = "no scope";
    audit_token_profile = "the profile {profile}";
    audit_token_update = "changed the token {name}";
    audit_token_import = "imported the token {name}";
    audit_token_upgrade = "was used for the first time here; its old hash is gone";
    audit_token_disable = "disabled the token {name}";
    audit_token_enable = "enabled the token {name}";
    audit_token_revoke = "revoked the token {name}";
    audit_token_rotate = "gave the token {name} a new secret";
    audit_token_first_use = "saw the new secret of {name} in use";
    audit_token_reuse = "saw a replaced secret of {name} in use";
    audit_token_quarantine = "saw a replaced secret of {name} in use, and switched the token off";
    audit_old_now = "the old one ended at once";
    audit_old_grace = "the old one ends {grace} after it is first used";
    audit_old_until = "the old one ends {end}";
    audit_token_leaked = "saw the token {name} leaked";
    audit_token_revoke_with_owner = "revoked the token {name} with its owner {owner}";
    audit_token_revoke_with_parent = "revoked the token {name} with the token that it comes from";
    audit_token_derive = "made the token {name} of its own";
    audit_token_expiring_one = "saw that the token {name} ends within a day, on {day}";
    audit_token_expiring_many = "saw that the token {name} ends within {count} days, on {day}";
    audit_token_expired = "saw that the token {name} has ended, on {day}";
    audit_ask_make = "asked that {name} be lent {scopes} for {duration}";
    audit_ask_approve = "lent {name} {scopes}, until {time} UTC";
    audit_ask_deny = "denied what {name} asks for: {scopes}";
    audit_ask_withdraw = "took back what was asked for {name}: {scopes}";
    audit_ask_end = "ended what was lent to {name}: {scopes}";
    audit_webhook_retry = "had the webhook {name} tried again";
    audit_by_symbolon = "Symbolon";
    audit_token_bulk = "changed {n} tokens of {service} at once";
    audit_user_create = "created the user {name}";
    audit_user_update = "changed the user {name}";
    audit_user_remove = "removed the user {name}";
    audit_user_password = "changed their own password";
    audit_key_system = "created the system key {name}";
    audit_key_verifier = "created the verifier key {name} for {service}";
    audit_key_revoke = "revoked the key {name}";
    audit_key_leaked = "saw the key {name} leaked";
    audit_service_enforce = "began to enforce the service {name}";
    audit_service_observe = "stopped enforcing the service {name}";
    audit_session_start = "signed in";
    audit_session_end = "signed out";
    audit_session_end_other = "ended a session of {name}";
    audit_other = "{action}: {name}";
    audit_refused = "Refused";
    audit_call_refuse = "was refused {call}: {code}";
    audit_session_refuse = "was refused a sign-in as {name}: {code}";
    audit_session_refuse_unknown = "was refused a sign-in as somebody who does not exist: {code}";
    audit_times = "{count} times";
    audit_itself = "Symbolon";
    audit_drop = "had no place for {count} refused calls";
    audit_as_role = "{role} in {service}";
    audit_as_admin = "administrator of the installation";
    audit_ends = "ends on {day}";
    audit_no_end = "never ends";
    audit_added = "added {what}";
    audit_taken = "took away {what}";
    audit_role_given = "made {role} in {service}";
    audit_role_taken = "no longer {role} in {service}";
    audit_role_changed = "from {before} to {after} in {service}";
    audit_renamed = "was called {before}";
    audit_described = "another description";
    audit_metadata = "other metadata";
    audit_rate_changed = "request limit {after}, before: {before}";
    audit_restrictions_changed = "now {after}, before: {before}";
    audit_end_changed = "now {after}, before: {before}";
    audit_profile_changed = "profile {after}, before: {before}";
    audit_profile_none = "none";
    audit_now_inactive = "now inactive";
    audit_now_active = "active again";
    audit_now_admin = "now administrator of the installation";
    audit_not_admin = "no longer administrator of the installation";
    audit_now_login = "may sign in";
    audit_no_login = "may no longer sign in";
    audit_new_password = "a new password";
    audit_password_temporary = "must choose a password";
    audit_password_kept = "need not choose a password";
    audit_changed = "{what} from {before} to {after}";

    // Health
    alarm_seals = "Records changed outside Symbolon: {count}. Somebody writes to the database. They count as not there.";
    alarm_which = "Which, and what to do";
    health_seals = "Changed outside Symbolon";
    health_seals_do = "These records are not what Symbolon wrote, and count as not there. Find out who writes to the database; then revoke or remove each by its id, or put a backup back.";
    health_title = "Health";
    health_up = "Started";
    health_catalog_fault = "The newest catalogs are not in force";
    health_catalog_stays = "Those before them stay in force.";
    health_certificate_fault = "The newest certificate is not in force";
    health_certificate_stays = "The one before it stays in force.";
    health_certificate_since = "It has been so since";
    health_certificate_ended = "A certificate has ended";
    health_certificate_ends_soon = "A certificate ends soon";
    health_certificate_end = "The end of the one in force:";
    health_webhooks = "Webhooks";
    health_webhook = "Webhook";
    health_webhook_ok = "Told";
    health_webhook_retrying = "Not taken, tried again";
    health_webhook_disabled = "Gone, told nothing";
    health_webhook_not_begun = "Not begun";
    health_webhook_last = "Last answer";
    health_webhook_waits = "Waits since";
    health_webhook_next = "next attempt";
    health_webhook_nothing = "nothing waits";
    health_fleet = "Nodes";
    health_fleet_says = "They share one record, which is at change {seq}. This node answers for another {left} of {lease} without a word from the database.";
    health_fleet_alone = "The database has no synchronous standby: what was acknowledged last may be lost with it.";
    health_fleet_hidden = "The database does not tell Symbolon's role whether a standby is synchronous: grant it pg_read_all_stats.";
    health_fleet_off = "The database server has {setting} = off: a crash of its machine may undo what was acknowledged.";
    health_node = "Node";
    health_node_own = "this one";
    health_node_answers = "Answers";
    health_node_behind = "Behind";
    health_node_silent = "Silent";
    health_node_renewed = "Renewed";
    health_node_ago = "{time} ago";
    health_node_unknown = "Changes behind";
    health_node_version = "Version";
    health_rate = "Checks per second";
    health_rate_now = "now, {most} at most";
    health_rate_label = "Checks per second over the last {seconds} seconds, between {least} and {most}";
    health_since_start = "Since the start";
    health_checks = "in all";
    health_of_service = "{allowed} allowed, {refused} refused";
    health_refusals_by_code = "Refusals since the start";
    health_no_refusals = "None.";
    health_index = "Index";
    health_live_tokens = "tokens";
    health_people = "People";
    health_sessions = "Sessions";
    health_store = "Store";
    health_reachable = "Reachable";
    health_unreachable = "Not reachable";
    health_store_kind = "Kind";
    health_store_size = "Size";
    health_usage_dropped = "Uses not counted";
    health_doors = "Doors";
    health_catalogs = "Catalogs";
    health_not_enforced = "not enforced";
    health_column_service = "Service";
    health_in_force = "In force";
    health_outdated = "Outdated";
    health_since = "In force since";
}

/// `text` with the named places filled in.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    // In one pass, so that what is filled in is never taken for a place.
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// One or many of something.
pub(super) fn counted(one: &str, many: &str, count: u64) -> String {
    fill(if count == 1 { one } else { many }, &[("n", &number(count))])
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a page says of what has just been done, by the word in its address. Another word says nothing: an address can
/// be made by anybody.
pub(super) fn notice(word: &str) -> Option<&'static str> {
    let t = &EN;
    Some(match word {
        "signed_out" => t.done_signed_out,
        "password" => t.done_password,
        "session_ended" => t.done_session_ended,
        "already" => t.done_already,
        "disabled" => t.done_disabled,
        "enabled" => t.done_enabled,
        "saved" => t.done_saved,
        "rotated_before" => t.done_rotated_before,
        "revoked" => t.done_revoked,
        "revoked_several" => t.done_revoked_several,
        "bulk" => t.done_bulk,
        "whole_token" => t.done_whole_token,
        "none_selected" => t.done_none_selected,
        "person_added" => t.done_person_added,
        "person_made_before" => t.person_made_before,
        "person_form" => t.done_person_form,
        "person_removed" => t.done_person_removed,
        "self_gone" => t.done_self_gone,
        "key_revoked" => t.done_key_revoked,
        "enforced" => t.done_enforced,
        "not_enforced" => t.done_not_enforced,
        "key_already" => t.done_key_already,
        "asked" => t.done_asked,
        "lent" => t.done_lent,
        "ask_denied" => t.done_ask_denied,
        "ask_ended" => t.done_ask_ended,
        _ => return None,
    })
}

/// An outcome of a request, in words.
pub(super) fn outcome(word: &str) -> String {
    match word {
        "allowed" => EN.outcome_allowed.to_owned(),
        reason => fill(EN.outcome_because, &[("reason", &reason.replace('_', " "))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_no_place() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "x")]), "{b} and x");
        assert_eq!(fill("{unknown}!", &[]), "!");
        assert_eq!(fill("a { b", &[]), "a { b");
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), text);
        }
    }
}
