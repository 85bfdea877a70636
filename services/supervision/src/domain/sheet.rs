//! The signing sheet 审阅签字单: the exact bytes a leader reads and signs (T33).
//!
//! Canonical JSON: UTF-8, no blanks, keys in alphabetical order, documents in the order of the archive list.
//! It names every report, opinion, closure report and opinion form of the case by its hash, so that a
//! signature over the sheet's SHA-256 covers all of them. It holds no instant: the same facts give the same bytes.

use serde::Serialize;
use uuid::Uuid;

use crate::domain::opinion::Outcome;

/// Version of the sheet's form, part of what is signed.
const FORM: &str = "xinqiao.signing-sheet.v1";
/// Archive items whose documents stand on the sheet: notices, investigation report, opinion with its service, closure
/// report, petitioner's opinion.
pub const ITEMS: [&str; 5] = ["07", "10", "12", "14", "15"];

/// A document on the sheet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SheetDocument {
    /// Archive item, two digits.
    pub archive_item: String,
    /// SHA-256 of the canonical content, hexadecimal.
    pub content_sha256: String,
    /// Form code, for example `D12`.
    pub form: String,
}

/// What stands on the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet<'a> {
    /// Number of the case.
    pub case_no: &'a str,
    /// The leader's written view; may be empty.
    pub comment: &'a str,
    /// By which delegation, when another leader is responsible.
    pub delegation: Option<Uuid>,
    /// The signer: leader, or head of the office in his place (DEC-16).
    pub signer: &'a str,
    /// How often the case came back, plus one: a signature of one round is none of the next.
    pub round: u32,
    /// Inspections by the leader.
    pub inspections: u32,
    /// Opinions by representative, first one first; empty for a filed case.
    pub opinions: &'a [Outcome],
    /// Documents of the case; put in order here.
    pub documents: Vec<SheetDocument>,
}

/// Fields in alphabetical order: this order is the canonical form.
#[derive(Serialize)]
struct Canonical<'a> {
    case_no: &'a str,
    comment: &'a str,
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delegation: Option<String>,
    documents: &'a [SheetDocument],
    form: &'static str,
    inspections: u32,
    petitioner: Vec<CanonicalOpinion>,
    round: u32,
    signer: &'a str,
}

#[derive(Serialize)]
struct CanonicalOpinion {
    attitude: Option<&'static str>,
    result: &'static str,
}

impl Sheet<'_> {
    /// The bytes that are shown and whose SHA-256 is signed.
    pub fn bytes(&self) -> Vec<u8> {
        let mut documents = self.documents.clone();
        documents.sort();
        let petitioner = self
            .opinions
            .iter()
            .map(|outcome| {
                let attitude = outcome.attitude().map(super::opinion::Attitude::code);
                CanonicalOpinion {
                    attitude,
                    result: outcome.code(),
                }
            })
            .collect();
        let canonical = Canonical {
            case_no: self.case_no,
            comment: self.comment,
            decision: "APPROVE",
            delegation: self.delegation.map(|id| id.to_string()),
            documents: &documents,
            form: FORM,
            inspections: self.inspections,
            petitioner,
            round: self.round,
            signer: self.signer,
        };
        serde_json::to_vec(&canonical).expect("invariant: texts and numbers serialise")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::opinion::Attitude;

    fn document(item: &str, form: &str, hash: &str) -> SheetDocument {
        SheetDocument {
            archive_item: item.into(),
            content_sha256: hash.into(),
            form: form.into(),
        }
    }

    #[test]
    fn the_bytes_are_canonical_whatever_the_order_of_documents() {
        let opinions = [Outcome::Signed(Attitude::Satisfied)];
        let mut sheet = Sheet {
            case_no: "XF-220502-2026-2-000123-9",
            comment: "同意",
            delegation: None,
            signer: "leader-1",
            round: 1,
            inspections: 1,
            opinions: &opinions,
            documents: vec![document("14", "D15", "bb"), document("12", "D12", "aa")],
        };
        let bytes = sheet.bytes();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            concat!(
                r#"{"case_no":"XF-220502-2026-2-000123-9","comment":"同意","decision":"APPROVE","#,
                r#""documents":[{"archive_item":"12","content_sha256":"aa","form":"D12"},"#,
                r#"{"archive_item":"14","content_sha256":"bb","form":"D15"}],"#,
                r#""form":"xinqiao.signing-sheet.v1","inspections":1,"#,
                r#""petitioner":[{"attitude":"SATISFIED","result":"SIGNED"}],"round":1,"signer":"leader-1"}"#
            )
        );
        sheet.documents.reverse();
        assert_eq!(sheet.bytes(), bytes);
        sheet.delegation = Some(Uuid::from_u128(7));
        let delegated = String::from_utf8(sheet.bytes()).unwrap();
        let named =
            r#""decision":"APPROVE","delegation":"00000000-0000-0000-0000-000000000007","documents":"#;
        assert!(delegated.contains(named), "{delegated}");
    }
}
