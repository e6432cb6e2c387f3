//! Lays the layers over one another: defaults, then a file, the environment and flags. Pure: what
//! is read is handed in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fakeai_server::config::{BlobsUrl, Config, Raw, Section, Setting, Shape};

use super::file::Format;
use super::flags::{Flags, flag_of};
use super::layers::Surroundings;
use super::origin::Origin;
use super::problem::{ConfigError, Problem};

/// Files that are looked for in the working directory.
const FOUND: [&str; 4] = ["fakeai.toml", "fakeai.yaml", "fakeai.yml", "fakeai.json"];

/// What our environment variables start with.
const PREFIX: &str = "FAKEAI_";

/// The variable that names a file, as `--config` does.
const FILE_VARIABLE: &str = "FAKEAI_CONFIG";

/// Variables that mean something to clients and to this project's own checks, not to a server:
/// a shell that has them can start one all the same.
const NOT_SETTINGS: [&str; 4] = [
    "FAKEAI_BASE_URL",
    "FAKEAI_REFERENCE",
    "FAKEAI_CHECKED_FOLDER",
    "FAKEAI_SENTENCE_MODEL",
];

/// Variables that AWS's own programs read, the first that is set first, and what they set of
/// `storage`.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html>
const OF_OTHERS: [(&str, &str); 7] = [
    ("AWS_ENDPOINT_URL_S3", "s3_endpoint"),
    ("AWS_ENDPOINT_URL", "s3_endpoint"),
    ("AWS_REGION", "s3_region"),
    ("AWS_DEFAULT_REGION", "s3_region"),
    ("AWS_ACCESS_KEY_ID", "s3_access_key_id"),
    ("AWS_SECRET_ACCESS_KEY", "s3_secret_access_key"),
    ("AWS_SESSION_TOKEN", "s3_session_token"),
];

/// How alike two names must be for one to be offered in place of the other (Jaro and Winkler).
const NEAR: f64 = 0.75;

/// A configuration, and where its values came from.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The values.
    pub config: Config,
    origins: BTreeMap<String, Origin>,
}

impl Resolved {
    /// Where a setting's value came from.
    pub fn origin(&self, setting: &Setting) -> &Origin {
        self.origin_of(&setting.name())
    }

    pub(crate) fn origin_of(&self, name: &str) -> &Origin {
        self.origins.get(name).unwrap_or(&Origin::Default)
    }
}

/// Lays all layers over one another and checks the whole.
///
/// # Errors
/// Everything that is wrong in any layer, also where a higher one replaces it.
pub fn resolve(flags: &Flags, around: &Surroundings<'_>) -> Result<Resolved, ConfigError> {
    let mut layers = lay(flags, around);
    if layers.problems.is_empty()
        && let Err(conflict) = layers.resolved.config.check()
    {
        let origin = layers.resolved.origin_of(conflict.setting).clone();
        layers.problems.push(Problem::Conflict {
            origin,
            problem: conflict.to_string(),
        });
    }
    layers.end()
}

/// The same for who changes settings before they are used: what can't be together is not looked at.
///
/// # Errors
/// As above.
pub(crate) fn resolve_unchecked(
    flags: &Flags,
    around: &Surroundings<'_>,
) -> Result<Resolved, ConfigError> {
    lay(flags, around).end()
}

fn lay<'a>(flags: &Flags, around: &'a Surroundings<'a>) -> Layers<'a> {
    let mut layers = Layers {
        resolved: Resolved {
            config: Config::default(),
            origins: BTreeMap::new(),
        },
        problems: Vec::new(),
        around,
    };
    layers.file(flags);
    layers.environment();
    layers.flags(flags);
    layers.variables_of_others();
    layers
}

struct Layers<'a> {
    resolved: Resolved,
    problems: Vec<Problem>,
    around: &'a Surroundings<'a>,
}

