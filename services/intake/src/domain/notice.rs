//! Notices 告知: who of a case is told, how, in which words, and how often it is tried.
//!
//! A telephone is looked at by others. What is sent says neither what the matter is nor where it stands, only that there
//! is news (§6.5); the rest is behind the query code. Of an accusation nothing is sent at all `[R:30(3)]`.

use std::time::Duration;

use time::OffsetDateTime;
use xinqiao_kernel::{CaseNumber, local};

use super::codes::{NoticeChannel, NoticeTemplate, PreferredChannel};

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is sent, or tried again.
    Due,
    /// The channel has it.
    Sent,
    /// Tried as often as it may be.
    Failed,
    /// No channel reaches the petitioner: somebody of the office tells him.
    NeedsHand,
    /// Somebody of the office has told him.
    ToldByHand,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Due,
        Self::Sent,
        Self::Failed,
        Self::NeedsHand,
        Self::ToldByHand,
    ];

    /// As the database writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Due => "DUE",
            Self::Sent => "SENT",
            Self::Failed => "FAILED",
            Self::NeedsHand => "NEEDS_HAND",
            Self::ToldByHand => "TOLD_BY_HAND",
        }
    }

    /// The state of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// 在页面上的名称.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Due => "待发送",
            Self::Sent => "已发送",
            Self::Failed => "发送失败",
            Self::NeedsHand => "待人工告知",
            Self::ToldByHand => "已人工告知",
        }
    }

    /// Its English name.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Due => "waiting to be sent",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::NeedsHand => "to be told by hand",
            Self::ToldByHand => "told by hand",
        }
    }

    /// Only what failed is tried anew.
    pub const fn retry(self) -> Result<Self, NoticeError> {
        match self {
            Self::Failed => Ok(Self::Due),
            _ => Err(NoticeError::NotFailed),
        }
    }

    /// What no channel has done is done by hand.
    pub const fn tell_by_hand(self) -> Result<Self, NoticeError> {
        match self {
            Self::Failed | Self::NeedsHand => Ok(Self::ToldByHand),
            _ => Err(NoticeError::NotByHand),
        }
    }
}

/// Why an act on a notice is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// It has not failed.
    #[error("only a notice that failed is tried again")]
    NotFailed,
    /// It is with its channel, or he was told before.
    #[error("only a notice that no channel delivered is told by hand")]
    NotByHand,
}

/// Where a petitioner can be reached, and how he wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// What he chose on the form.
    pub preferred: PreferredChannel,
    /// He left a mobile number, and short messages can be sent.
    pub sms: bool,
    /// He left an address, and mail can be sent.
    pub email: bool,
}

impl Reach {
    /// The channel for him; none when somebody has to tell him. Who wants letters or to be told in person is sent
    /// nothing else.
    pub const fn channel(self) -> Option<NoticeChannel> {
        let (sms, email) = (self.sms, self.email);
        match self.preferred {
            PreferredChannel::Sms if sms => Some(NoticeChannel::Sms),
            PreferredChannel::Online | PreferredChannel::Sms if email => Some(NoticeChannel::Email),
            PreferredChannel::Online if sms => Some(NoticeChannel::Sms),
            _ => None,
        }
    }
}

/// Of the petitioners those who are told: who was elected to speak for the others, or the first (JT-3).
pub fn told<T>(petitioners: &[T], speaks: impl Fn(&T) -> bool) -> Vec<&T> {
    let elected: Vec<&T> = petitioners.iter().filter(|one| speaks(one)).collect();
    if elected.is_empty() {
        petitioners.iter().take(1).collect()
    } else {
        elected
    }
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Chinese, which is complete by itself.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// The words of a notice. `phone` is the office's.
pub fn words(
    template: NoticeTemplate,
    case_no: CaseNumber,
    appointment: Option<OffsetDateTime>,
    phone: &str,
) -> Words {
    use NoticeTemplate as Of;
    let (day_zh, day_en) = appointment.map(day).unwrap_or_default();
    let (zh, en) = match template {
        Of::Linked
        | Of::Diverted
        | Of::NotAccepted
        | Of::NoLongerAccepted
        | Of::TransferredOut
        | Of::Voided
        | Of::Accepted
        | Of::Extended
        | Of::OpinionServed => {
            let tail = tail(case_no);
            (
                format!("您反映的事项（编号末七位{tail}）有新进展，请凭查询码查询，或致电{phone}。"),
                format!(
                    "There is news on your matter (number ending {tail}). Look it up with your query code, or call {phone}."
                ),
            )
        }
        Of::AppointmentConfirmed => (
            format!("您的预约已确认{day_zh}。如需变更请致电{phone}。"),
            format!("Your appointment is confirmed{day_en}. To change it, call {phone}."),
        ),
        Of::AppointmentRescheduled => (
            format!("您的预约已改期{day_zh}。如需变更请致电{phone}。"),
            format!("Your appointment has been moved{day_en}. To change it, call {phone}."),
        ),
        Of::AppointmentCancelled => (
            format!("您的预约已取消{day_zh}。如需另约请致电{phone}。"),
            format!("Your appointment is cancelled{day_en}. For another one, call {phone}."),
        ),
        Of::ReceptionDayCancelled => (
            format!("因安排变动，您的预约已取消{day_zh}。请致电{phone}另行预约。"),
            format!(
                "Plans have changed and your appointment is cancelled{day_en}. Call {phone} for another one."
            ),
        ),
    };
    Words { zh, en }
}

/// The running number with its check digit: he who has the receipt knows it again, and to others it is no number of
/// anything.
fn tail(case_no: CaseNumber) -> String {
    format!("{:06}{}", case_no.sequence(), case_no.check_digit())
}

fn day(appointment: OffsetDateTime) -> (String, String) {
    let (date, time) = (local::local_date(appointment), local::local_time(appointment));
    let (hour, minute) = (time.hour(), time.minute());
    (
        format!("：{}{hour}:{minute:02}", local::date_zh(date)),
        format!(": {date} {hour:02}:{minute:02}"),
    )
}

/// How often a channel is tried, and how long between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Attempts at the most.
    pub attempts_max: u32,
    /// After the first attempt.
    pub first: Duration,
    /// Longest.
    pub longest: Duration,
}

