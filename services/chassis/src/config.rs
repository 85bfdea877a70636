//! The one reader of the environment.
//!
//! Every setting is a documented [`Variable`]. A [`Reader`] takes all of them before it says what is
//! wrong, so that one start names every mistake by its variable, before any port is opened. The same
//! declarations print the table of `config` and `--help`; a secret is never printed, and may also come
//! from a file named by the variable with `_FILE` behind it.

use std::{
    collections::BTreeMap,
    env,
    fmt::{self, Display, Write as _},
    fs,
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use secrecy::SecretString;

mod settings;
mod variables;

pub(crate) use settings::is_web;
pub use settings::{
    AuditSettings, BusSettings, CallerSettings, ClockSettings, DatabaseSettings, IdentitySettings,
    InboxSettings, JobSettings, KekSettings, KeySettings, KeySource, MigrateSettings, MutualTlsSettings,
    PlaceSettings, Profile, RelaySettings, ServerSettings, Settings, TelemetrySettings, TlsSettings,
    VaultSettings,
};

/// One setting: its name in the environment and what an operator must know about it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Name in the environment.
    pub name: &'static str,
    /// Value when it is not set; `None` when it must be set. Empty stands for "off".
    pub default: Option<&'static str>,
    /// Unit or form of the value, for example `ms`, `bytes`, `path`.
    pub unit: &'static str,
    /// True when the value is never shown, and may come from a file named by `<name>_FILE`.
    pub secret: bool,
    /// One sentence: what it changes.
    pub help: &'static str,
}

impl Variable {
    /// A setting that must be given.
    pub const fn required(name: &'static str, unit: &'static str, help: &'static str) -> Self {
        Self {
            name,
            default: None,
            unit,
            secret: false,
            help,
        }
    }

    /// A setting that has a value of its own when it is not given.
    pub const fn with_default(
        name: &'static str,
        default: &'static str,
        unit: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            default: Some(default),
            unit,
            secret: false,
            help,
        }
    }

    /// The same setting, whose value is never shown.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

/// What is wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the variable.
    pub variable: String,
    /// What is wrong, without the value when that is a secret.
    pub message: String,
}

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    /// Every problem, in the order of the table of settings.
    pub problems: Vec<Problem>,
}

impl Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} setting(s) are wrong:", self.problems.len())?;
        for problem in &self.problems {
            write!(formatter, "\n  {}: {}", problem.variable, problem.message)?;
        }
        Ok(())
    }
}

/// A setting as the table shows it.
#[derive(Debug, Clone)]
struct Seen {
    variable: Variable,
    /// The value in force, or how it was kept from being shown.
    shown: String,
}

/// Where values come from: the environment, or a map of a test.
type Lookup = Box<dyn Fn(&str) -> Option<String> + Send>;

/// Reads settings and collects what is wrong with them.
pub struct Reader {
    lookup: Lookup,
    problems: Vec<Problem>,
    seen: Vec<Seen>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reader")
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// Reads the environment of this process.
    pub fn from_environment() -> Self {
        Self::from_lookup(|name| env::var(name).ok())
    }

    /// Reads from anything that knows names: tests read a map.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        Self {
            lookup: Box::new(lookup),
            problems: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Reads from a map.
    pub fn from_map(values: BTreeMap<String, String>) -> Self {
        Self::from_lookup(move |name| values.get(name).cloned())
    }

    /// Text that is not empty.
    pub fn text(&mut self, variable: &Variable) -> String {
        let value = self.value(variable);
        if value.as_deref() == Some("") {
            self.problem(variable, "must not be empty");
        }
        value.unwrap_or_default()
    }

    /// Text, or `None` when it is empty: the setting is off.
    pub fn optional(&mut self, variable: &Variable) -> Option<String> {
        self.value(variable).filter(|value| !value.is_empty())
    }

    /// A path.
    pub fn path(&mut self, variable: &Variable) -> PathBuf {
        PathBuf::from(self.text(variable))
    }

    /// A path, or `None` when it is empty.
    pub fn optional_path(&mut self, variable: &Variable) -> Option<PathBuf> {
        self.optional(variable).map(PathBuf::from)
    }

    /// A secret that must be given, directly or by `<name>_FILE`.
    pub fn secret(&mut self, variable: &Variable) -> SecretString {
        SecretString::from(self.text(variable))
    }

