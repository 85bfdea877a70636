//! A submission 信访件 whose every field has been checked.
//!
//! There is no field here for anything about a person that the handling of his matter does not need
//! (guardrails EG-01 to EG-03): what does not exist cannot be filled in.

use time::{Date, Duration, Month, OffsetDateTime};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;
use xinqiao_kernel::local::iso_date;
use xinqiao_kernel::{ChannelDigit, TemporaryNumber};

use super::codes::{
    Channel, IdKind, OutsideForm, PetitionerKind, PreferredChannel, Purpose, ReceiptWay, Sex,
};
use super::particulars::{Forwarded, OutsideVisit, Particulars};
use super::sealed::Accused;

/// Representatives of a joint visit at the most `[R:20(3)]`.
pub const REPRESENTATIVES_MAX: usize = 5;
/// Petitioners that one registration may name.
pub const PETITIONERS_MAX: usize = 200;
/// Agents of one petitioner at the most `[SD:28]`.
pub const AGENTS_MAX: usize = 2;
/// Whoever is younger is a minor `[CC:17]`.
pub const FULL_AGE: i32 = 18;
/// Requests that one registration may list.
pub const REQUESTS_MAX: usize = 20;
/// Longest title in characters.
pub const TITLE_MAX: usize = 100;
/// Shortest demand in characters.
pub const CONTENT_MIN: usize = 5;
/// Longest demand in characters.
pub const CONTENT_MAX: usize = 4_000;

/// A submission ready to be numbered.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The way it came.
    pub channel: Channel,
    /// When it was received; K1 starts on its local date.
    pub received_at: OffsetDateTime,
    /// Date of the postmark; letters only.
    pub postmark_on: Option<Date>,
    /// The leaders' reception day it belongs to: the case is then leader-received.
    pub reception_day: Option<Uuid>,
    /// The block that its number is taken from 预留号段; none for the counter of the year.
    pub number_block: Option<Uuid>,
    /// What a field tablet took down.
    pub draft: Option<FieldDraft>,
    /// The case it becomes, when that is decided already; a draft becomes the same at every attempt.
    pub case_id: Option<Uuid>,
    /// The petitioner gives no name; no notice duties then `[R:23(2)]`.
    pub anonymous: bool,
    /// Who petitions; empty when anonymous.
    pub petitioners: Vec<Petitioner>,
    /// Persons who came or signed.
    pub visit_count: i32,
    /// Persons the matter touches.
    pub affected_count: i32,
    /// Joint letter or group visit.
    pub joint: bool,
    /// What the petitioner wants.
    pub purpose: Purpose,
    /// Taken down from the petitioner's mouth and read back to him `[R:19(1)]`.
    pub oral: bool,
    /// Asks for confidentiality.
    pub confidential: bool,
    /// Agrees to publication of the answer.
    pub consent_public: bool,
    /// Whom an accusation is about; nobody for any other purpose.
    pub accused: Vec<Accused>,
    /// What only its channel has.
    pub particulars: Option<Particulars>,
    /// The words.
    pub text: Text,
}

impl Submission {
    /// Accusations live in a sealed compartment from the first moment (DEC-14).
    pub fn sealed(&self) -> bool {
        self.purpose == Purpose::Accusation
    }

    /// What it was called on a tablet; empty when none took it down.
    pub fn temporary_no(&self) -> String {
        let draft = self.draft.as_ref();
        draft.map(|draft| draft.number.to_string()).unwrap_or_default()
    }

    /// How many petitioners were elected to speak for the others (DEC-18).
    pub fn representatives(&self) -> u32 {
        let elected = self
            .petitioners
            .iter()
            .filter(|petitioner| petitioner.representative)
            .count();
        u32::try_from(elected).expect("invariant: petitioners are few")
    }

    /// What the organ above said that passed it on.
    pub fn forwarded(&self) -> Option<&Forwarded> {
        match &self.particulars {
            Some(Particulars::Forwarded(forwarded)) => Some(forwarded),
            _ => None,
        }
    }

    /// The outside visit at which it was said.
    pub fn outside_visit(&self) -> Option<&OutsideVisit> {
        match &self.particulars {
            Some(Particulars::OutsideVisit(visit)) => Some(visit),
            _ => None,
        }
    }

