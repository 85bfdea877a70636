//! The catalogue of the file and its note, made when the package is sealed.

use crate::archive_item::ArchiveItem;
use crate::form::{form, part};
use crate::value::Day;
use xinqiao_kernel::CaseNumber;

part! {
    /// One line of the catalogue.
    Entry;
    /// 1 first.
    "顺序号" number: u32,
    "归档项" item: ArchiveItem,
    "文书代码" form: String,
    "题名" title: String,
    "责任者" made_by: String,
    "日期" date: Day,
    /// Inside the payload of the package.
    "存放位置" path: String,
    "校验值" content_sha256: String,
}

part! {
    /// The note 备考表.
    Note;
    "文书件数" documents: u32,
    "过程日志条数" events: u32,
    "说明" remarks: Option<String>,
    "立卷人" sealed_by: String,
    "立卷日期" sealed_on: Day,
}

form! {
    /// What lies in the file, in order, and who closed it.
    Catalogue = "D30", "卷内目录与备考表", "catalogue and note", Catalogue;
    "档号" archival_no: String,
    "信访事项编号" case_no: CaseNumber,
    "题名" title: String,
    "卷内文书" entries: Vec<Entry>,
    "备考表" note: Note,
}
