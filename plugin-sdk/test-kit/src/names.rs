//! Numbers for names, as the engine gives them to a tenant.

use std::collections::{BTreeMap, HashMap};

use cordboard_core::ids::Symbol;
use cordboard_plugin_host::Names;

/// Gives every name a number, in the order in which it first sees them, from 1. As in the engine a
/// name has one number, whatever it names.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    numbers: HashMap<String, Symbol>,
    names: Vec<String>,
}

impl Interner {
    /// The number of a name.
    pub fn number(&mut self, name: &str) -> Symbol {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.names.push(name.to_owned());
        let number = Symbol(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The name of a number, if it was given to one.
    #[must_use]
    pub fn name(&self, number: Symbol) -> Option<&str> {
        let place = usize::try_from(number.0.checked_sub(1)?).ok()?;
        self.names.get(place).map(String::as_str)
    }

    /// All names, each as that of a skill, a queue and a label: a configuration is tested without
    /// the engine's, which would know better.
    #[must_use]
    pub fn for_any_kind(&self) -> Names {
        let all: BTreeMap<String, Symbol> = self
            .numbers
            .iter()
            .map(|(name, number)| (name.clone(), *number))
            .collect();
        Names {
            skills: all.clone(),
            queues: all.clone(),
            labels: all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number_and_is_found_by_it() {
        let mut names = Interner::default();
        let numbers = ["b", "a", "b"].map(|name| names.number(name).0);
        assert_eq!(numbers, [1, 2, 1]);
        assert_eq!(names.name(Symbol(2)), Some("a"));
        assert_eq!(names.name(Symbol(0)), None);
        assert_eq!(names.name(Symbol(3)), None);
        assert_eq!(names.for_any_kind().skills["a"], Symbol(2));
    }
}
