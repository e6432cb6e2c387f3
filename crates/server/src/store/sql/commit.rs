//! One commit: all changes in one transaction, in the world's turn to be written to.

use std::collections::HashMap;

use fakeai_canon::ApiError;
use fakeai_resources::{Change, Record, lasting};

use super::super::limits::{StoreLimits, weight};
use super::database::{Given, Row, Session, Trouble, whole};

/// Changes on their way into the tables.
pub(super) struct Commit<'a> {
    session: &'a mut dyn Session,
    world: &'a str,
    opening: u64,
    objects: u64,
    bytes: u64,
    /// Blobs that no object names any more.
    freed: Vec<String>,
    /// Whether anything in the world is below objects of a family.
    parents: HashMap<String, bool>,
}

/// What stands where a record is to stand.
struct Standing {
    number: i64,
    bytes: u64,
    blob: Option<String>,
}

/// An object that was removed, as far as what is below it needs to know.
struct Gone {
    family: String,
    id: String,
}

impl<'a> Commit<'a> {
    /// Begins: nobody else writes to the world from now on.
    pub(super) fn begin(
        session: &'a mut dyn Session,
        world: &'a str,
        opening: u64,
    ) -> Result<Self, Trouble> {
        let rows = session.rows(
            "UPDATE fakeai_worlds SET objects = objects WHERE name = ?1 RETURNING objects, bytes",
            &[Given::Text(world)],
        )?;
        let number = |column| rows.first().and_then(|row: &Row| row.number(column));
        let (objects, bytes) = (number(0).unwrap_or(0), number(1).unwrap_or(0));
        Ok(Self {
            session,
            world,
            opening,
            objects,
            bytes,
            freed: Vec::new(),
            parents: HashMap::new(),
        })
    }

    /// Takes over all changes, or refuses what would break a limit.
    pub(super) fn take(&mut self, changes: &[Change], limits: &StoreLimits) -> Result<(), Trouble> {
        self.check(changes, limits)?;
        for change in changes {
            match change {
                Change::Put(record) => {
                    let bytes = weight(change) as u64;
                    if !self.replace(record, bytes)? {
                        self.add(record, bytes)?;
                    }
                }
                Change::Replace(record) => {
                    self.replace(record, weight(change) as u64)?;
                }
                Change::Delete { family, parent, id } => {
                    self.remove(family, parent.as_deref().unwrap_or_default(), id)?;
                }
            }
        }
        Ok(())
    }

    /// Ends: writes the counts, and tells which blobs are free.
    pub(super) fn end(self) -> Result<Vec<String>, Trouble> {
        let values = [
            Given::Text(self.world),
            Given::Whole(whole(self.objects)),
            Given::Whole(whole(self.bytes)),
        ];
        let statement = "UPDATE fakeai_worlds SET objects = ?2, bytes = ?3 WHERE name = ?1";
        self.session.run(statement, &values)?;
        Ok(self.freed)
    }

    /// What is there is only looked at where the changes might not fit otherwise.
    fn check(&mut self, changes: &[Change], limits: &StoreLimits) -> Result<(), Trouble> {
        let at_most = changes.iter().map(weight).sum::<usize>();
        let puts = changes
            .iter()
            .filter(|change| matches!(change, Change::Put(_)));
        if self
            .refusal(limits, puts.count() as u64, at_most as u64)
            .is_none()
        {
            return Ok(());
        }
        let (mut count, mut bytes) = (0, 0);
        for change in changes {
            if let Change::Put(record) | Change::Replace(record) = change {
                let old = self.standing(record)?;
                let before = old.as_ref().map_or(0, |old| old.bytes);
                bytes += (weight(change) as u64).saturating_sub(before);
                count += u64::from(old.is_none() && matches!(change, Change::Put(_)));
            }
        }
        match self.refusal(limits, count, bytes) {
            Some(error) if count > 0 || bytes > 0 => Err(Trouble::Refused(Box::new(error))),
            Some(_) | None => Ok(()),
        }
    }

