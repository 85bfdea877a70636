//! Item 01 (form D30): the catalogue of the file 卷内目录 and its note 备考表.

use std::fmt::Write as _;

use serde::Serialize;
use time::Date;

use super::{
    bag::sha256,
    package::{Content, Heading},
};
use xinqiao_kernel::local::local_date;

/// Catalogue and note, as they lie in the bag.
#[derive(Clone, Debug, Serialize)]
pub struct Catalogue<'a> {
    form: &'static str,
    archival_no: &'a str,
    case_no: &'a str,
    title: &'a str,
    entries: Vec<Entry<'a>>,
    note: Note<'a>,
}

/// One line of the catalogue.
#[derive(Clone, Debug, Serialize)]
struct Entry<'a> {
    /// 顺序号, 1 first.
    number: usize,
    item: String,
    item_title: &'static str,
    form: &'a str,
    /// 责任者: the service whose act made it.
    made_by: &'a str,
    /// 日期.
    date: String,
    /// Inside `data/`.
    path: &'a str,
    document_id: String,
    content_sha256: String,
}

/// 备考表.
#[derive(Clone, Debug, Serialize)]
struct Note<'a> {
    documents: usize,
    events: usize,
    remarks: &'a str,
    sealed_by: &'a str,
    sealed_on: String,
}

/// Version of the form.
const FORM: &str = "D30";

impl<'a> Catalogue<'a> {
    /// The catalogue of a package.
    pub fn of(heading: &'a Heading, contents: &'a [Content], events: usize) -> Self {
        let entries = contents
            .iter()
            .enumerate()
            .map(|(index, content)| entry(index + 1, content))
            .collect();
        let note = Note {
            documents: contents.len(),
            events,
            remarks: &heading.remarks,
            sealed_by: &heading.sealed_by,
            sealed_on: iso(local_date(heading.sealed_at)),
        };
        Self {
            form: FORM,
            archival_no: &heading.archival_no,
            case_no: &heading.case_no,
            title: &heading.title,
            entries,
            note,
        }
    }

    /// As JSON.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("plain values have a JSON form")
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut text = format!(
            "卷内目录\n\n档号：{}\n信访事项编号：{}\n题名：{}\n\n",
            self.archival_no, self.case_no, self.title
        );
        for Entry {
            number,
            item,
            item_title,
            form,
            date,
            made_by,
            path,
            ..
        } in &self.entries
        {
            writeln!(
                text,
                "{number:>3}  {item} {item_title}  {form}  {date}  {made_by}  {path}"
            )
            .expect("writing to a string cannot fail");
        }
        let Note {
            documents,
            events,
            remarks,
            sealed_by,
            sealed_on,
        } = &self.note;
        let remarks = if remarks.is_empty() { "无" } else { remarks };
        write!(
            text,
            "\n备考表\n\n本卷共有文书 {documents} 件，过程日志 {events} 条。\n说明：{remarks}\n立卷人：{sealed_by}\n立卷日期：{sealed_on}\n"
        )
        .expect("writing to a string cannot fail");
        text
    }
}

fn entry(number: usize, content: &Content) -> Entry<'_> {
    let reference = &content.reference;
    Entry {
        number,
        item: reference.item.number(),
        item_title: reference.item.title(),
        form: &reference.form,
        made_by: &reference.publisher,
        date: iso(local_date(reference.created_at)),
        path: &content.path,
        document_id: reference.document_id.to_string(),
        content_sha256: sha256(&content.canonical),
    }
}

/// A date as every document writes it for programs.
pub(super) fn iso(date: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}
