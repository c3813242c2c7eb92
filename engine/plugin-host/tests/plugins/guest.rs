//! Guests written by hand: what no compiler makes, a plugin may still be.

use serde_json::{Value, json};

/// A component with `meta` and one decision point, from the bodies of its core functions.
///
/// The core module has one page of memory. Lists come in at byte 4,096. `$verdict` returns the words
/// at byte 256, whose number is its argument.
pub(crate) struct Guest {
    /// Members that the manifest has on top, or in place, of the usual ones.
    pub(crate) manifest: Value,
    /// Body of `(func (param $facts i32) (param $count i32) (result i32))`.
    pub(crate) decide: String,
    /// Body of `(func (param $config i32) (param $length i32) (result i32))`; 0 is `ok`.
    pub(crate) configure: String,
    /// Further fields of the core module.
    pub(crate) core: String,
    /// The words at byte 256.
    pub(crate) verdict: Vec<u32>,
    /// Further fields of the component, before the core module.
    pub(crate) component: String,
    /// Arguments of the core module's instantiation.
    pub(crate) with: String,
    /// Options of the decision point's `canon lift`.
    pub(crate) lift: String,
    /// Name of the decision point.
    pub(crate) point: &'static str,
    /// Version in the names of the exports.
    pub(crate) version: &'static str,
    /// The field of the core module that defines or imports the memory.
    pub(crate) memory: &'static str,
    /// Body of `(func (param i32 i32 i32 i32) (result i32))`, which gives memory for what comes in.
    pub(crate) realloc: String,
}

/// Keeps the memo.
pub(crate) const KEEP: u32 = u32::MAX;

impl Default for Guest {
    /// Ranks the first row first, with score 10.
    fn default() -> Self {
        Self {
            manifest: json!({}),
            decide: "(call $verdict (i32.const 7))".into(),
            configure: "(i32.const 0)".into(),
            core: String::new(),
            verdict: vec![1, KEEP, 1, 0, 0, 10, 0],
            component: String::new(),
            with: String::new(),
            lift: String::new(),
            point: "skill-match",
            version: "0.1.0",
            memory: r#"(memory (export "memory") 1)"#,
            realloc: "(i32.const 4096)".into(),
        }
    }
}

impl Guest {
    pub(crate) fn build(&self) -> Vec<u8> {
        wat::parse_str(self.text()).unwrap()
    }

    fn text(&self) -> String {
        let Self {
            decide,
            configure,
            core,
            component,
            with,
            lift,
            point,
            version,
            memory,
            realloc,
            ..
        } = self;
        let function = match *point {
            "skill-match" | "contact-select" => "rank",
            "endpoint-select" => "select",
            "classify" => "classify",
            _ => "decide",
        };
        let manifest = escaped(self.manifest().to_string().as_bytes());
        let bytes: Vec<u8> = self
            .verdict
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let verdict = escaped(&bytes);
        format!(
            r#"(component
  (@custom "cordboard:manifest" "{manifest}")
  {component}
  (core module $main
    {memory}
    (data (i32.const 256) "{verdict}")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc})
    (func $verdict (param $count i32) (result i32)
      (i32.store (i32.const 16) (i32.const 256))
      (i32.store (i32.const 20) (local.get $count))
      (i32.const 16))
    {core}
    (func (export "decide") (param $facts i32) (param $count i32) (result i32) {decide})
    (func (export "configure") (param $config i32) (param $length i32) (result i32) {configure}))
  (core instance $main (instantiate $main {with}))
  (alias core export $main "memory" (core memory $memory))
  (func $decide (param "facts" (list u32)) (result (list u32))
    (canon lift (core func $main "decide") (memory $memory) (realloc (func $main "realloc")) {lift}))
  (instance $point (export "{function}" (func $decide)))
  (export "cordboard:plugin/{point}@{version}" (instance $point))
  (type $problem (record (field "path" string) (field "message" string)))
  (func $configure (param "config" string) (result (result (error (list $problem))))
    (canon lift (core func $main "configure") (memory $memory) (realloc (func $main "realloc"))))
  (component $shim
    (type $record (record (field "path" string) (field "message" string)))
    (import "problem" (type $problem (eq $record)))
    (import "configure" (func $configure (param "config" string) (result (result (error (list $problem))))))
    (export $exported "problem" (type $problem))
    (export "configure" (func $configure)
      (func (param "config" string) (result (result (error (list $exported)))))))
  (instance $meta (instantiate $shim
    (with "problem" (type $problem)) (with "configure" (func $configure))))
  (export "cordboard:plugin/meta@{version}" (instance $meta)))"#
        )
    }

    fn manifest(&self) -> Value {
        let mut manifest = json!({
            "contract": "0.1",
            "name": "guest",
            "version": "1.0.0",
            "reads": { (self.point): [] },
            "config_schema": {},
        });
        for (key, value) in self.manifest.as_object().unwrap() {
            manifest[key] = value.clone();
        }
        manifest
    }
}

/// Bytes as they stand in a string of the text format.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// Runs for ever.
pub(crate) fn looping() -> Guest {
    Guest {
        decide: "(loop $again (br $again)) (unreachable)".into(),
        ..Guest::default()
    }
}

/// Traps when it is asked.
pub(crate) fn trapping() -> Guest {
    Guest {
        decide: "(unreachable)".into(),
        ..Guest::default()
    }
}

/// Traps when it is started.
pub(crate) fn trapping_at_start() -> Guest {
    Guest {
        core: "(func $start (unreachable)) (start $start)".into(),
        ..Guest::default()
    }
}

