//! T16 and T17: who investigates, and the report to the leader `[S:L40]`, `[R:28(3)]`, `[R:31(6)]`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use xinqiao_kernel::Fields;

use super::{
    case::{Case, InvestigatorFact, ReportFact},
    denied::Denied,
    terms::Law,
    transitions::Act,
};

/// One investigator with his recusal declaration 回避声明.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Investigator {
    /// Subject of his token.
    pub person_id: String,
    /// Name (class P1).
    pub name: String,
    /// His own words.
    pub declaration: String,
    /// Declares no direct interest.
    pub no_interest: bool,
}

/// Checks the investigators of a case; `excluded` are those whom it concerns.
pub fn check_investigators(
    mut investigators: Vec<Investigator>,
    excluded: &[String],
    fields: &mut Fields,
) -> Vec<Investigator> {
    fields.count("investigators", investigators.len(), 2..=10);
    let mut seen = HashSet::new();
    for (index, investigator) in investigators.iter_mut().enumerate() {
        let field = |name: &str| format!("investigators[{index}].{name}");
        investigator.person_id = fields.text(&field("person_id"), &investigator.person_id, 1..=100);
        investigator.name = fields.text(&field("name"), &investigator.name, 2..=100);
        investigator.declaration = fields.text(&field("declaration"), &investigator.declaration, 5..=2000);
        if !investigator.no_interest {
            fields.about(
                &field("no_interest"),
                "MUST_RECUSE",
                "：与事项或信访人有直接利害关系的应当回避，请另定人员",
                "is missing: whoever has a direct interest must recuse himself; name somebody else",
            );
        }
        if !seen.insert(investigator.person_id.clone()) {
            fields.about(&field("person_id"), "DUPLICATE", "重复", "is named twice");
        } else if excluded.contains(&investigator.person_id) {
            fields.about(
                &field("person_id"),
                "MUST_RECUSE",
                "：信访事项涉及该人员，不得参与调查",
                "must not investigate: the petition concerns him",
            );
        }
    }
    investigators
}

/// Checks those who recused themselves instead of investigating; nobody is both.
pub fn check_recused(
    mut recused: Vec<Investigator>,
    investigators: &[Investigator],
    fields: &mut Fields,
) -> Vec<Investigator> {
    fields.count("recused", recused.len(), 0..=20);
    let mut seen: HashSet<_> = investigators
        .iter()
        .map(|investigator| investigator.person_id.clone())
        .collect();
    for (index, person) in recused.iter_mut().enumerate() {
        let field = |name: &str| format!("recused[{index}].{name}");
        person.person_id = fields.text(&field("person_id"), &person.person_id, 1..=100);
        person.name = fields.text(&field("name"), &person.name, 2..=100);
        person.declaration = fields.text(&field("declaration"), &person.declaration, 5..=2000);
        if !seen.insert(person.person_id.clone()) {
            fields.about(
                &field("person_id"),
                "DUPLICATE",
                "重复，或者已定为调查人员",
                "is named twice, or investigates",
            );
        }
    }
    recused
}

/// A clause that a text rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalBasis {
    /// Title of the law or policy.
    pub title: String,
    /// Article.
    pub article: String,
    /// Words of the clause.
    pub text: String,
}

/// Checks a list of clauses; at least one.
pub(super) fn check_basis(field: &str, clauses: &mut [LegalBasis], fields: &mut Fields) {
    fields.count(field, clauses.len(), 1..=50);
    for (index, clause) in clauses.iter_mut().enumerate() {
        clause.title = fields.text(&format!("{field}[{index}].title"), &clause.title, 2..=200);
        clause.article = fields.text(&format!("{field}[{index}].article"), &clause.article, 1..=100);
        clause.text = fields.text(&format!("{field}[{index}].text"), &clause.text, 2..=4000);
    }
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Short title.
    pub title: String,
    /// What it shows.
    pub description: String,
    /// SHA-256 of the file it stands for, lower-case hexadecimal.
    pub file_sha256: Option<String>,
}

