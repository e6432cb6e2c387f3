//! What a setting is: its names, its description, and how it is read and shown. Which settings
//! there are stands in the sections.

use super::raw::Raw;
use super::tree::Config;

/// A group of settings.
#[derive(Debug)]
pub struct Section {
    /// Its name in files and variables.
    pub name: &'static str,
    /// What it is about, line by line.
    pub about: &'static [&'static str],
    /// Its settings, in the order of their declaration.
    pub settings: &'static [Setting],
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The section it stands in.
    pub section: &'static str,
    /// Its name within the section.
    pub key: &'static str,
    /// Other names that mean the same.
    pub also: &'static [&'static str],
    /// What it does, line by line.
    pub about: &'static [&'static str],
    /// How it is given.
    pub shape: Shape,
    /// The lowest and the highest number, where there are such.
    pub bounds: Option<(f64, f64)>,
    pub(super) accepts: fn(Option<(f64, f64)>) -> String,
    pub(super) set: fn(&mut Config, &Raw, Option<(f64, f64)>) -> bool,
    pub(super) show: fn(&Config) -> Raw,
}

/// How a setting is given on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As a flag without a value, or with `true` or `false`; `--no-…` turns it off.
    Switch,
    /// With one value.
    One,
    /// Once for each of its values.
    Many,
    /// Once for each of its secrets or for a file of them; never shown in full.
    Secrets,
}

impl Setting {
    /// Its full name: `server.port`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// All names within the section, the main one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key).chain(self.also.iter().copied())
    }

    /// The long names of its flag, without dashes before them, the main one first. A flag that is
    /// given once for each value is named in the singular.
    pub fn flags(&self) -> Vec<String> {
        let mut flags: Vec<String> = self.names().map(|name| name.replace('_', "-")).collect();
        let repeated = matches!(self.shape, Shape::Many | Shape::Secrets);
        if repeated && flags.len() > 1 {
            flags.swap(0, 1);
        }
        flags
    }

    /// The names of its environment variables, the main one first.
    pub fn variables(&self) -> Vec<String> {
        let short = self
            .names()
            .map(|name| format!("FAKEAI_{}", name.to_uppercase()));
        let long = self.names().map(|name| {
            format!(
                "FAKEAI_{}__{}",
                self.section.to_uppercase(),
                name.to_uppercase()
            )
        });
        short.chain(long).collect()
    }

    /// What it can be set to, for people.
    pub fn accepts(&self) -> String {
        (self.accepts)(self.bounds)
    }

    /// Sets it. False, and nothing is changed, where the value is none that it accepts.
    #[must_use]
    pub fn set(&self, config: &mut Config, value: &Raw) -> bool {
        (self.set)(config, value, self.bounds)
    }

    /// Its value.
    pub fn show(&self, config: &Config) -> Raw {
        (self.show)(config)
    }
}
