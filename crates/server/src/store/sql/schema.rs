//! The tables: each change of theirs is a numbered script, run once in its own order.

use super::database::{Database, Given, Session, Trouble};

/// The scripts, the first first. Append; never change one that was released.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
];

/// Brings the tables to what this program works with.
pub(super) fn migrate<D: Database>(database: &D) -> Result<(), Trouble> {
    database.write(|session| {
        session.script("CREATE TABLE IF NOT EXISTS fakeai_migrations (version BIGINT PRIMARY KEY)")?;
        let newest = session.rows("SELECT MAX(version) FROM fakeai_migrations", &[])?;
        let newest = newest.first().and_then(|row| row.number(0)).unwrap_or(0);
        let known = MIGRATIONS.len() as u64;
        if newest > known {
            return Err(Trouble::Failed(format!(
                "its tables have version {newest}, and this program knows them up to version {known}; use a newer program"
            )));
        }
        for (script, version) in MIGRATIONS.iter().zip(1_i64..).skip(newest as usize) {
            apply::<D>(session, script, version)?;
        }
        Ok(())
    })
}

fn apply<D: Database>(
    session: &mut dyn Session,
    script: &str,
    version: i64,
) -> Result<(), Trouble> {
    session.script(&script.replace("{number}", D::NUMBER))?;
    let insert = "INSERT INTO fakeai_migrations (version) VALUES (?1)";
    session.run(insert, &[Given::Whole(version)]).map(drop)
}