    /// How the receipt with the query code comes to the petitioner: by the record column of T02a–T02g.
    pub fn receipt_way(&self) -> ReceiptWay {
        let hearing = |visit: &OutsideVisit| visit.form() == OutsideForm::PhoneHearing;
        match self.channel {
            Channel::Visit => ReceiptWay::HandedOver,
            Channel::Outside if !self.outside_visit().is_some_and(hearing) => ReceiptWay::HandedOver,
            Channel::Outside | Channel::Phone if self.mobile() => ReceiptWay::Sms,
            Channel::Outside | Channel::Phone => ReceiptWay::ReadOut,
            Channel::Online => ReceiptWay::OnScreen,
            Channel::Letter | Channel::Fax if self.mobile() && !self.wants_post() => ReceiptWay::Sms,
            Channel::Letter | Channel::Fax if self.address() => ReceiptWay::Post,
            Channel::Letter | Channel::Fax | Channel::Forwarded => ReceiptWay::Kept,
        }
    }

    fn mobile(&self) -> bool {
        let first = self.petitioners.first();
        first.is_some_and(|one| one.identity.told_by_sms())
    }

    fn address(&self) -> bool {
        let first = self.petitioners.first();
        first.is_some_and(|one| !one.identity.addr_detail.is_empty())
    }

    fn wants_post(&self) -> bool {
        let first = self.petitioners.first();
        self.address() && first.is_some_and(|one| one.preferred == PreferredChannel::Post)
    }

    /// The channel group of the case number; a fax takes the letter's.
    pub fn digit(&self) -> ChannelDigit {
        match self.channel {
            Channel::Letter | Channel::Fax => ChannelDigit::Letter,
            Channel::Visit => ChannelDigit::Visit,
            Channel::Online => ChannelDigit::Online,
            Channel::Phone => ChannelDigit::Phone,
            Channel::Outside => ChannelDigit::Outside,
            Channel::Forwarded => ChannelDigit::Forwarded,
        }
    }
}

/// How old a draft of a tablet may be: no older than an answer is kept, so that none is registered twice.
pub const DRAFT_AGE_MAX: Duration = Duration::days(30);

/// What a field tablet took down without a line 平板离线登记 (§6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDraft {
    /// What the petitioner was given in place of a number.
    pub number: TemporaryNumber,
    /// Chosen by the tablet.
    pub id: Uuid,
    /// By the tablet's clock: the time of receipt.
    pub taken_at: OffsetDateTime,
}

/// The words of a submission (class P2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Title 标题.
    pub title: String,
    /// The demand in the petitioner's own words 内容.
    pub content: String,
    /// Requests 诉求 one by one; outcomes are given to each.
    pub requests: Vec<String>,
    /// Where the scan of a letter is kept.
    pub scan_reference: Option<String>,
}

/// A petitioner 信访人.
#[derive(Clone, Debug)]
pub struct Petitioner {
    /// Person, legal person or organisation.
    pub kind: PetitionerKind,
    /// How he wants to receive papers.
    pub preferred: PreferredChannel,
    /// Elected to speak for a group.
    pub representative: bool,
    /// Who he is (classes P2 and P3).
    pub identity: Identity,
}

/// Who a petitioner is: everything here is stored sealed and shown masked.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Name 姓名/名称.
    pub name: String,
    /// Number of [`Sex`], when known.
    pub sex: Option<i16>,
    /// Number of [`IdKind`], when a paper was shown.
    pub id_kind: Option<i16>,
    /// Number of the paper, normalised.
    pub id_no: Option<String>,
    /// Mobile, eleven digits.
    pub mobile: Option<String>,
    /// Landline with area code.
    pub landline: Option<String>,
    /// Division of the address, six or nine digits.
    pub addr_code: Option<String>,
    /// Street and house.
    pub addr_detail: String,
    /// The number a call came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_number: Option<String>,
    /// Unified social credit code of an organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    /// Date of birth of a person.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "iso_date::option")]
    pub birth_date: Option<Date>,
    /// Under age when he was registered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor: bool,
    /// He refused to show an identity paper.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub id_refused: bool,
    /// Who acts for him by his mandate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Proxy>,
    /// Who acts for him by law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardian: Option<Proxy>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where papers are posted, when it is not his address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_addr: Option<String>,
    /// Post code, six digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_code: Option<String>,
}

