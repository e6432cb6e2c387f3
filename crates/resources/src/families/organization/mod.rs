//! The organisation, one file for each part of it.

mod accounts;
mod assignments;
mod audit_logs;
mod certificates;
mod founding;
mod groups;
mod invites;
mod keys;
mod members;
pub(super) mod people;
mod permissions;
mod projects;
mod rate_limits;
mod roles;
mod secrets;
mod settings;
mod spend;
mod users;
mod x509;

pub(crate) use founding::default_project;
pub use founding::{anyone, founding};
pub use people::is_organization;
pub use permissions::Permissions;
pub use rate_limits::{given_rate_limits, usual_rate_limits};
pub use secrets::{Identity, has_admin_keys, has_project, identify};

pub use spend::spend_limit;

use super::Hooks;

/// The hooks of all parts.
pub(super) static ALL: &[&Hooks] = &[
    &accounts::HOOKS,
    &assignments::HOOKS,
    &audit_logs::HOOKS,
    &certificates::HOOKS,
    &groups::HOOKS,
    &groups::MEMBERS,
    &groups::IN_PROJECTS,
    &invites::HOOKS,
    &keys::ADMIN,
    &keys::PROJECT,
    &members::HOOKS,
    &projects::HOOKS,
    &rate_limits::HOOKS,
    &roles::HOOKS,
    &roles::IN_PROJECTS,
    &settings::HOOKS,
    &settings::IN_PROJECTS,
    &spend::ALERTS,
    &spend::PROJECT_ALERTS,
    &users::HOOKS,
];