/// Checks a list of evidence.
pub(super) fn check_evidence(field: &str, evidence: &mut [Evidence], at_least: usize, fields: &mut Fields) {
    fields.count(field, evidence.len(), at_least..=50);
    for (index, item) in evidence.iter_mut().enumerate() {
        item.title = fields.text(&format!("{field}[{index}].title"), &item.title, 1..=200);
        item.description = fields.text(
            &format!("{field}[{index}].description"),
            &item.description,
            2..=4000,
        );
        if let Some(digest) = &mut item.file_sha256 {
            digest.make_ascii_lowercase();
            if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                fields.about(
                    &format!("{field}[{index}].file_sha256"),
                    "BAD_FORMAT",
                    "须为64位十六进制的SHA-256",
                    "must be a SHA-256 of 64 hexadecimal digits",
                );
            }
        }
    }
}

/// A reasoned yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The answer.
    pub holds: bool,
    /// Why.
    pub reason: String,
}

/// 听取信访人陈述 `[R:31(6)]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// When he was heard.
    HeardAt(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    /// Why he could not be heard.
    NotHeard(String),
}

/// An investigation report 调查报告 (§6.4.9). What is missing stays empty until it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// 产生的原因.
    pub cause: String,
    /// 存在的问题.
    pub problem: String,
    /// 化解的意见.
    pub resolution_opinion: String,
    /// Facts found.
    pub facts: Vec<String>,
    /// Evidence.
    pub evidence: Vec<Evidence>,
    /// Whether the petitioner was heard.
    pub statement: Option<Statement>,
    /// Clauses.
    pub legal_basis: Vec<LegalBasis>,
    /// Five-batch test: lawful.
    pub lawful: Option<Finding>,
    /// Five-batch test: fair and reasonable.
    pub fair_reasonable: Option<Finding>,
    /// Five-batch test: a basis exists.
    pub basis: Option<Finding>,
    /// Five-batch test: expressly barred.
    pub barred: Option<Finding>,
    /// Affects the overall work.
    pub affects_overall: Option<Finding>,
}

impl Report {
    /// Checks the report: every section that is missing or too short is named at once.
    #[must_use]
    pub fn check(mut self, now: OffsetDateTime, fields: &mut Fields) -> Self {
        self.cause = fields.text("report.cause", &self.cause, 50..=8000);
        self.problem = fields.text("report.problem", &self.problem, 50..=8000);
        self.resolution_opinion =
            fields.text("report.resolution_opinion", &self.resolution_opinion, 50..=8000);
        self.facts = fields.texts("report.facts", &self.facts, 1..=50, 4000);
        check_evidence("report.evidence", &mut self.evidence, 1, fields);
        match &mut self.statement {
            None => fields.wrong(
                "report.petitioner_heard_at",
                "REQUIRED",
                "请填写听取信访人陈述的时间，或说明未能听取的原因",
                "say when the petitioner was heard, or why he could not be",
            ),
            Some(Statement::HeardAt(at)) if *at > now => {
                fields.about(
                    "report.petitioner_heard_at",
                    "IN_FUTURE",
                    "不得晚于现在",
                    "must not be in the future",
                );
            }
            Some(Statement::HeardAt(_)) => {}
            Some(Statement::NotHeard(reason)) => {
                *reason = fields.text("report.not_heard_reason", reason, 10..=2000);
            }
        }
        check_basis("report.legal_basis", &mut self.legal_basis, fields);
        for (field, finding) in [
            ("report.lawful", &mut self.lawful),
            ("report.fair_reasonable", &mut self.fair_reasonable),
            ("report.basis", &mut self.basis),
            ("report.barred", &mut self.barred),
            ("report.affects_overall", &mut self.affects_overall),
        ] {
            match finding {
                None => fields.about(
                    field,
                    "REQUIRED",
                    "：请作出判定并说明理由",
                    "must be answered with a reason",
                ),
                Some(finding) => {
                    finding.reason = fields.text(&format!("{field}.reason"), &finding.reason, 2..=2000);
                }
            }
        }
        self
    }
}

impl Case {
    /// T16.
    pub fn name_investigators(&mut self, version: u64, named: &[Investigator]) -> Result<(), Denied> {
        self.state = self.gate(version, Act::NameInvestigators)?;
        self.investigators = named
            .iter()
            .map(|person| InvestigatorFact {
                person_id: person.person_id.clone(),
                name: person.name.clone(),
            })
            .collect();
        Ok(())
    }

