//! What makes a type a legal document, and how its fields are labelled.

mod macros;

use crate::archive_item::ArchiveItem;
use serde::Serialize;
use xinqiao_kernel::{CaseNumber, DistrictCode, SubmissionNumber};

pub(crate) use macros::{choice, form, part};

/// A legal document.
pub trait Form: Serialize + Labelled {
    /// The code of the form: `D01` to `D30`, or a word in capitals for a paper that has no number in the catalogue of
    /// forms.
    const CODE: &'static str;
    /// The title it bears.
    const TITLE_ZH: &'static str;
    /// The title in English.
    const TITLE_EN: &'static str;
    /// The item of the archival file it belongs under.
    const ARCHIVE_ITEM: ArchiveItem;

    /// The item this very document belongs under: a proof of service lies with what was served.
    fn archive_item(&self) -> ArchiveItem {
        Self::ARCHIVE_ITEM
    }
}

/// Something whose parts have Chinese names. A field that holds no parts has none.
pub trait Labelled {
    /// The names, in the order of the form.
    const LABELS: &'static [Label];
}

/// The Chinese name of a field or of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// As in the canonical bytes.
    pub key: &'static str,
    /// As people read it.
    pub zh: &'static str,
    /// Names of the parts of the field, or of the values it can have.
    pub inner: &'static [Label],
}

/// What is known of a form without a document of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormInfo {
    /// See [`Form::CODE`].
    pub code: &'static str,
    /// See [`Form::TITLE_ZH`].
    pub title_zh: &'static str,
    /// See [`Form::TITLE_EN`].
    pub title_en: &'static str,
    /// See [`Form::ARCHIVE_ITEM`].
    pub archive_item: ArchiveItem,
    /// The labels of its fields.
    pub labels: &'static [Label],
}

impl FormInfo {
    /// What is known of the form `D`.
    pub const fn of<D: Form>() -> Self {
        Self {
            code: D::CODE,
            title_zh: D::TITLE_ZH,
            title_en: D::TITLE_EN,
            archive_item: D::ARCHIVE_ITEM,
            labels: D::LABELS,
        }
    }
}

impl<T: Labelled> Labelled for Vec<T> {
    const LABELS: &'static [Label] = T::LABELS;
}

impl<T: Labelled> Labelled for Option<T> {
    const LABELS: &'static [Label] = T::LABELS;
}

/// Types that are written as one value.
macro_rules! plain {
    ($($type:ty),+) => {
        $(impl Labelled for $type {
            const LABELS: &'static [Label] = &[];
        })+
    };
}

plain!(
    String,
    bool,
    u16,
    u32,
    u64,
    CaseNumber,
    SubmissionNumber,
    DistrictCode,
    ArchiveItem
);
