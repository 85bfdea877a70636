//! The petitioner's opinion 信访人签署意见: what must be there before it counts (T30, T31, T32).
//!
//! It is an opinion, never a consent: whatever he thinks, and also when he does not sign or cannot be
//! reached, the case goes on (DEC-06). There is no field for a waiver (EG-05).

use std::collections::BTreeSet;

use time::{Date, OffsetDateTime};
use xinqiao_kernel::{Explain, local::local_date};

/// Attempts after which he counts as unreachable `[K12]`.
pub const ATTEMPTS: usize = 3;
/// Different ways that must have been tried.
pub const METHODS: usize = 2;
/// Persons who must have seen a refusal.
pub const WITNESSES: usize = 2;

/// What he thinks of the handling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attitude {
    /// 满意
    Satisfied,
    /// 基本满意
    Basically,
    /// 不满意
    Dissatisfied,
    /// 不表态
    NoComment,
}

impl Attitude {
    /// Every attitude.
    pub const ALL: [Self; 4] = [
        Self::Satisfied,
        Self::Basically,
        Self::Dissatisfied,
        Self::NoComment,
    ];

    /// The name in tables, documents and on the signing sheet.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Satisfied => "SATISFIED",
            Self::Basically => "BASICALLY",
            Self::Dissatisfied => "DISSATISFIED",
            Self::NoComment => "NO_COMMENT",
        }
    }

    /// The attitude of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attitude| attitude.code() == code)
    }
}

/// What is left of an opinion when its words are put away: enough for the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// He signed (T30).
    Signed(Attitude),
    /// He did not sign (T31).
    Refused,
    /// He could not be reached (T32).
    Unreachable,
}

impl Outcome {
    /// The name of the result in tables, documents and on the signing sheet.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Signed(_) => "SIGNED",
            Self::Refused => "REFUSED",
            Self::Unreachable => "UNREACHABLE",
        }
    }

    /// His attitude, when he signed.
    pub const fn attitude(self) -> Option<Attitude> {
        match self {
            Self::Signed(attitude) => Some(attitude),
            Self::Refused | Self::Unreachable => None,
        }
    }

    /// The outcome of a row.
    pub fn from_codes(result: &str, attitude: Option<&str>) -> Option<Self> {
        match (result, attitude) {
            ("SIGNED", Some(attitude)) => Attitude::from_code(attitude).map(Self::Signed),
            ("REFUSED", None) => Some(Self::Refused),
            ("UNREACHABLE", None) => Some(Self::Unreachable),
            _ => None,
        }
    }

    /// True when the leader may sign without a written view: signed and satisfied, nothing else `[§6.4.14]`.
    pub const fn needs_no_comment(self) -> bool {
        matches!(self, Self::Signed(Attitude::Satisfied))
    }

    /// Of several representatives' opinions the one the leader has most to answer to (DEC-18).
    ///
    /// Nobody's silence counts as satisfied, and nobody's satisfaction hides another's complaint.
    pub fn gravest(outcomes: impl IntoIterator<Item = Self>) -> Option<Self> {
        outcomes.into_iter().max_by_key(|outcome| match outcome {
            Self::Signed(Attitude::Satisfied) => 0,
            Self::Signed(Attitude::Basically) => 1,
            Self::Signed(Attitude::NoComment) => 2,
            Self::Unreachable => 3,
            Self::Refused => 4,
            Self::Signed(Attitude::Dissatisfied) => 5,
        })
    }
}

/// How he signed. The image is never kept here, and never a biometric template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureType {
    /// By hand.
    Handwritten,
    /// By fingerprint.
    Fingerprint,
    /// Electronically.
    ESign,
}

impl SignatureType {
    /// The name in documents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Handwritten => "HANDWRITTEN",
            Self::Fingerprint => "FINGERPRINT",
            Self::ESign => "E_SIGN",
        }
    }
}

/// A signed opinion (T30).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What he thinks.
    pub attitude: Attitude,
    /// Whether he agrees that the matter is settled.
    pub agree_closed: bool,
    /// His words.
    pub text: String,
    /// How he signed.
    pub signature_type: SignatureType,
    /// Who read the form to him, when he cannot read.
    pub read_aloud_by: Option<String>,
}

