//! Which server it is that answers, in SQL (DESIGN part 7, rule 11). A standby cannot say it, and its answer is an error.

/// What a server has of its own, and its standbys and copies have too.
macro_rules! system_identifier {
    () => {
        "(SELECT system_identifier::text FROM pg_control_system())"
    };
}

/// What a server that was promoted has of its own.
macro_rules! timeline {
    () => {
        "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
    };
}

/// Whether it is the one that the fleet is on, of a row of `fleet`.
macro_rules! same_server {
    () => {
        concat!(
            "(fleet.system_identifier = ",
            $crate::postgres::identity::system_identifier!(),
            " AND fleet.timeline = ",
            $crate::postgres::identity::timeline!(),
            ")"
        )
    };
}

/// A query to begin with, `here`: the fleet's row, and whether this is its server. Looked at once, however many rows there are.
macro_rules! with_here {
    () => {
        concat!(
            "WITH here AS MATERIALIZED (SELECT fleet.*, ",
            $crate::postgres::identity::same_server!(),
            " AS same_server FROM fleet)"
        )
    };
}

pub(in crate::postgres) use {same_server, system_identifier, timeline, with_here};