    fn refusal(&self, limits: &StoreLimits, more: u64, bytes: u64) -> Option<ApiError> {
        let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let (objects, bytes) = (self.objects + more, self.bytes.saturating_add(bytes));
        limits.check(size(objects), size(bytes)).err()
    }

    fn standing(&mut self, record: &Record) -> Result<Option<Standing>, Trouble> {
        let rows = self.session.rows(
            "SELECT number, bytes, blob FROM fakeai_objects \
             WHERE world = ?1 AND family = ?2 AND id = ?3 AND parent = ?4",
            &[
                Given::Text(self.world),
                Given::Text(record.family),
                Given::Text(&record.id),
                Given::Text(parent_id(record)),
            ],
        )?;
        Ok(rows.first().map(|row| Standing {
            number: whole(row.number(0).unwrap_or(0)),
            bytes: row.number(1).unwrap_or(0),
            blob: row.some_text(2).map(str::to_owned),
        }))
    }

    /// Puts the record where one of its family, parent and id stands; false where none does.
    fn replace(&mut self, record: &Record, bytes: u64) -> Result<bool, Trouble> {
        let Some(old) = self.standing(record)? else {
            return Ok(false);
        };
        let texts = Texts::of(record);
        self.session.run(
            "UPDATE fakeai_objects SET due = ?2, blob = ?3, bytes = ?4, private = ?5, \
             object = ?6 WHERE number = ?1",
            &[
                Given::Whole(old.number),
                Given::number(record.due.map(|due| due.0)),
                Given::text(record.blob.as_deref()),
                Given::Whole(whole(bytes)),
                Given::text(texts.private.as_deref()),
                Given::Text(&texts.object),
            ],
        )?;
        self.bytes = self.bytes.saturating_sub(old.bytes) + bytes;
        self.freed
            .extend(old.blob.filter(|blob| record.blob.as_ref() != Some(blob)));
        Ok(true)
    }

    /// Adds the record as the newest, where its parent is there.
    fn add(&mut self, record: &Record, bytes: u64) -> Result<(), Trouble> {
        let texts = Texts::of(record);
        let parent_family = record.parent.as_ref().map_or("", |parent| parent.family);
        let added = self.session.run(
            "INSERT INTO fakeai_objects (world, family, id, parent, parent_family, opening, \
             created, due, blob, bytes, private, object, project) \
             SELECT CAST(?1 AS TEXT), CAST(?2 AS TEXT), CAST(?3 AS TEXT), CAST(?4 AS TEXT), \
             CAST(?5 AS TEXT), CAST(?6 AS BIGINT), CAST(?7 AS BIGINT), CAST(?8 AS BIGINT), \
             CAST(?9 AS TEXT), CAST(?10 AS BIGINT), CAST(?11 AS TEXT), CAST(?12 AS TEXT), CAST(?13 AS TEXT) \
             WHERE CAST(?4 AS TEXT) = '' OR EXISTS (SELECT 1 FROM fakeai_objects \
             WHERE world = ?1 AND family = ?5 AND id = ?4)",
            &[
                Given::Text(self.world),
                Given::Text(record.family),
                Given::Text(&record.id),
                Given::Text(parent_id(record)),
                Given::Text(parent_family),
                Given::Whole(whole(self.opening)),
                Given::Whole(whole(record.created.0)),
                Given::number(record.due.map(|due| due.0)),
                Given::text(record.blob.as_deref()),
                Given::Whole(whole(bytes)),
                Given::text(texts.private.as_deref()),
                Given::Text(&texts.object),
                Given::Text(record.project()),
            ],
        )?;
        self.objects += added;
        self.bytes += bytes * added;
        Ok(())
    }

    /// Removes an object and, level by level, everything below it.
    pub(super) fn remove(&mut self, family: &str, parent: &str, id: &str) -> Result<(), Trouble> {
        let rows = self.session.rows(
            "DELETE FROM fakeai_objects WHERE world = ?1 AND family = ?2 AND id = ?3 \
             AND parent = ?4 RETURNING family, id, bytes, blob",
            &[
                Given::Text(self.world),
                Given::Text(family),
                Given::Text(id),
                Given::Text(parent),
            ],
        )?;
        let mut gone = self.note(&rows);
        while let Some(one) = gone.pop() {
            gone.extend(self.remove_below(&one)?);
        }
        Ok(())
    }

