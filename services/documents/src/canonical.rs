//! The bytes of a document: what is hashed, sealed, stored and one day opened again.

use crate::form::Form;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xinqiao_kernel::CaseNumber;

/// Room for a usual document, so that it does not move while it grows.
const USUAL_BYTES: usize = 4096;

/// A document on its way to bytes; the order of the fields is part of the format.
#[derive(Serialize)]
struct Paper<'a, D> {
    form: &'static str,
    title: &'static str,
    salt: String,
    content: &'a D,
}

/// The canonical bytes of a document.
///
/// UTF-8 JSON without blanks, `{"form","title","salt","content"}`, the fields of the content in the order of the form,
/// Chinese unescaped, texts as they were entered. Equal documents with equal salts give equal bytes; the salt keeps
/// the hash of a short document from being guessed, so it must be random and is never used twice.
pub fn canonical<D: Form>(document: &D, salt: &[u8; 32]) -> Vec<u8> {
    let paper = Paper {
        form: D::CODE,
        title: D::TITLE_ZH,
        salt: hex::encode(salt),
        content: document,
    };
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut bytes, &paper).expect("invariant: forms hold texts, numbers and lists only");
    bytes
}

/// A document that was opened again.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The code of the form.
    pub form: String,
    /// Its title.
    pub title: String,
    /// The salt, 64 hexadecimal digits.
    pub salt: String,
    /// The fields.
    pub content: Value,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({})", self.form)
    }
}

impl Opened {
    /// The document as its type.
    pub fn into_form<D: Form + DeserializeOwned>(self) -> Result<D, OpenError> {
        if self.form != D::CODE {
            return Err(OpenError::OtherForm { expected: D::CODE });
        }
        serde_json::from_value(self.content).map_err(|_| OpenError::Content { form: D::CODE })
    }
}

/// Opens canonical bytes.
pub fn open(bytes: &[u8]) -> Result<Opened, OpenError> {
    let opened: Opened = serde_json::from_slice(bytes).map_err(|_| OpenError::Shape)?;
    let salted = opened.salt.len() == 64 && opened.salt.bytes().all(|byte| byte.is_ascii_hexdigit());
    if salted && opened.content.is_object() {
        Ok(opened)
    } else {
        Err(OpenError::Shape)
    }
}

/// Why bytes are no such document. No text of the document is repeated, so the error may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not form, title, salt and content.
    #[error("the bytes are no canonical document")]
    Shape,
    /// A document of another form.
    #[error("the document is not of form {expected}")]
    OtherForm {
        /// The form asked for.
        expected: &'static str,
    },
    /// The fields are not those of the form.
    #[error("the fields of the document are not those of form {form}")]
    Content {
        /// The form.
        form: &'static str,
    },
}

/// The number 文号 of the `ordinal`-th document of a form in a case, such as `XF-220502-2026-2-000123-9/D12-1`.
pub fn document_number<D: Form>(case: CaseNumber, ordinal: u16) -> String {
    format!("{case}/{}-{ordinal}", D::CODE)
}

#[cfg(test)]
pub(crate) mod tests;
