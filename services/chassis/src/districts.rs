//! The districts that this installation serves: one reviewed file each.
//!
//! A district is a tenant. Its file says how it is called, which rule set it follows and where it differs,
//! who reviews its opinions, how its archive is coded and how its reception hall works. Adding a district
//! needs a file and keys, no code.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use time::{Time, macros::format_description};
use xinqiao_kernel::{DistrictCode, RuleSet, TownCode, local, number::MAX_SEQUENCE};

/// One district, as its file describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct District {
    /// GB/T 2260 code; also the name of the file.
    pub code: DistrictCode,
    /// 名称.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Its rule set: a version, and what differs from the national rules.
    pub rules: RuleSet,
    /// The office that registers, triages and supervises.
    pub office: Organ,
    /// The organ that reviews opinions 复查机关.
    pub review_organ: Organ,
    /// The organ that reviews them again 复核机关.
    pub re_review_organ: Organ,
    /// How its archive is coded.
    pub archive: ArchiveCodes,
    /// How its reception days work.
    pub reception: ReceptionHall,
    /// Townships, towns and street offices.
    #[serde(default)]
    pub towns: Vec<Town>,
    /// The last case number used on paper before the system began 纸质起始号, for each year that has one. It counts when the
    /// year's first number is given out; a change after that has no effect.
    #[serde(default)]
    pub paper_numbers: BTreeMap<i32, u32>,
}

impl District {
    /// The last case number of a year that was used on paper; 0 when the system gave out the first.
    pub fn paper_last(&self, year: i32) -> u32 {
        self.paper_numbers.get(&year).copied().unwrap_or_default()
    }
}

/// A public body, as documents name it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organ {
    /// 名称.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// 地址.
    #[serde(default)]
    pub address_zh: String,
    /// Telephone for the public.
    #[serde(default)]
    pub phone: String,
}

/// Codes of the archive (DA/T 22): fonds–category·year–retention–unit–item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveCodes {
    /// 全宗号, for example `J101`.
    pub fonds: String,
    /// 门类代码, for example `XF`.
    pub category: String,
    /// 机构代码, for example `LXB`.
    pub unit: String,
}

/// The reception hall: rooms and times of a session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceptionHall {
    /// 名称.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// 地址.
    pub address_zh: String,
    /// Rooms a leader receives in.
    pub rooms: Vec<String>,
    /// Sessions of a reception day, local time.
    pub sessions: Vec<Session>,
    /// Length of a slot in minutes.
    pub slot_minutes: u16,
    /// Slots of each room and session kept for people who come without an appointment.
    #[serde(default)]
    pub walk_in_slots: u16,
    /// How long a slot is held for somebody who has not confirmed it.
    #[serde(default = "hold_minutes")]
    pub hold_minutes: u16,
    /// How long each who waits for a slot has it to himself when one becomes free, before the next may take it too.
    #[serde(default = "waiting_turn_minutes")]
    pub waiting_turn_minutes: u16,
}

const fn hold_minutes() -> u16 {
    15
}

const fn waiting_turn_minutes() -> u16 {
    120
}

/// A stretch of a reception day, local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Start, written HH:MM.
    #[serde(deserialize_with = "local_time")]
    pub start: Time,
    /// End, written HH:MM.
    #[serde(deserialize_with = "local_time")]
    pub end: Time,
}

/// A township, town or street office.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Town {
    /// Nine-digit code.
    pub code: TownCode,
    /// 名称.
    pub name_zh: String,
}

/// What is wrong with the district files, all of it.
#[derive(Debug, thiserror::Error)]
pub struct DistrictsError {
    /// File and what is wrong with it.
    pub problems: Vec<(PathBuf, String)>,
}

impl fmt::Display for DistrictsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} problem(s) in the district files:",
            self.problems.len()
        )?;
        for (path, problem) in &self.problems {
            write!(formatter, "\n  {}: {problem}", path.display())?;
        }
        Ok(())
    }
}

/// The districts served here. Clones share them.
#[derive(Debug, Clone)]
pub struct Districts {
    by_code: Arc<BTreeMap<DistrictCode, District>>,
}

impl Districts {
    /// Reads every `<code>.yaml` of a folder; what is wrong in any of them is told at once.
    pub fn read(folder: &Path) -> Result<Self, DistrictsError> {
        let mut by_code = BTreeMap::new();
        let mut problems = Vec::new();
        match yaml_files(folder) {
            Ok(files) if files.is_empty() => {
                problems.push((
                    folder.to_owned(),
                    "holds no district file (<code>.yaml)".to_owned(),
                ));
            }
            Ok(files) => {
                for path in files {
                    match read_file(&path) {
                        Ok(district) => {
                            problems.extend(
                                faults(&path, &district)
                                    .into_iter()
                                    .map(|fault| (path.clone(), fault)),
                            );
                            by_code.insert(district.code, district);
                        }
                        Err(problem) => problems.push((path, problem)),
                    }
                }
            }
            Err(error) => problems.push((folder.to_owned(), error.to_string())),
        }
        if problems.is_empty() {
            Ok(Self {
                by_code: Arc::new(by_code),
            })
        } else {
            Err(DistrictsError { problems })
        }
    }