    fn remove_below(&mut self, gone: &Gone) -> Result<Vec<Gone>, Trouble> {
        // Another object may bear the same id below another parent, and keep the children.
        if !self.is_parent(&gone.family)? || self.is_there(gone)? {
            return Ok(Vec::new());
        }
        let rows = self.session.rows(
            "DELETE FROM fakeai_objects WHERE world = ?1 AND parent_family = ?2 AND parent = ?3 \
             AND parent <> '' RETURNING family, id, bytes, blob",
            &[
                Given::Text(self.world),
                Given::Text(&gone.family),
                Given::Text(&gone.id),
            ],
        )?;
        Ok(self.note(&rows))
    }

    fn is_there(&mut self, gone: &Gone) -> Result<bool, Trouble> {
        let rows = self.session.rows(
            "SELECT 1 FROM fakeai_objects WHERE world = ?1 AND family = ?2 AND id = ?3 LIMIT 1",
            &[
                Given::Text(self.world),
                Given::Text(&gone.family),
                Given::Text(&gone.id),
            ],
        )?;
        Ok(!rows.is_empty())
    }

    fn is_parent(&mut self, family: &str) -> Result<bool, Trouble> {
        if let Some(known) = self.parents.get(family) {
            return Ok(*known);
        }
        let rows = self.session.rows(
            "SELECT 1 FROM fakeai_objects WHERE world = ?1 AND parent_family = ?2 \
             AND parent <> '' LIMIT 1",
            &[Given::Text(self.world), Given::Text(family)],
        )?;
        self.parents.insert(family.to_owned(), !rows.is_empty());
        Ok(!rows.is_empty())
    }

    fn note(&mut self, rows: &[Row]) -> Vec<Gone> {
        let mut gone = Vec::with_capacity(rows.len());
        for row in rows {
            self.objects = self.objects.saturating_sub(1);
            let bytes = row.number(2).unwrap_or(0);
            self.bytes = self.bytes.saturating_sub(bytes);
            self.freed.extend(row.some_text(3).map(str::to_owned));
            gone.push(Gone {
                family: row.text(0).to_owned(),
                id: row.text(1).to_owned(),
            });
        }
        gone
    }

    /// Removes everything.
    pub(super) fn clear(&mut self) -> Result<(), Trouble> {
        let statement =
            "DELETE FROM fakeai_objects WHERE world = ?1 RETURNING family, id, bytes, blob";
        let rows = self.session.rows(statement, &[Given::Text(self.world)])?;
        self.note(&rows);
        Ok(())
    }

    /// The oldest object at the top: when it was made, its family and id.
    pub(super) fn oldest(&mut self) -> Result<Option<(u64, String, String)>, Trouble> {
        // Our own names, so nothing in them needs to be escaped.
        let lasting: Vec<String> = lasting().map(|family| format!("'{family}'")).collect();
        let statement = format!(
            "SELECT created, family, id FROM fakeai_objects \
             WHERE world = ?1 AND parent = '' AND family NOT IN ({}) ORDER BY number LIMIT 1",
            lasting.join(", ")
        );
        let rows = self.session.rows(&statement, &[Given::Text(self.world)])?;
        Ok(rows.first().map(|row| {
            let created = row.number(0).unwrap_or(0);
            (created, row.text(1).to_owned(), row.text(2).to_owned())
        }))
    }
}

/// An object's JSON as the columns hold it.
struct Texts {
    object: String,
    private: Option<String>,
}

impl Texts {
    fn of(record: &Record) -> Self {
        Self {
            object: record.object.to_string(),
            private: (!record.private.is_null()).then(|| record.private.to_string()),
        }
    }
}

fn parent_id(record: &Record) -> &str {
    record.parent.as_ref().map_or("", |parent| &parent.id)
}