impl Layers<'_> {
    fn end(self) -> Result<Resolved, ConfigError> {
        if self.problems.is_empty() {
            return Ok(self.resolved);
        }
        Err(ConfigError {
            problems: self.problems,
        })
    }

    fn file(&mut self, flags: &Flags) {
        let Some((path, text)) = self.find_file(flags) else {
            return;
        };
        let at = |line| Origin::File {
            path: path.clone(),
            line,
        };
        let Some(format) = Format::of(&path) else {
            let problem = "a configuration file ends with .toml, .yaml, .yml or .json".to_owned();
            return self.problems.push(Problem::File {
                origin: at(None),
                problem,
            });
        };
        let entries = match format.parse(&text) {
            Ok(entries) => entries,
            Err(unreadable) => {
                let problem = unreadable.problem.trim_end_matches('.').to_owned();
                let origin = at(unreadable.line);
                return self.problems.push(Problem::File { origin, problem });
            }
        };
        for entry in entries {
            let origin = at(entry.line);
            match find(entry.section.as_deref(), &entry.key) {
                Found::Setting(setting) => match entry.value {
                    Some(value) => self.set(setting, value, origin),
                    None => self.problems.push(bad_value(setting, "a table", origin)),
                },
                Found::Nothing { nearest, accepted } => {
                    let section = entry
                        .section
                        .map(|section| section + ".")
                        .unwrap_or_default();
                    // A section without anything in it sets nothing.
                    let empty = section.is_empty() && entry.value == Some(Raw::Nothing);
                    if empty && section_of(&entry.key).is_some() {
                        continue;
                    }
                    let name = section + &entry.key;
                    self.problems.push(Problem::Unknown {
                        origin,
                        name,
                        nearest,
                        accepted,
                    });
                }
            }
        }
    }

    /// The file that was asked for, or the one in the working directory.
    fn find_file(&mut self, flags: &Flags) -> Option<(PathBuf, String)> {
        let variable = self
            .around
            .variables
            .iter()
            .find(|(name, _)| name == FILE_VARIABLE);
        let asked = match (&flags.config, variable) {
            (Some(path), _) => Some((path.clone(), Origin::Flag("--config".to_owned()))),
            (None, Some((name, path))) if !path.is_empty() => {
                Some((PathBuf::from(path), Origin::Variable(name.clone())))
            }
            (None, _) => None,
        };
        if let Some((path, origin)) = asked {
            let text = self.read(&path, &origin)?;
            if text.is_none() {
                let problem = format!("there is no file {}", path.display());
                self.problems.push(Problem::File { origin, problem });
            }
            return text.map(|text| (path, text));
        }
        let mut found = Vec::new();
        for name in FOUND {
            let path = PathBuf::from(name);
            let origin = Origin::File {
                path: path.clone(),
                line: None,
            };
            if let Some(text) = self.read(&path, &origin)? {
                found.push((path, text));
            }
        }
        if let [(first, _), (second, _), ..] = &found[..] {
            let problem = format!(
                "stands beside {}; say which one counts with --config",
                second.display()
            );
            let origin = Origin::File {
                path: first.clone(),
                line: None,
            };
            self.problems.push(Problem::File { origin, problem });
            return None;
        }
        found.pop()
    }

    /// The text of a file, if there is one; nothing at all, and a problem, where it can't be read.
    fn read(&mut self, path: &Path, origin: &Origin) -> Option<Option<String>> {
        self.around
            .files
            .read(path)
            .map_err(|error| {
                let problem = format!("{} can't be read: {error}", path.display());
                self.problems.push(Problem::File {
                    origin: origin.clone(),
                    problem,
                });
            })
            .ok()
    }

    fn environment(&mut self) {
        let mut variables: Vec<_> = self
            .around
            .variables
            .iter()
            .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
            .filter(|(name, _)| name != FILE_VARIABLE && !NOT_SETTINGS.contains(&name.as_str()))
            .collect();
        variables.sort();
        let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (name, value) in variables {
            let origin = Origin::Variable(name.clone());
            let Some(setting) = setting_of_variable(name) else {
                self.problems.push(unknown_variable(name, origin));
                continue;
            };
            match seen.get(&setting.name()) {
                Some((other, same)) if *same != value.as_str() => {
                    self.problems.push(Problem::Disagreement {
                        setting: setting.name(),
                        variables: ((*other).to_owned(), name.clone()),
                    });
                }
                _ => {
                    seen.insert(setting.name(), (name, value));
                    self.set(setting, from_variable(setting, value), origin);
                }
            }
        }
    }

    /// What the variables of other programs say of a bucket, where nothing of ours does.
    fn variables_of_others(&mut self) {
        let blobs = &self.resolved.config.storage.blobs;
        if !matches!(blobs, Some(BlobsUrl::Bucket { .. })) {
            return;
        }
        for (name, key) in OF_OTHERS {
            let variables = self.around.variables.iter();
            let mut said = variables.filter(|(one, value)| one == name && !value.is_empty());
            let (Some((_, value)), Found::Setting(setting)) =
                (said.next(), find(Some("storage"), key))
            else {
                continue;
            };
            if *self.resolved.origin(setting) == Origin::Default {
                let origin = Origin::Variable(name.to_owned());
                self.set(setting, from_variable(setting, value), origin);
            }
        }
    }

    fn flags(&mut self, flags: &Flags) {
        for (setting, value) in &flags.values {
            self.set(setting, value.clone(), Origin::Flag(flag_of(setting)));
        }
    }

    fn set(&mut self, setting: &'static Setting, mut value: Raw, origin: Origin) {
        if setting.shape == Shape::Secrets {
            match self.open_files(value, &origin) {
                Some(opened) => value = opened,
                None => return,
            }
        }
        if setting.set(&mut self.resolved.config, &value) {
            self.resolved.origins.insert(setting.name(), origin);
        } else {
            self.problems
                .push(bad_value(setting, &value.to_string(), origin));
        }
    }

    /// Secrets, with those that are paths of files replaced by the lines of the files.
    fn open_files(&mut self, value: Raw, origin: &Origin) -> Option<Raw> {
        let values = match value {
            Raw::List(values) if !matches!(origin, Origin::File { .. }) => values,
            other => return Some(other),
        };
        let mut opened = Vec::new();
        for value in values {
            let text = value.line().unwrap_or_default();
            match self.around.files.read(Path::new(&text)) {
                Ok(Some(lines)) => {
                    let lines = lines.lines().map(str::trim);
                    let keys = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                    opened.extend(keys.map(|key| Raw::Text(key.to_owned())));
                }
                // A key that is no path of a file is a key, whatever the system says of it.
                Ok(None) | Err(_) => opened.push(value),
            }
        }
        Some(Raw::List(opened))
    }
}