impl Pace {
    /// When to try again after so many attempts: twice as long after each, and by `chance` up to half of it sooner, so
    /// that what failed together does not come back together. None when it was tried often enough.
    pub fn pause(self, attempts: u32, chance: u8) -> Option<Duration> {
        if attempts >= self.attempts_max {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(16);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        Some(whole.saturating_sub(whole * u32::from(chance) / 510))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PHONE: &str = "0435-3210000";

    fn number() -> CaseNumber {
        "XF-220502-2026-2-000123-9".parse().unwrap()
    }

    fn all_words() -> Vec<Words> {
        let at = time::macros::datetime!(2026-03-10 09:05 +8);
        NoticeTemplate::ALL
            .iter()
            .map(|template| words(*template, number(), Some(at), PHONE))
            .collect()
    }

    #[test]
    fn nothing_that_is_sent_says_what_has_happened_or_that_it_is_a_petition() {
        let telling = [
            "信访", "接访", "受理", "举报", "控告", "XF", "220502", "转送", "导入", "作废", "意见", "延",
            "petition", "accept", "opinion", "divert", "void",
        ];
        for sent in all_words() {
            for word in telling {
                assert!(
                    !sent.zh.contains(word) && !sent.en.contains(word),
                    "{word}: {sent:?}"
                );
            }
            assert!(sent.zh.contains(PHONE) && sent.en.contains(PHONE), "{sent:?}");
        }
    }

    #[test]
    fn all_steps_of_a_case_are_told_in_one_sentence() {
        let words = all_words();
        assert!(words[..9].iter().all(|one| *one == words[0]));
        assert!(
            words[0]
                .zh
                .starts_with("您反映的事项（编号末七位0001239）有新进展")
        );
        assert!(words[9].zh.contains("2026年3月10日9:05"), "{}", words[9].zh);
    }

    #[test]
    fn whoever_wants_letters_or_to_be_told_in_person_is_sent_nothing() {
        let reach = |preferred, sms, email| {
            Reach {
                preferred,
                sms,
                email,
            }
            .channel()
        };
        for preferred in [PreferredChannel::Person, PreferredChannel::Post] {
            assert_eq!(reach(preferred, true, true), None);
        }
        assert_eq!(reach(PreferredChannel::Sms, true, true), Some(NoticeChannel::Sms));
        assert_eq!(
            reach(PreferredChannel::Sms, false, true),
            Some(NoticeChannel::Email)
        );
        assert_eq!(
            reach(PreferredChannel::Online, true, true),
            Some(NoticeChannel::Email)
        );
        assert_eq!(
            reach(PreferredChannel::Online, true, false),
            Some(NoticeChannel::Sms)
        );
        assert_eq!(reach(PreferredChannel::Sms, false, false), None);
    }

    #[test]
    fn representatives_are_told_and_without_them_the_first() {
        let people = [("甲", false), ("乙", true), ("丙", true)];
        assert_eq!(told(&people, |one| one.1), [&people[1], &people[2]]);
        assert_eq!(told(&people[..1], |one| one.1), [&people[0]]);
        assert!(told(&people[..0], |one| one.1).is_empty());
    }

    #[test]
    fn only_what_no_channel_delivered_is_done_by_hand() {
        for state in State::ALL {
            let open = matches!(state, State::Failed | State::NeedsHand);
            assert_eq!(state.tell_by_hand().is_ok(), open);
            assert_eq!(state.retry().is_ok(), state == State::Failed);
            assert_eq!(State::of_code(state.code()), Some(state));
        }
    }

    proptest! {
        #[test]
        fn a_pause_stays_between_half_and_the_whole_and_ends_with_the_attempts(attempts in 1_u32..40, chance: u8) {
            let pace = Pace {
                attempts_max: 12,
                first: Duration::from_secs(30),
                longest: Duration::from_hours(1),
            };
            let whole = Duration::from_secs(30 << (attempts - 1).min(16)).min(pace.longest);
            match pace.pause(attempts, chance) {
                None => prop_assert!(attempts >= 12),
                Some(pause) => prop_assert!(attempts < 12 && pause <= whole && pause * 2 >= whole),
            }
        }
    }
}
