//! Numbers that people read aloud and copy by hand: of a case, of a submission, of a reception, and what stands for a case
//! that has none yet.

mod case;
mod luhn;
mod reception;
mod submission;
mod temporary;

pub use case::{CaseNumber, CaseNumberError, ChannelDigit, MAX_SEQUENCE};
pub use reception::{ReceptionNumber, ReceptionNumberError};
pub use submission::{SubmissionNumber, SubmissionNumberError};
pub use temporary::{TemporaryNumber, TemporaryNumberError};
