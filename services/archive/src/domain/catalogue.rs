//! Item 01 (form D30): the catalogue of the file 卷内目录 and its note 备考表.

use xinqiao_documents::{
    Day,
    forms::{
        self,
        catalogue::{Catalogue, Entry, Note},
    },
};
use xinqiao_kernel::local::local_date;

use super::package::{Content, Heading};

/// The catalogue of a package.
pub fn catalogue(heading: &Heading, contents: &[Content], events: usize) -> Catalogue {
    Catalogue {
        archival_no: heading.archival_no.clone(),
        case_no: heading.case_no,
        title: heading.title.clone(),
        entries: (1..)
            .zip(contents)
            .map(|(number, content)| entry(number, content))
            .collect(),
        note: Note {
            documents: count(contents.len()),
            events: count(events),
            remarks: Some(heading.remarks.clone()).filter(|remarks| !remarks.is_empty()),
            sealed_by: heading.sealed_by.clone(),
            sealed_on: Day(local_date(heading.sealed_at)),
        },
    }
}

fn entry(number: u32, content: &Content) -> Entry {
    let reference = &content.reference;
    let title = forms::by_code(&reference.form).map_or(reference.form.as_str(), |form| form.title_zh);
    Entry {
        number,
        item: reference.item,
        form: reference.form.clone(),
        title: title.to_owned(),
        made_by: office(&reference.publisher).to_owned(),
        date: Day(local_date(reference.created_at)),
        path: format!("{}.json", content.path),
        content_sha256: reference.content_sha256.clone(),
    }
}

/// 责任者: the desk whose act made the document.
fn office(publisher: &str) -> &str {
    match publisher {
        "intake" => "受理登记",
        "scheduling" => "接访安排",
        "assignment" => "交办办理",
        "supervision" => "督查督办",
        other => other,
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).expect("a file holds fewer than four thousand million papers")
}
