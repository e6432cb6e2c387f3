//! Who sends a call, as far as a key tells. How keys are checked is the server's matter.

/// Who sends a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The key; none where it is not one that the world knows by an id.
    pub key: Option<CallerKey>,
    /// The id of the project that the call is for.
    pub project: String,
    /// On whose behalf the call is made.
    pub owner: Owner,
}

/// A key that has an id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallerKey {
    /// Its id.
    pub id: String,
    /// What it opens.
    pub kind: KeyKind,
}

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A project's resources and models.
    Project,
    /// The administration of the organisation.
    Admin,
}

/// Whose a key is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A user's, by id.
    User(String),
    /// A service account's, by id.
    ServiceAccount(String),
}

impl Owner {
    /// The id.
    pub fn id(&self) -> &str {
        match self {
            Owner::User(id) | Owner::ServiceAccount(id) => id,
        }
    }
}