/// Grows its memory until it gets no more, and traps.
pub(crate) fn eating_memory() -> Guest {
    Guest {
        decide: "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
                 (unreachable)"
            .into(),
        ..Guest::default()
    }
}

/// Answers with these words.
pub(crate) fn answering(verdict: &[u32]) -> Guest {
    Guest {
        decide: format!("(call $verdict (i32.const {}))", verdict.len()),
        verdict: verdict.to_vec(),
        ..Guest::default()
    }
}

/// Says that its verdict is this long, whatever its memory.
pub(crate) fn claiming(words: i32) -> Guest {
    Guest {
        decide: format!("(call $verdict (i32.const {words}))"),
        ..Guest::default()
    }
}

/// Ranks the first row with a score that counts its own calls.
pub(crate) fn counting() -> Guest {
    Guest {
        decide: "(i32.store (i32.const 276) (i32.add (i32.load (i32.const 276)) (i32.const 1)))
                 (call $verdict (i32.const 7))"
            .into(),
        verdict: vec![1, KEEP, 1, 0, 0, 0, 0],
        ..Guest::default()
    }
}

/// Ranks the first row with a score that is the length of its configuration.
pub(crate) fn measuring_configuration() -> Guest {
    Guest {
        configure: "(i32.store (i32.const 276) (local.get $length)) (i32.const 0)".into(),
        ..Guest::default()
    }
}

/// Writes `lines` lines to the log in each call.
pub(crate) fn flooding(lines: u32) -> Guest {
    logging(&format!(
        "(local $left i32)
         (local.set $left (i32.const {lines}))
         (loop $again
           (call $write (i32.const 2) (i32.const 512) (i32.const 6))
           (local.set $left (i32.sub (local.get $left) (i32.const 1)))
           (br_if $again (local.get $left)))"
    ))
}

/// Does this with `$write`, the log, before it answers. A line stands at byte 512, and what is no
/// UTF-8 at byte 600.
pub(crate) fn logging(what: &str) -> Guest {
    Guest {
        component: r#"
  (import "cordboard:plugin/log@0.1.0" (instance $log
    (type $enum (enum "debug" "info" "warn" "error"))
    (export "level" (type $level (eq $enum)))
    (export "write" (func (param "level" $level) (param "message" string)))))
  (core module $env (memory (export "memory") 1))
  (core instance $env (instantiate $env))
  (core func $write (canon lower (func $log "write") (memory $env "memory")))
  (core instance $host (export "write" (func $write)))"#
            .into(),
        with: r#"(with "env" (instance $env)) (with "log" (instance $host))"#.into(),
        memory: r#"(import "env" "memory" (memory 1)) (export "memory" (memory 0))
    (import "log" "write" (func $write (param i32 i32 i32)))
    (data (i32.const 512) "a line") (data (i32.const 600) "\ff\fe")"#,
        decide: format!("{what} (call $verdict (i32.const 7))"),
        ..Guest::default()
    }
}

/// Does this where memory is wanted for facts; what `configure` gets has its place.
pub(crate) fn allocating(how: &str) -> Guest {
    Guest {
        realloc: format!("(if (i32.eq (local.get 2) (i32.const 4)) (then {how})) (i32.const 4096)"),
        ..Guest::default()
    }
}

/// Gets less memory than it wants in its first decision, lives with it, and traps in the second.
pub(crate) fn trapping_after_a_refusal() -> Guest {
    Guest {
        manifest: json!({ "warm_calls": 2 }),
        decide: "(if (i32.load (i32.const 1024)) (then (unreachable)))
                 (i32.store (i32.const 1024) (i32.const 1))
                 (drop (memory.grow (i32.const 1000)))
                 (call $verdict (i32.const 7))"
            .into(),
        ..Guest::default()
    }
}

/// Grows a table until it gets no more, and traps.
pub(crate) fn eating_tables() -> Guest {
    Guest {
        manifest: json!({ "warm_calls": 2 }),
        core: "(table $table 1 funcref)".into(),
        decide: "(loop $again (br_if $again
                   (i32.ne (table.grow $table (ref.null func) (i32.const 64)) (i32.const -1))))
                 (unreachable)"
            .into(),
        ..Guest::default()
    }
}

/// Calls itself without an end.
pub(crate) fn recursing() -> Guest {
    Guest {
        core: "(func $deep (param i32) (result i32)
                 (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))"
            .into(),
        decide: "(call $deep (i32.const 0))".into(),
        ..Guest::default()
    }
}

/// Imports something that no plugin gets.
pub(crate) fn importing_a_clock() -> Guest {
    Guest {
        component: r#"(import "wasi:clocks/wall-clock@0.2.0" (instance))"#.into(),
        ..Guest::default()
    }
}

/// Overwrites its verdict when the host has taken it, as allocators do that free it.
pub(crate) fn freeing_its_verdict() -> Guest {
    Guest {
        core: r#"(func (export "free") (param i32)
            (memory.fill (i32.const 256) (i32.const 255) (i32.const 64)))"#
            .into(),
        lift: r#"(post-return (func $main "free"))"#.into(),
        ..Guest::default()
    }
}

/// Changes a table, which no snapshot can hold.
pub(crate) fn changing_a_table() -> Guest {
    Guest {
        core: r#"(table $table 1 funcref)
            (func (export "unused") (table.set $table (i32.const 0) (ref.null func)))"#
            .into(),
        ..measuring_configuration()
    }
}
