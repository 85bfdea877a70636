//! A document as text: Chinese labels, one line for each field, in the order of the form.

use crate::canonical::Opened;
use crate::form::Label;
use crate::forms;
use serde_json::Value;

/// The opened document as people read it; the texts stand as they were entered.
///
/// A form that is not known here (an older or a newer one) is shown with the keys of its fields.
pub fn readable(document: &Opened) -> String {
    let labels = forms::by_code(&document.form).map_or(&[][..], |form| form.labels);
    let mut lines = vec![format!("{}（{}）", document.title, document.form)];
    group(&document.content, labels, 0, &mut lines);
    lines.push(String::new());
    lines.join("\n")
}

/// The fields of a group: those of the form in its order, then any other.
fn group(value: &Value, labels: &[Label], depth: usize, lines: &mut Vec<String>) {
    let Value::Object(fields) = value else { return };
    let known = labels
        .iter()
        .filter_map(|label| Some((label.zh, label.inner, fields.get(label.key)?)));
    let is_known = |key: &str| labels.iter().any(|label| label.key == key);
    let other = fields
        .iter()
        .filter(|(key, _)| !is_known(key))
        .map(|(key, value)| (key.as_str(), &[][..], value));
    for (name, inner, value) in known.chain(other) {
        field(name, value, inner, depth, lines);
    }
}

fn field(name: &str, value: &Value, labels: &[Label], depth: usize, lines: &mut Vec<String>) {
    let indent = "　".repeat(depth);
    match value {
        Value::Null => {}
        Value::Array(values) if values.is_empty() => lines.push(format!("{indent}{name}：无")),
        Value::Array(values) => {
            lines.push(format!("{indent}{name}："));
            for (number, value) in (1..).zip(values) {
                field(&format!("（{number}）"), value, labels, depth + 1, lines);
            }
        }
        Value::Object(_) => {
            lines.push(format!("{indent}{name}："));
            group(value, labels, depth + 1, lines);
        }
        Value::Bool(holds) => lines.push(format!("{indent}{name}：{}", if *holds { "是" } else { "否" })),
        Value::Number(number) => lines.push(format!("{indent}{name}：{number}")),
        Value::String(text) => {
            let text = labels
                .iter()
                .find(|label| label.key == text)
                .map_or(text.as_str(), |label| label.zh);
            lines.push(format!("{indent}{name}：{text}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::tests::opinion;
    use crate::{canonical, open};

    #[test]
    fn a_document_reads_with_chinese_labels_in_the_order_of_the_form() {
        let text = readable(&open(&canonical(&opinion(), &[7; 32])).unwrap());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "信访处理意见书（D12）",
                "信访事项编号：XF-220502-2026-2-000123-9",
                "轮次：1"
            ]
        );
        assert!(lines.contains(&"各项诉求的处理结果："));
        assert!(lines.contains(&"　　处理结果：予以支持"));
        assert!(!text.contains(&"07".repeat(32)), "the salt is not shown");
    }

    #[test]
    fn an_unknown_form_is_shown_with_its_keys() {
        let bytes = format!(
            r#"{{"form":"D99","title":"新文书","salt":"{}","content":{{"a":1,"b":[]}}}}"#,
            "00".repeat(32)
        );
        assert_eq!(
            readable(&open(bytes.as_bytes()).unwrap()),
            "新文书（D99）\na：1\nb：无\n"
        );
    }
}