    /// A time in milliseconds within `range`.
    pub fn millis(&mut self, variable: &Variable, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(variable, range))
    }

    /// A count or a size within `range`.
    pub fn count(&mut self, variable: &Variable, range: RangeInclusive<usize>) -> usize {
        self.number(variable, range)
    }

    /// A number within `range`.
    pub fn number<N>(&mut self, variable: &Variable, range: RangeInclusive<N>) -> N
    where
        N: FromStr + PartialOrd + Display + Copy,
    {
        let (low, high) = (*range.start(), *range.end());
        self.parse(variable, low, |text| {
            text.parse()
                .ok()
                .filter(|number| range.contains(number))
                .ok_or_else(|| format!("must be a number from {low} to {high}"))
        })
    }

    /// One of the named values.
    pub fn choice<T: Copy>(&mut self, variable: &Variable, choices: &[(&str, T)]) -> T {
        let fallback = choices
            .first()
            .expect("invariant: a choice has at least one value")
            .1;
        self.parse(variable, fallback, |text| {
            let names = || {
                choices
                    .iter()
                    .map(|(name, _)| *name)
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let found = choices.iter().find(|(name, _)| *name == text);
            found
                .map(|(_, value)| *value)
                .ok_or_else(|| format!("must be one of: {}", names()))
        })
    }

    /// Any value with a form of its own. `fallback` stands in so that reading goes on; a reader with a
    /// problem never yields its settings.
    pub fn parse<T>(
        &mut self,
        variable: &Variable,
        fallback: T,
        form: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        match self.value(variable).map(|value| form(&value)) {
            Some(Ok(value)) => value,
            Some(Err(message)) => {
                self.problem(variable, message);
                fallback
            }
            None => fallback,
        }
    }

    /// Notes that a value is wrong for a reason that only the caller can see.
    pub fn problem(&mut self, variable: &Variable, message: impl Into<String>) {
        self.problems.push(Problem {
            variable: variable.name.to_owned(),
            message: message.into(),
        });
    }

    /// The settings, when nothing was wrong with any of them.
    pub fn finish<T>(self, settings: T) -> Result<T, ConfigError> {
        if self.problems.is_empty() {
            Ok(settings)
        } else {
            Err(ConfigError {
                problems: self.problems,
            })
        }
    }

    /// The table of everything read so far: name, unit, default and, with `values`, what is in force.
    pub fn table(&self, values: bool) -> String {
        let mut table = String::new();
        for Seen { variable, shown } in &self.seen {
            let default = match variable.default {
                None => "required".to_owned(),
                Some("") => "default: off".to_owned(),
                Some(default) => format!("default: {default}"),
            };
            let file = if variable.secret {
                format!("; or {}_FILE", variable.name)
            } else {
                String::new()
            };
            let name = variable.name;
            let (unit, help) = (variable.unit, variable.help);
            // Writing to a string cannot fail.
            let _ = writeln!(table, "  {name} [{unit}] ({default}{file})\n      {help}");
            if values {
                let _ = writeln!(table, "      now: {shown}");
            }
        }
        table
    }

    /// The value or the default; notes a missing one, and how it is shown.
    fn value(&mut self, variable: &Variable) -> Option<String> {
        let given = if variable.secret {
            self.secret_value(variable)
        } else {
            (self.lookup)(variable.name)
        };
        let value = given.map(|value| value.trim().to_owned());
        let in_force = value.or_else(|| variable.default.map(str::to_owned));
        if in_force.is_none()
            && !self
                .problems
                .iter()
                .any(|problem| problem.variable == variable.name)
        {
            self.problem(variable, format!("is required: {}", variable.help));
        }
        let shown = match in_force.as_deref() {
            None => "not set".to_owned(),
            Some("") => "off".to_owned(),
            Some(_) if variable.secret => "set, not shown".to_owned(),
            Some(value) => value.to_owned(),
        };
        if !self.seen.iter().any(|seen| seen.variable.name == variable.name) {
            self.seen.push(Seen {
                variable: *variable,
                shown,
            });
        }
        in_force
    }

    fn secret_value(&mut self, variable: &Variable) -> Option<String> {
        let direct = (self.lookup)(variable.name);
        let Some(file) = (self.lookup)(&format!("{}_FILE", variable.name)) else {
            return direct;
        };
        if direct.is_some() {
            self.problem(variable, "is given both directly and as a file; give one");
            return direct;
        }
        fs::read_to_string(&file)
            .map_err(|error| self.problem(variable, format!("cannot read the file {file}: {error}")))
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const COUNT: Variable = Variable::with_default("X_COUNT", "5", "rows", "How many.");
    const NAME: Variable = Variable::required("X_NAME", "text", "A name.");
    const KEY: Variable = Variable::required("X_KEY", "text", "A key.").secret();

    fn reader(values: &[(&str, &str)]) -> Reader {
        Reader::from_map(
            values
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        )
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let mut reader = reader(&[("X_COUNT", "900")]);
        reader.count(&COUNT, 1..=100);
        reader.text(&NAME);
        reader.secret(&KEY);
        let error = reader.finish(()).unwrap_err();
        let named: Vec<_> = error
            .problems
            .iter()
            .map(|problem| problem.variable.as_str())
            .collect();
        assert_eq!(named, ["X_COUNT", "X_NAME", "X_KEY"]);
        assert!(error.to_string().contains("must be a number from 1 to 100"));
    }

    #[test]
    fn a_default_stands_in_for_what_is_not_set() {
        let mut reader = reader(&[]);
        assert_eq!(reader.count(&COUNT, 1..=100), 5);
        assert!(reader.finish(()).is_ok());
    }

    #[test]
    fn a_secret_is_read_from_a_file_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "s3cret\n").unwrap();
        let mut reader = reader(&[("X_KEY_FILE", path.to_str().unwrap())]);
        assert_eq!(reader.secret(&KEY).expose_secret(), "s3cret");
        assert!(!reader.table(true).contains("s3cret"));
        assert!(reader.table(true).contains("set, not shown"));
        assert!(reader.finish(()).is_ok());
    }

    #[test]
    fn a_secret_given_twice_is_refused() {
        let mut reader = reader(&[("X_KEY", "a"), ("X_KEY_FILE", "/nowhere")]);
        reader.secret(&KEY);
        assert_eq!(reader.finish(()).unwrap_err().problems.len(), 1);
    }
}