    /// The district with this code, when it is served here.
    pub fn get(&self, code: DistrictCode) -> Option<&District> {
        self.by_code.get(&code)
    }

    /// Every district, in the order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = &District> {
        self.by_code.values()
    }

    /// Every code, in order.
    pub fn codes(&self) -> Vec<DistrictCode> {
        self.by_code.keys().copied().collect()
    }
}

fn yaml_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(path: &Path) -> Result<District, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_yaml_ng::from_str(&text).map_err(|error| error.to_string())
}

/// What the types cannot say.
fn faults(path: &Path, district: &District) -> Vec<String> {
    let mut faults = Vec::new();
    let mut demand = |holds: bool, fault: String| {
        if !holds {
            faults.push(fault);
        }
    };
    let name = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    demand(
        name == district.code.as_str(),
        format!("the file must be named {}.yaml", district.code),
    );
    for (field, text) in [
        ("name_zh", &district.name_zh),
        ("name_en", &district.name_en),
        ("rules.version", &district.rules.version),
        ("office.name_zh", &district.office.name_zh),
        ("review_organ.name_zh", &district.review_organ.name_zh),
        ("re_review_organ.name_zh", &district.re_review_organ.name_zh),
    ] {
        demand(!text.trim().is_empty(), format!("{field} must not be empty"));
    }
    for (field, code) in [
        ("archive.fonds", &district.archive.fonds),
        ("archive.category", &district.archive.category),
        ("archive.unit", &district.archive.unit),
    ] {
        let plain = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        demand(plain, format!("{field} must be letters and digits"));
    }
    for town in &district.towns {
        demand(
            town.code.district() == district.code,
            format!("town {} lies in another district", town.code),
        );
    }
    for (year, last) in &district.paper_numbers {
        demand(
            local::YEARS.contains(year) && (1..MAX_SEQUENCE).contains(last),
            format!("paper_numbers: {last} is no last number of the year {year}"),
        );
    }
    let hall = &district.reception;
    demand(
        !hall.rooms.is_empty(),
        "reception.rooms must name a room".to_owned(),
    );
    demand(
        !hall.sessions.is_empty(),
        "reception.sessions must name a session".to_owned(),
    );
    demand(
        (5..=240).contains(&hall.slot_minutes),
        "reception.slot_minutes must be from 5 to 240".to_owned(),
    );
    demand(
        (1..=240).contains(&hall.hold_minutes),
        "reception.hold_minutes must be from 1 to 240".to_owned(),
    );
    demand(
        (1..=2880).contains(&hall.waiting_turn_minutes),
        "reception.waiting_turn_minutes must be from 1 to 2880".to_owned(),
    );
    for session in &hall.sessions {
        let long_enough = (session.end - session.start).whole_minutes() >= i64::from(hall.slot_minutes);
        demand(
            long_enough,
            format!("the session at {} is shorter than a slot", session.start),
        );
    }
    faults
}

fn local_time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = String::deserialize(deserializer)?;
    Time::parse(&text, format_description!("[hour]:[minute]"))
        .map_err(|_| serde::de::Error::custom(format!("{text:?} is not a time written HH:MM")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/districts")
    }

    #[test]
    fn the_shipped_districts_are_valid() {
        let districts = Districts::read(&shipped()).unwrap();
        let names: Vec<_> = districts
            .iter()
            .map(|district| district.name_zh.as_str())
            .collect();
        assert_eq!(names, ["东昌区", "二道江区"]);
        assert_eq!(districts.iter().next().unwrap().towns.len(), 13);
    }

    #[test]
    fn everything_wrong_in_all_files_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(shipped().join("220502.yaml")).unwrap();
        fs::write(
            folder.path().join("999999.yaml"),
            text.replace("slot_minutes: 30", "slot_minutes: 2") + "paper_numbers: { 2026: 1000000 }\n",
        )
        .unwrap();
        fs::write(folder.path().join("220503.yaml"), "code: \"22050\"\n").unwrap();
        let error = Districts::read(folder.path()).unwrap_err();
        assert_eq!(error.problems.len(), 4, "{error}");
    }

    #[test]
    fn a_misspelt_parameter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(shipped().join("220503.yaml")).unwrap();
        fs::write(
            folder.path().join("220503.yaml"),
            format!("{text}\nclock: {{}}\n"),
        )
        .unwrap();
        assert!(Districts::read(folder.path()).is_err());
    }
}