/// Who acts for a petitioner: an agent 代理人 or a guardian 监护人.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Proxy {
    /// Name 姓名.
    pub name: String,
    /// Number of [`IdKind`], when a paper was shown.
    pub id_kind: Option<i16>,
    /// Number of the paper, normalised.
    pub id_no: Option<String>,
    /// Mobile, eleven digits.
    pub mobile: Option<String>,
    /// Where his mandate, or the proof that he is the guardian, is kept.
    pub paper_reference: String,
}

impl Identity {
    /// Sex, when known.
    pub fn sex(&self) -> Option<Sex> {
        self.sex.and_then(Sex::of_number)
    }

    /// The mobile he has named, or the one he has called from.
    pub fn mobile(&self) -> Option<&String> {
        let is_mobile = |number: &&String| number.starts_with('1');
        self.mobile
            .as_ref()
            .or(self.caller_number.as_ref().filter(is_mobile))
    }

    /// The telephone that he, or who acts for him, knows his query code by.
    pub fn telephone(&self) -> Option<&String> {
        let own = [&self.mobile, &self.landline, &self.caller_number];
        own.into_iter().flatten().next().or(self.proxy_mobile())
    }

    /// Whether he, or who acts for him, can be sent a short message.
    pub fn told_by_sms(&self) -> bool {
        self.mobile().or(self.proxy_mobile()).is_some()
    }

    /// Who acts for him, the guardian first.
    pub fn proxies(&self) -> impl Iterator<Item = &Proxy> {
        self.guardian.iter().chain(&self.agents)
    }

    fn proxy_mobile(&self) -> Option<&String> {
        self.proxies().find_map(|one| one.mobile.as_ref())
    }

    /// Kind of paper, when one was shown.
    pub fn id_kind(&self) -> Option<IdKind> {
        self.id_kind.and_then(IdKind::of_number)
    }
}

impl Proxy {
    /// Kind of paper, when one was shown.
    pub fn id_kind(&self) -> Option<IdKind> {
        self.id_kind.and_then(IdKind::of_number)
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proxy(…)")
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Whether somebody born on a day is a minor on another `[CC:17]`. Who was born on 29 February comes of age on 1 March.
pub fn is_minor(born: Date, on: Date) -> bool {
    let year = born.year() + FULL_AGE;
    let of_age = born
        .replace_year(year)
        .or(Date::from_calendar_date(year, Month::March, 1));
    of_age.is_ok_and(|of_age| on < of_age)
}

/// The number of an identity paper in its one form: full-width characters, small letters and blanks make no other number.
pub fn paper_number(typed: &str) -> String {
    typed
        .nfkc()
        .filter(|found| !found.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Whether a text carries something that reads like a resident identity number: eighteen digits in a run,
/// the last perhaps an X. Summaries are read by many and must not.
pub fn has_identity_number(text: &str) -> bool {
    let mut run = 0_usize;
    for found in text.chars() {
        if found.is_ascii_digit() {
            run += 1;
        } else if run == 17 && matches!(found, 'x' | 'X') {
            return true;
        } else {
            if run == 18 {
                return true;
            }
            run = 0;
        }
    }
    run == 18
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_has_one_number_however_it_is_typed() {
        for typed in [
            "E1234567(8)",
            "ｅ１２３４５６７（８）",
            "e 1234567 (8)",
            "E1234567\u{3000}(8)",
        ] {
            assert_eq!(paper_number(typed), "E1234567(8)", "{typed}");
        }
        assert_ne!(paper_number("E1234567-8"), paper_number("E12345678"));
    }

    #[test]
    fn one_comes_of_age_on_the_eighteenth_birthday() {
        use time::macros::date;
        assert!(is_minor(date!(2008 - 03 - 04), date!(2026 - 03 - 03)));
        assert!(!is_minor(date!(2008 - 03 - 03), date!(2026 - 03 - 03)));
        assert!(is_minor(date!(2008 - 02 - 29), date!(2026 - 02 - 28)));
        assert!(!is_minor(date!(2008 - 02 - 29), date!(2026 - 03 - 01)));
    }

    #[test]
    fn identity_numbers_in_prose_are_seen() {
        assert!(has_identity_number("身份证11010519491231002X,请核对"));
        assert!(has_identity_number("440524188001010014"));
        assert!(!has_identity_number("电话19900000001,合同号20260303000000000001"));
    }
}
