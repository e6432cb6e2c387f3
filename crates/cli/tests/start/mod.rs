//! A start whose flags, variables and files are made up: the process's own play no part.

// Each test program compiles this file and uses its own part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use clap::{Args, Command, FromArgMatches};
use fakeai::config::{ConfigError, Files, Flags, Resolved, Surroundings, resolve};
use fakeai_server::config::{Config, Setting};

#[derive(Default)]
pub(crate) struct Folder(BTreeMap<&'static str, &'static str>);

impl Files for Folder {
    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        Ok(path
            .to_str()
            .and_then(|path| self.0.get(path))
            .map(|text| (*text).to_owned()))
    }
}

/// A start with these flags, variables and files.
#[derive(Default)]
pub(crate) struct Start {
    flags: Vec<&'static str>,
    variables: Vec<(&'static str, &'static str)>,
    files: Folder,
}

impl Start {
    pub(crate) fn flags(mut self, flags: &[&'static str]) -> Self {
        self.flags.extend(flags);
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    pub(crate) fn file(mut self, path: &'static str, text: &'static str) -> Self {
        self.files.0.insert(path, text);
        self
    }

    pub(crate) fn resolve(&self) -> Result<Resolved, ConfigError> {
        let command = Flags::augment_args(Command::new("fakeai")).no_binary_name(true);
        let matches = command
            .try_get_matches_from(&self.flags)
            .expect("clap takes the flags");
        let flags = Flags::from_arg_matches(&matches).expect("flags");
        let variables = self
            .variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        resolve(
            &flags,
            &Surroundings {
                variables,
                files: &self.files,
            },
        )
    }

    pub(crate) fn config(&self) -> Config {
        self.resolve()
            .unwrap_or_else(|error| panic!("{error}"))
            .config
    }

    /// Where a setting came from.
    pub(crate) fn origin(&self, name: &str) -> String {
        let resolved = self.resolve().unwrap_or_else(|error| panic!("{error}"));
        resolved.origin(setting(name)).to_string()
    }

    /// The words that stop it.
    pub(crate) fn words(&self) -> String {
        self.resolve().expect_err("it is wrong").to_string()
    }
}

/// The setting of that full name.
pub(crate) fn setting(name: &str) -> &'static Setting {
    Config::settings()
        .find(|setting| setting.name() == name)
        .expect("a setting")
}