/// What the clerk ticked about a signed opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningCircumstances {
    /// His identity was checked.
    pub identity_checked: bool,
    /// He cannot read.
    pub needs_reading_aloud: bool,
}

/// A refusal to sign (T31).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why, or that he gives no reason.
    pub reason: String,
    /// Who saw it.
    pub witnesses: Vec<Witness>,
}

/// Who saw a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Name.
    pub name: String,
    /// Of the office or unit; else independent.
    pub staff: bool,
}

/// The record that he could not be reached (T32).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable {
    /// Every attempt.
    pub attempts: Vec<Attempt>,
}

/// A way of reaching him. A visit to his home unasked is none `[K12]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// By telephone.
    Phone,
    /// By text message.
    Sms,
    /// By registered letter.
    RegisteredLetter,
    /// By a message in the portal.
    OnlineMessage,
}

impl Method {
    /// The name in documents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Phone => "PHONE",
            Self::Sms => "SMS",
            Self::RegisteredLetter => "REGISTERED_LETTER",
            Self::OnlineMessage => "ONLINE_MESSAGE",
        }
    }
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: OffsetDateTime,
    /// How.
    pub method: Method,
    /// Who tried.
    pub by: String,
    /// What came of it.
    pub result: String,
}

/// What an opinion still lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpinionFault {
    /// `[§6.4.13]` `remedy_told` must be true.
    #[error("the petitioner must first be told of his remedies")]
    RemedyNotTold,
    /// `[T30]` identity checked.
    #[error("his identity must be checked first")]
    IdentityNotChecked,
    /// `[T30]` the text is read to those who cannot read.
    #[error("name who read the form to him")]
    ReaderMissing,
    /// `[T31]` told that a refusal has no adverse effect.
    #[error("he must be told that refusing to sign has no adverse effect")]
    NoAdverseEffectNotTold,
    /// `[T31]` two staff, or one staff and one independent person.
    #[error("a refusal needs two staff, or one staff and one independent witness")]
    TooFewWitnesses,
    /// The same witness twice.
    #[error("witness {0} is named twice")]
    WitnessTwice(usize),
    /// `[T32]` three attempts.
    #[error("at least {ATTEMPTS} attempts are needed, there are {0}")]
    TooFewAttempts(usize),
    /// `[K12]` at most one a day.
    #[error("attempt {0} is the second one of its day")]
    TwoOnOneDay(usize),
    /// `[T32]` two methods.
    #[error("at least {METHODS} different methods are needed")]
    TooFewMethods,
    /// `[T32]` one of them a registered letter.
    #[error("one attempt must be a registered letter")]
    NoRegisteredLetter,
    /// `[K12]` attempts count from the completeness check on.
    #[error("attempt {0} was before the completeness check")]
    AttemptTooEarly(usize),
    /// An attempt that has not taken place.
    #[error("attempt {0} is in the future")]
    AttemptInFuture(usize),
}

impl OpinionFault {
    /// The field of the request it belongs to.
    pub fn field(&self) -> String {
        match self {
            Self::RemedyNotTold => "remedy_told".into(),
            Self::IdentityNotChecked => "signed.identity_checked".into(),
            Self::ReaderMissing => "signed.read_aloud_by".into(),
            Self::NoAdverseEffectNotTold => "refused.no_adverse_effect_told".into(),
            Self::TooFewWitnesses => "refused.witnesses".into(),
            Self::WitnessTwice(index) => format!("refused.witnesses[{index}].name"),
            Self::TooFewAttempts(_) | Self::TooFewMethods | Self::NoRegisteredLetter => {
                "unreachable.attempts".into()
            }
            Self::TwoOnOneDay(index) | Self::AttemptTooEarly(index) | Self::AttemptInFuture(index) => {
                format!("unreachable.attempts[{index}].at")
            }
        }
    }
}

