//! Writes the manifest while the plugin is compiled.
//!
//! The manifest is JSON in a custom section, so its bytes have to be a constant. [`Manifest::write`]
//! runs twice: into no room to learn the length, then into an array of that length.

use cordboard_contract::v0_1::{Point, REASON_MAX, VERSION_NAME};

/// What a manifest says.
#[derive(Clone, Copy, Debug)]
pub struct Manifest {
    /// The package's name.
    pub name: &'static str,
    /// The package's version.
    pub version: &'static str,
    /// The package's description.
    pub description: &'static str,
    /// Codes and texts.
    pub reasons: &'static [(u16, &'static str)],
    /// Decision points with the mask of the columns that are read.
    pub reads: &'static [(Point, u32)],
    /// Calls of a warm instance, 0 for fresh ones.
    pub warm_calls: u32,
    /// The JSON Schema of the configuration, as it is in its file.
    pub config_schema: &'static str,
}

impl Manifest {
    /// The length of the JSON text.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.write::<0>().length
    }

    /// The JSON text; `LENGTH` is [`Self::length`].
    #[must_use]
    pub const fn bytes<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        self.write::<LENGTH>().bytes
    }

    const fn write<const ROOM: usize>(&self) -> Text<ROOM> {
        let mut text = Text::<ROOM> {
            bytes: [0; ROOM],
            length: 0,
        };
        text.raw("{\"contract\":");
        text.string(VERSION_NAME);
        text.raw(",\"name\":");
        text.string(self.name);
        text.raw(",\"version\":");
        text.string(self.version);
        text.raw(",\"description\":");
        text.string(self.description);
        text.raw(",\"reasons\":{");
        let mut rest = self.reasons;
        while let [(code, reason), tail @ ..] = rest {
            assert!(
                *code >= 1 && *code as u32 <= REASON_MAX,
                "reason codes are 1 to 1,023"
            );
            text.raw("\"");
            text.number(*code as u32);
            text.raw("\":");
            text.string(reason);
            text.raw(if tail.is_empty() { "" } else { "," });
            rest = tail;
        }
        text.raw("},\"reads\":{");
        let mut rest = self.reads;
        while let [(point, columns), tail @ ..] = rest {
            text.string(point.name());
            text.raw(":[");
            text.columns(*point, *columns);
            text.raw(if tail.is_empty() { "]" } else { "]," });
            rest = tail;
        }
        text.raw("}");
        if self.warm_calls > 0 {
            text.raw(",\"warm_calls\":");
            text.number(self.warm_calls);
        }
        text.raw(",\"config_schema\":");
        text.raw(self.config_schema);
        text.raw("}");
        text
    }
}

/// JSON text that is being written; what has no room is only counted.
struct Text<const ROOM: usize> {
    bytes: [u8; ROOM],
    length: usize,
}

impl<const ROOM: usize> Text<ROOM> {
    const fn raw(&mut self, text: &str) {
        self.raw_bytes(text.as_bytes());
    }

    const fn raw_bytes(&mut self, text: &[u8]) {
        if self.length + text.len() <= ROOM {
            let (_, room) = self.bytes.split_at_mut(self.length);
            let (room, _) = room.split_at_mut(text.len());
            room.copy_from_slice(text);
        }
        self.length += text.len();
    }

    const fn string(&mut self, text: &str) {
        self.raw("\"");
        let mut rest = text.as_bytes();
        while let [byte, tail @ ..] = rest {
            assert!(
                *byte >= b' ',
                "names, descriptions and reasons are one line without control characters"
            );
            match *byte {
                b'"' => self.raw("\\\""),
                b'\\' => self.raw("\\\\"),
                plain => self.raw_bytes(&[plain]),
            }
            rest = tail;
        }
        self.raw("\"");
    }

    const fn number(&mut self, number: u32) {
        if number >= 10 {
            self.number(number / 10);
        }
        self.raw_bytes(&[b'0' + (number % 10) as u8]);
    }

    const fn columns(&mut self, point: Point, mask: u32) {
        let mut number = 0;
        let mut rest = point.columns();
        let mut is_first = true;
        while let [name, tail @ ..] = rest {
            // Column 0 is always there and is not declared.
            if number > 0 && mask & 1 << number != 0 {
                self.raw(if is_first { "" } else { "," });
                self.string(name);
                is_first = false;
            }
            number += 1;
            rest = tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgentColumn;

    const EXAMPLE: Manifest = Manifest {
        name: "skill-levels",
        version: "1.2.3",
        description: "Says \"hello\", \\ and ä.",
        reasons: &[(1, "first"), (1_023, "last")],
        reads: &[
            (
                Point::SkillMatch,
                AgentColumn::mask(&[AgentColumn::Levels, AgentColumn::IdleMs]),
            ),
            (Point::RecordingPolicy, 0),
        ],
        warm_calls: 1_000,
        config_schema: r#"{ "type": "object" }"#,
    };
    const BYTES: [u8; EXAMPLE.length()] = EXAMPLE.bytes();

    #[test]
    fn the_host_reads_what_was_written() {
        let manifest: cordboard_contract::manifest::Manifest =
            serde_json::from_slice(&BYTES).unwrap();
        assert_eq!(manifest.contract, "0.1");
        assert_eq!(manifest.name, "skill-levels");
        assert_eq!(manifest.version, "1.2.3");
        assert_eq!(manifest.description, EXAMPLE.description);
        assert_eq!(manifest.reasons[&1], "first");
        assert_eq!(manifest.reasons[&1_023], "last");
        assert_eq!(manifest.reads.len(), 2);
        assert_eq!(manifest.reads["skill-match"], ["idle-ms", "levels"]);
        assert!(manifest.reads["recording-policy"].is_empty());
        assert_eq!(manifest.warm_calls, Some(1_000));
        assert_eq!(
            manifest.config_schema,
            serde_json::json!({ "type": "object" })
        );
    }

    #[test]
    fn fresh_instances_are_the_default() {
        let manifest = Manifest {
            warm_calls: 0,
            ..EXAMPLE
        };
        let text: Vec<u8> = manifest.write::<4_096>().bytes.to_vec();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains("warm_calls"), "{text}");
    }
}