    /// T17. K4 keeps running.
    pub fn submit_report(&mut self, version: u64, now: OffsetDateTime) -> Result<(), Denied> {
        self.state = self.gate(version, Act::SubmitReport)?;
        self.report = Some(ReportFact {
            submitted_at: now,
            read_at: None,
        });
        Ok(())
    }

    /// The leader has read the report. The first reading counts.
    pub fn read_report(&mut self, version: u64, now: OffsetDateTime) -> Result<(), Denied> {
        self.state = self.gate(version, Act::ReadReport)?;
        if let Some(report) = &mut self.report {
            report.read_at.get_or_insert(now);
        }
        Ok(())
    }

    /// T18. K4 keeps running.
    pub fn return_report(&mut self, version: u64) -> Result<(), Denied> {
        self.state = self.gate(version, Act::ReturnReport)?;
        self.report = None;
        Ok(())
    }

    /// T19 waits for the leader: until he has read the report, or five working days have passed without a word,
    /// because the legal duty is the unit's.
    pub(super) fn leader_has_had_his_say(&self, law: &Law<'_>) -> Result<(), Denied> {
        let Some(report) = self.report else {
            return Err(Denied::ReportNotRead { until: law.today });
        };
        if report.read_at.is_some() {
            return Ok(());
        }
        let until = law.instruction_until(report.submitted_at);
        if law.today > until {
            Ok(())
        } else {
            Err(Denied::ReportNotRead { until })
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn investigator(person: &str) -> Investigator {
        Investigator {
            person_id: person.to_owned(),
            name: "赵承办".to_owned(),
            declaration: "与本事项无利害关系".to_owned(),
            no_interest: true,
        }
    }

    #[test]
    fn every_missing_section_of_a_report_is_named_at_once() {
        let empty = Report {
            cause: String::new(),
            problem: "太短".to_owned(),
            resolution_opinion: String::new(),
            facts: vec![],
            evidence: vec![],
            statement: None,
            legal_basis: vec![],
            lawful: None,
            fair_reasonable: None,
            basis: None,
            barred: None,
            affects_overall: None,
        };
        let mut fields = Fields::new();
        let _ = empty.check(datetime!(2026-04-10 10:00 +8), &mut fields);
        assert_eq!(
            fields.names(),
            [
                "report.cause",
                "report.problem",
                "report.resolution_opinion",
                "report.facts",
                "report.evidence",
                "report.petitioner_heard_at",
                "report.legal_basis",
                "report.lawful",
                "report.fair_reasonable",
                "report.basis",
                "report.barred",
                "report.affects_overall",
            ]
        );
    }

    #[test]
    fn one_investigator_is_not_enough_and_nobody_counts_twice() {
        let mut fields = Fields::new();
        check_investigators(vec![investigator("zhao")], &[], &mut fields);
        check_investigators(vec![investigator("zhao"), investigator("zhao")], &[], &mut fields);
        assert_eq!(fields.names(), ["investigators", "investigators[1].person_id"]);
    }

    #[test]
    fn nobody_both_investigates_and_recuses_himself() {
        let mut fields = Fields::new();
        let recused = ["zhao", "qian", "qian"].map(investigator).to_vec();
        check_recused(recused, &[investigator("zhao")], &mut fields);
        assert_eq!(fields.names(), ["recused[0].person_id", "recused[2].person_id"]);
    }

    #[test]
    fn whoever_is_concerned_does_not_investigate() {
        let mut interested = investigator("qian");
        interested.no_interest = false;
        let mut fields = Fields::new();
        check_investigators(
            vec![investigator("feng"), interested],
            &["feng".to_owned()],
            &mut fields,
        );
        let reasons: Vec<_> = fields
            .violations()
            .iter()
            .map(|wrong| (wrong.field.as_str(), wrong.reason))
            .collect();
        assert_eq!(
            reasons,
            [
                ("investigators[0].person_id", "MUST_RECUSE"),
                ("investigators[1].no_interest", "MUST_RECUSE")
            ]
        );
    }
}
