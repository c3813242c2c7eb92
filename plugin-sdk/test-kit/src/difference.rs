//! How two verdicts differ.

use std::fmt;

use serde_json::Value;

/// One member that is not as expected.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The member: a JSON Pointer into the verdict, empty for all of it.
    pub member: String,
    /// What the file has; `None` where it has nothing.
    pub expected: Option<Value>,
    /// What the plugin said; `None` where it said nothing.
    pub found: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = match self.member.as_str() {
            "" => "the whole verdict",
            member => member,
        };
        let shown = |value: &Option<Value>| match value {
            Some(value) => value.to_string(),
            None => "nothing".to_owned(),
        };
        write!(
            f,
            "{member}: expected {}, found {}",
            shown(&self.expected),
            shown(&self.found)
        )
    }
}

/// All differences, from the first member to the last.
pub(crate) fn differences(expected: Option<&Value>, found: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare(String::new(), expected, Some(found), &mut differences);
    differences
}

fn compare(
    member: String,
    expected: Option<&Value>,
    found: Option<&Value>,
    differences: &mut Vec<Difference>,
) {
    match (expected, found) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let added = other.keys().filter(|key| !one.contains_key(*key));
            for key in one.keys().chain(added) {
                let member = format!("{member}/{key}");
                compare(member, one.get(key), other.get(key), differences);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for place in 0..one.len().max(other.len()) {
                let member = format!("{member}/{place}");
                compare(member, one.get(place), other.get(place), differences);
            }
        }
        (expected, found) if expected == found => {}
        (expected, found) => differences.push(Difference {
            member,
            expected: expected.cloned(),
            found: found.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_member_that_differs_is_told_with_its_place() {
        let expected = json!({ "ranked": [{ "agent": "a", "score": 1 }], "memo": [1] });
        let found = json!({ "ranked": [{ "agent": "a", "score": 2 }, 3], "abstain": true });
        let told: Vec<String> = differences(Some(&expected), &found)
            .iter()
            .map(Difference::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "/memo: expected [1], found nothing",
                "/ranked/0/score: expected 1, found 2",
                "/ranked/1: expected nothing, found 3",
                "/abstain: expected nothing, found true",
            ]
        );
        assert_eq!(differences(Some(&expected), &expected), []);
    }
}
