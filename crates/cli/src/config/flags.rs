//! The flags of the settings: made of the declarations, read back as untyped values.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use fakeai_server::config::{Config, Raw, Setting, Shape};

/// What a command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The file to read in place of the one in the working directory.
    pub config: Option<PathBuf>,
    /// The settings that flags name, and the values that they give.
    pub(super) values: Vec<(&'static Setting, Raw)>,
}

/// What turns a switch off is named like the switch, with this before it.
const OFF: &str = "no-";

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .visible_alias("config-file")
            .value_name("FILE")
            .help("Read this file; without it, fakeai.toml, .yaml, .yml or .json found here");
        Config::settings().fold(command.arg(config), |command, setting| {
            let command = command.arg(argument(setting));
            if setting.shape == Shape::Switch {
                command.arg(off_switch(setting))
            } else {
                command
            }
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.config = matches.get_one::<String>("config").map(PathBuf::from);
        for setting in Config::settings() {
            if let Some(value) = value_of(setting, matches) {
                self.values.push((setting, value));
            }
        }
        Ok(())
    }
}

/// The main flag of a setting, with its dashes.
pub(super) fn flag_of(setting: &Setting) -> String {
    format!("--{}", setting.flags()[0])
}

fn argument(setting: &'static Setting) -> Arg {
    let mut names = setting.flags().into_iter();
    let argument = Arg::new(setting.name())
        .long(names.next().unwrap_or_default())
        .visible_aliases(names.collect::<Vec<_>>())
        .help(help(setting))
        .help_heading(setting.section);
    match setting.shape {
        Shape::Switch => argument
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("true|false")
            .overrides_with(off_name(setting)),
        Shape::One => argument
            .action(ArgAction::Set)
            .value_name("VALUE")
            .allow_hyphen_values(true),
        Shape::Many => argument.action(ArgAction::Append).value_name("VALUE"),
        Shape::Secrets => argument.action(ArgAction::Append).value_name("KEY|FILE"),
    }
}

/// The description on one line, with the default where there is one.
fn help(setting: &Setting) -> String {
    let about = setting
        .about
        .iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join(" ");
    let about = about.replace('`', "");
    let about = about.trim_end_matches('.');
    match setting.show(&Config::default()) {
        Raw::Nothing => about.to_owned(),
        Raw::List(values) if values.is_empty() => about.to_owned(),
        Raw::Text(text) => format!("{about} [default: {text}]"),
        shown @ (Raw::Switch(_) | Raw::Whole(_) | Raw::Number(_) | Raw::List(_)) => {
            format!("{about} [default: {shown}]")
        }
    }
}

fn off_name(setting: &Setting) -> String {
    format!("{OFF}{}", setting.flags()[0])
}

fn off_switch(setting: &'static Setting) -> Arg {
    Arg::new(off_name(setting))
        .long(off_name(setting))
        .action(ArgAction::SetTrue)
        .hide(true)
        .overrides_with(setting.name())
        .help_heading(setting.section)
}

fn value_of(setting: &'static Setting, matches: &ArgMatches) -> Option<Raw> {
    if setting.shape == Shape::Switch && matches.get_flag(&off_name(setting)) {
        return Some(Raw::Switch(false));
    }
    let mut values = matches
        .get_many::<String>(&setting.name())?
        .cloned()
        .map(Raw::Text);
    match setting.shape {
        Shape::Switch | Shape::One => values.next_back(),
        Shape::Many | Shape::Secrets => Some(Raw::List(values.collect())),
    }
}
