//! Canonical JSON made readable: the same content as indented lines, for eyes and for search.

use std::fmt::Write as _;

use serde_json::Value;

/// The document as text, or nothing when the content is not a JSON object.
pub fn text(form: &str, canonical: &[u8]) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(canonical) else {
        return None;
    };
    let mut text = format!("{form}\n\n");
    for (name, value) in fields.iter().filter(|(name, _)| name.as_str() != "salt") {
        write(&mut text, 0, name, value);
    }
    Some(text)
}

fn write(text: &mut String, depth: usize, name: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            writeln!(text, "{indent}{name}:").expect("writing to a string cannot fail");
            for (name, value) in fields {
                write(text, depth + 1, name, value);
            }
        }
        Value::Array(values) => {
            writeln!(text, "{indent}{name}:").expect("writing to a string cannot fail");
            for (index, value) in values.iter().enumerate() {
                write(text, depth + 1, &format!("{}", index + 1), value);
            }
        }
        Value::String(line) => {
            writeln!(text, "{indent}{name}: {line}").expect("writing to a string cannot fail")
        }
        other => writeln!(text, "{indent}{name}: {other}").expect("writing to a string cannot fail"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_as_they_were_entered_and_the_salt_does_not() {
        let json =
            r#"{"salt":"aa","facts":["墙体开裂","渗水"],"who":{"name":"测试甲"},"count":2,"none":null}"#;
        let text = text("D10", json.as_bytes()).unwrap();
        assert_eq!(
            text,
            "D10\n\ncount: 2\nfacts:\n  1: 墙体开裂\n  2: 渗水\nwho:\n  name: 测试甲\n"
        );
    }

    #[test]
    fn what_is_not_json_has_no_text() {
        assert_eq!(text("D01", b"\x00\x01"), None);
    }
}
