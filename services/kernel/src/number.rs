//! Numbers that people read aloud and copy by hand: of a case, of a submission, of a reception.

mod case;
mod luhn;
mod reception;
mod submission;

pub use case::{CaseNumber, CaseNumberError, ChannelDigit, MAX_SEQUENCE};
pub use reception::{ReceptionNumber, ReceptionNumberError};
pub use submission::{SubmissionNumber, SubmissionNumberError};
