//! Values of the domain as the contract writes them.

use xinqiao_kernel::{CaseState, Holder, Remedy};
use xinqiao_proto::{event, intake};

use crate::domain::notice;

/// The contract numbers states as the rule book does: C40 is 40.
pub(crate) fn state(state: CaseState) -> i32 {
    state.code()[1..]
        .parse()
        .expect("invariant: a code is a letter and digits")
}

/// The state of a contract number, if it has one.
pub(crate) fn state_of(number: i32) -> Option<CaseState> {
    format!("C{number:02}")
        .parse()
        .ok()
        .filter(|state| *state != CaseState::Draft)
}

/// The holder's number.
pub(crate) fn holder(holder: Holder) -> i32 {
    match holder {
        Holder::Intake => intake::Holder::Intake,
        Holder::Assignment => intake::Holder::Assignment,
        Holder::Supervision => intake::Holder::Supervision,
        Holder::Archive => intake::Holder::Archive,
    }
    .into()
}

/// The overlay's number.
pub(crate) fn remedy(remedy: Remedy) -> i32 {
    match remedy {
        Remedy::None => event::Remedy::None,
        Remedy::ReviewWindow => event::Remedy::ReviewWindow,
        Remedy::UnderReview => event::Remedy::UnderReview,
        Remedy::RereviewWindow => event::Remedy::RereviewWindow,
        Remedy::UnderRereview => event::Remedy::UnderRereview,
        Remedy::RedoOrdered => event::Remedy::RedoOrdered,
        Remedy::Final => event::Remedy::Final,
    }
    .into()
}

/// The overlay of an event; nothing for a value of a later version.
pub(crate) fn remedy_of(number: i32) -> Option<Remedy> {
    Remedy::ALL.into_iter().find(|value| remedy(*value) == number)
}

/// The number of where a notice stands.
pub(crate) fn notice_state(state: notice::State) -> i32 {
    match state {
        notice::State::Due => intake::NotificationState::Due,
        notice::State::Sent => intake::NotificationState::Sent,
        notice::State::Failed => intake::NotificationState::Failed,
        notice::State::NeedsHand => intake::NotificationState::NeedsHand,
        notice::State::ToldByHand => intake::NotificationState::ToldByHand,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_numbered_state_is_in_the_contract() {
        for value in CaseState::ALL
            .into_iter()
            .filter(|value| *value != CaseState::Draft)
        {
            assert_eq!(state_of(state(value)), Some(value));
            assert!(intake::CaseState::try_from(state(value)).is_ok(), "{value}");
        }
        assert_eq!(state_of(0), None);
        assert_eq!(state_of(13), None);
    }

    #[test]
    fn every_overlay_leads_back() {
        for value in Remedy::ALL {
            assert_eq!(remedy_of(remedy(value)), Some(value));
        }
    }
}
