//! The legal documents 文书: one type for each form, their place in the archival file, and their canonical bytes.
//!
//! What the law wants on paper is written by the act that owes it, in the act's own transaction: the service fills a
//! type of [`forms`], [`canonical`] turns it into bytes with a random salt, and the hash of those bytes travels. The
//! bytes can be opened again ([`Opened`]), typed or as text with Chinese labels ([`readable`]), by whoever holds them.
//!
//! To add a form: write it with the `form!` macro in the file of its chapter under `forms/`, and add it to
//! [`forms::ALL`]. A test then checks that every field has a label and that the code is used once.
//!
//! There is no form and no field for a promise to stop petitioning, for a mark on a person, or for where somebody is:
//! a test looks for such names (EG-01 to EG-05, DEC-06).

pub mod archive_item;
mod canonical;
pub mod demand;
pub mod form;
pub mod forms;
pub mod part;
mod readable;
pub mod value;

pub use archive_item::{ArchiveItem, Requirement};
pub use canonical::{OpenError, Opened, canonical, document_number, open};
pub use demand::{Demand, FileFacts};
pub use form::{Form, FormInfo, Label, Labelled};
pub use readable::readable;
pub use value::{Day, Moment};
