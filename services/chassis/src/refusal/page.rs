//! One page of a list: a limited size and an opaque token that says where to go on.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use xinqiao_proto::common::{PageInfo, PageRequest};

use super::Fields;

/// Rows when the caller does not say.
pub const PAGE_SIZE_DEFAULT: u32 = 50;
/// Most rows a caller may ask for.
pub const PAGE_SIZE_MAX: u32 = 200;
/// Longest token that is looked at.
const TOKEN_MAX: usize = 1024;
/// The character 0 as JSON writes it.
const NUL: &[u8] = br"\u0000";

/// A checked request for one page. `K` is the key of the last row of the page before.
///
/// Read `size + 1` rows after `after`; [`Page::cut`] drops the extra one and makes the next token.
#[derive(Debug, Clone)]
pub struct Page<K> {
    /// How many rows to show.
    pub size: u32,
    /// The key of the last row of the page before; `None` on the first page.
    pub after: Option<K>,
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// Checks size and token; `field` is the name of the field of the request.
    pub fn read(fields: &mut Fields, field: &str, request: Option<&PageRequest>) -> Self {
        let empty = PageRequest::default();
        let request = request.unwrap_or(&empty);
        fields.require(
            format_args!("{field}.page_size"),
            request.page_size <= PAGE_SIZE_MAX,
            "PAGE_TOO_LARGE",
            format_args!("每页最多 {PAGE_SIZE_MAX} 条"),
            format_args!("at most {PAGE_SIZE_MAX} rows per page"),
        );
        let size = if request.page_size == 0 {
            PAGE_SIZE_DEFAULT
        } else {
            request.page_size
        };
        let after = if request.page_token.is_empty() {
            None
        } else {
            fields.some(
                format!("{field}.page_token"),
                decode(&request.page_token),
                "PAGE_TOKEN",
                "翻页标记无效，请从第一页开始",
                "the page token is not valid; begin with the first page",
            )
        };
        Self { size, after }
    }

    /// How many rows to read: one more than shown, to know whether there is another page.
    pub fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }

    /// Drops the extra row and says how the list goes on.
    pub fn cut<R>(&self, rows: &mut Vec<R>, key: impl FnOnce(&R) -> K) -> PageInfo {
        let size = self.size as usize;
        if rows.len() <= size {
            return PageInfo::default();
        }
        rows.truncate(size);
        rows.last()
            .map(|row| Self::goes_on(&key(row)))
            .unwrap_or_default()
    }

    /// The list goes on after this key, for a page that ends before it is full.
    pub fn goes_on(key: &K) -> PageInfo {
        PageInfo {
            next_page_token: encode(key),
        }
    }
}

fn encode<K: Serialize>(key: &K) -> String {
    let json = serde_json::to_vec(key).expect("invariant: page keys are plain values");
    URL_SAFE_NO_PAD.encode(json)
}

fn decode<K: DeserializeOwned>(token: &str) -> Option<K> {
    if token.len() > TOKEN_MAX {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(token).ok()?;
    // No key has this character, and no database takes it.
    if json.windows(NUL.len()).any(|part| part == NUL) {
        return None;
    }
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_to_the_next_row() {
        let mut fields = Fields::new();
        let first: Page<(i64, String)> = Page::read(
            &mut fields,
            "page",
            Some(&PageRequest {
                page_size: 2,
                page_token: String::new(),
            }),
        );
        let mut rows = vec![(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())];
        let info = first.cut(&mut rows, Clone::clone);
        assert_eq!(rows.len(), 2);
        let next = PageRequest {
            page_size: 2,
            page_token: info.next_page_token,
        };
        let second: Page<(i64, String)> = Page::read(&mut fields, "page", Some(&next));
        assert_eq!(second.after, Some((2, "b".to_owned())));
        assert!(fields.is_clean());
    }

    #[test]
    fn a_token_with_a_character_no_database_takes_is_no_token() {
        assert_eq!(decode::<String>(&encode(&"a")), Some("a".to_owned()));
        assert_eq!(decode::<String>(&encode(&"a\0b")), None);
    }

    #[test]
    fn a_foreign_token_and_an_oversized_page_are_refused_together() {
        let mut fields = Fields::new();
        let request = PageRequest {
            page_size: 201,
            page_token: "???".to_owned(),
        };
        let _page: Page<i64> = Page::read(&mut fields, "page", Some(&request));
        assert_eq!(fields.finish().unwrap_err().violations().len(), 2);
    }
}