impl Explain for OpinionFault {
    fn reason(&self) -> &'static str {
        match self {
            Self::RemedyNotTold => "REMEDY_NOT_TOLD",
            Self::IdentityNotChecked => "IDENTITY_NOT_CHECKED",
            Self::ReaderMissing => "READER_MISSING",
            Self::NoAdverseEffectNotTold => "NO_ADVERSE_EFFECT_NOT_TOLD",
            Self::TooFewWitnesses => "TOO_FEW_WITNESSES",
            Self::WitnessTwice(_) => "WITNESS_TWICE",
            Self::TooFewAttempts(_) => "TOO_FEW_ATTEMPTS",
            Self::TwoOnOneDay(_) => "TWO_ON_ONE_DAY",
            Self::TooFewMethods => "TOO_FEW_METHODS",
            Self::NoRegisteredLetter => "NO_REGISTERED_LETTER",
            Self::AttemptTooEarly(_) => "ATTEMPT_TOO_EARLY",
            Self::AttemptInFuture(_) => "IN_FUTURE",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::RemedyNotTold => "须先告知信访人救济途径".into(),
            Self::IdentityNotChecked => "须先核对信访人身份".into(),
            Self::ReaderMissing => "信访人不能阅读的，须填写代读人".into(),
            Self::NoAdverseEffectNotTold => "须告知信访人拒签不会带来任何不利影响".into(),
            Self::TooFewWitnesses => "拒签须有两名工作人员，或一名工作人员和一名独立见证人签名".into(),
            Self::WitnessTwice(index) => format!("第{}名见证人重复", index + 1),
            Self::TooFewAttempts(count) => format!("至少联系{ATTEMPTS}次，现有{count}次"),
            Self::TwoOnOneDay(index) => format!("第{}次联系与另一次在同一天，每天至多一次", index + 1),
            Self::TooFewMethods => format!("至少使用{METHODS}种不同的联系方式"),
            Self::NoRegisteredLetter => "其中至少一次须为挂号信".into(),
            Self::AttemptTooEarly(index) => format!("第{}次联系早于材料审核通过之日", index + 1),
            Self::AttemptInFuture(index) => format!("第{}次联系的时间尚未到来", index + 1),
        }
    }
}

impl SigningCircumstances {
    /// What a signed opinion still lacks `[T30]`, `reader` being who read the form aloud.
    pub fn faults(self, reader: &str) -> Vec<OpinionFault> {
        let mut faults = Vec::new();
        if !self.identity_checked {
            faults.push(OpinionFault::IdentityNotChecked);
        }
        if self.needs_reading_aloud && reader.trim().is_empty() {
            faults.push(OpinionFault::ReaderMissing);
        }
        faults
    }
}

impl Refused {
    /// What it still lacks `[T31]`.
    pub fn faults(&self, no_adverse_effect_told: bool) -> Vec<OpinionFault> {
        let mut faults = Vec::new();
        if !no_adverse_effect_told {
            faults.push(OpinionFault::NoAdverseEffectNotTold);
        }
        let mut names = BTreeSet::new();
        for (index, witness) in self.witnesses.iter().enumerate() {
            if !names.insert(witness.name.as_str()) {
                faults.push(OpinionFault::WitnessTwice(index));
            }
        }
        let staff = self.witnesses.iter().any(|witness| witness.staff);
        if names.len() < WITNESSES || !staff {
            faults.push(OpinionFault::TooFewWitnesses);
        }
        faults
    }
}

impl Unreachable {
    /// What it still lacks, `since` being the day of the completeness check `[T32, K12]`.
    pub fn faults(&self, since: Date, now: OffsetDateTime) -> Vec<OpinionFault> {
        let mut faults = Vec::new();
        let (mut days, mut methods) = (BTreeSet::new(), BTreeSet::new());
        for (index, attempt) in self.attempts.iter().enumerate() {
            let day = local_date(attempt.at);
            methods.insert(attempt.method);
            if !days.insert(day) {
                faults.push(OpinionFault::TwoOnOneDay(index));
            }
            if day < since {
                faults.push(OpinionFault::AttemptTooEarly(index));
            }
            if attempt.at > now {
                faults.push(OpinionFault::AttemptInFuture(index));
            }
        }
        if self.attempts.len() < ATTEMPTS {
            faults.push(OpinionFault::TooFewAttempts(self.attempts.len()));
        }
        if methods.len() < METHODS {
            faults.push(OpinionFault::TooFewMethods);
        }
        if !methods.contains(&Method::RegisteredLetter) {
            faults.push(OpinionFault::NoRegisteredLetter);
        }
        faults
    }
}

#[cfg(test)]
mod tests;
