//! JSON for people: what fits into a line stands in one.

use serde_json::Value;

/// Widest line that is not broken, in characters.
const WIDTH: usize = 110;

/// Lays a value out that begins in column `column` of a line that is indented by `indent` spaces.
pub(crate) fn lay_out(value: &Value, indent: usize, column: usize) -> String {
    let line = in_one_line(value);
    if column + line.chars().count() <= WIDTH {
        return line;
    }
    let inner = indent + 2;
    let (open, lines, close): (_, Vec<String>, _) = match value {
        Value::Object(members) => {
            let lines = members.iter().map(|(key, value)| member(key, value, inner));
            ('{', lines.collect(), '}')
        }
        Value::Array(items) => {
            let lines = items.iter().map(|item| lay_out(item, inner, inner));
            ('[', lines.collect(), ']')
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return line,
    };
    let pad = " ".repeat(inner);
    let lines = lines.join(&format!(",\n{pad}"));
    format!("{open}\n{pad}{lines}\n{}{close}", " ".repeat(indent))
}

/// A member of an object in a line that is indented by `indent` spaces.
pub(crate) fn member(key: &str, value: &Value, indent: usize) -> String {
    let key = format!("{}: ", Value::from(key));
    let column = indent + key.chars().count();
    key + &lay_out(value, indent, column)
}

fn in_one_line(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members = members.iter().map(|(key, value)| {
                format!("{}: {}", Value::from(key.as_str()), in_one_line(value))
            });
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(in_one_line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            value.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_too_long_for_a_line_is_broken_and_what_is_in_it_is_not() {
        let row = json!({ "agent": "anna", "score": 12 });
        let value = json!({ "empty": {}, "rows": [row, row, row, row] });
        let expected = r#"{
  "empty": {},
  "rows": [
    { "agent": "anna", "score": 12 },
    { "agent": "anna", "score": 12 },
    { "agent": "anna", "score": 12 },
    { "agent": "anna", "score": 12 }
  ]
}"#;
        let text = lay_out(&value, 0, 0);
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