/// What a name stands for.
enum Found {
    Setting(&'static Setting),
    Nothing {
        nearest: Option<String>,
        accepted: String,
    },
}

fn section_of(name: &str) -> Option<&'static Section> {
    Config::sections()
        .iter()
        .find(|section| section.name == normal(name))
}

fn normal(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// The setting with this key in this section, or in any where none is named.
fn find(section: Option<&str>, key: &str) -> Found {
    let wanted = normal(key);
    let Some(name) = section else {
        let known = Config::settings().find(|setting| setting.names().any(|name| name == wanted));
        return known.map_or_else(
            || {
                let sections = Config::sections()
                    .iter()
                    .map(|section| section.name.to_owned());
                let keys = Config::settings().flat_map(|s| s.names().map(|name| path(s, name)));
                let listed = list(Config::sections().iter().map(|section| section.name));
                Found::Nothing {
                    nearest: nearest(&wanted, keys.chain(sections)),
                    accepted: format!("The sections are {listed}."),
                }
            },
            Found::Setting,
        );
    };
    let Some(section) = section_of(name) else {
        let sections = Config::sections().iter().map(|section| section.name);
        let listed = list(sections.clone());
        return Found::Nothing {
            nearest: nearest(&normal(name), sections.map(str::to_owned)),
            accepted: format!("The sections are {listed}."),
        };
    };
    let settings = section.settings.iter();
    if let Some(setting) = settings
        .clone()
        .find(|setting| setting.names().any(|n| n == wanted))
    {
        return Found::Setting(setting);
    }
    let keys = settings
        .clone()
        .flat_map(|s| s.names().map(|name| path(s, name)));
    let accepted = if section.settings.is_empty() {
        format!("The section {} has no settings yet.", section.name)
    } else {
        let listed = list(settings.map(|setting| setting.key));
        format!("The section {} has {listed}.", section.name)
    };
    Found::Nothing {
        nearest: nearest(&format!("{}.{wanted}", section.name), keys),
        accepted,
    }
}

fn path(setting: &Setting, name: &str) -> String {
    format!("{}.{name}", setting.section)
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The name that is most like `wanted`, by its whole or by what follows its dot.
fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let alike = |name: &str| {
        let whole = strsim::jaro_winkler(wanted, name);
        whole
            .min(strsim::jaro_winkler(&last(wanted), &last(name)))
            .max(if wanted.contains('.') {
                0.0
            } else {
                strsim::jaro_winkler(wanted, &last(name))
            })
    };
    names
        .map(|name| (alike(&name), name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn setting_of_variable(name: &str) -> Option<&'static Setting> {
    let rest = name.strip_prefix(PREFIX)?.to_lowercase();
    let found = match rest.split_once("__") {
        Some((section, key)) => find(Some(section), key),
        None => find(None, &rest),
    };
    match found {
        Found::Setting(setting) => Some(setting),
        Found::Nothing { .. } => None,
    }
}

fn unknown_variable(name: &str, origin: Origin) -> Problem {
    let variables = Config::settings().flat_map(Setting::variables);
    Problem::Unknown {
        origin,
        name: name.to_owned(),
        nearest: nearest(name, variables),
        accepted: "`fakeai config` lists all settings.".to_owned(),
    }
}

/// The value of a variable: a JSON list or commas make several of it where several are taken.
fn from_variable(setting: &Setting, text: &str) -> Raw {
    match setting.shape {
        Shape::Switch | Shape::One => Raw::Text(text.to_owned()),
        Shape::Many | Shape::Secrets => {
            let list = serde_json::from_str::<Vec<String>>(text).unwrap_or_else(|_| {
                let parts = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                parts.map(str::to_owned).collect()
            });
            Raw::List(list.into_iter().map(Raw::Text).collect())
        }
    }
}

fn bad_value(setting: &Setting, value: &str, origin: Origin) -> Problem {
    Problem::BadValue {
        origin,
        setting: setting.name(),
        value: (setting.shape != Shape::Secrets).then(|| value.to_owned()),
        accepted: setting.accepts(),
    }
}
