//! The same decision with JSON in and out through a core module, as bytes-in, bytes-out hosts do it.

use std::fmt;

use anyhow::{Context as _, Result};
use cordboard_contract::v0_1::facts;
use serde_json::{Value, json};
use wasmtime::{Config, Engine, Linker, Memory, Module, Store, TypedFunc};

/// A running module.
pub struct JsonGuest {
    store: Store<()>,
    memory: Memory,
    allocate: TypedFunc<u32, u32>,
    rank: TypedFunc<(u32, u32), u64>,
}

impl JsonGuest {
    /// Starts the module and configures it.
    ///
    /// # Errors
    ///
    /// The module is not the one of [`crate::guests::json`].
    pub fn start(module: &[u8], config: &str) -> Result<Self> {
        let mut settings = Config::new();
        settings.epoch_interruption(true);
        let engine = Engine::new(&settings).map_err(plain)?;
        let module = Module::new(&engine, module).map_err(plain)?;
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1 << 40);
        let mut linker = Linker::new(&engine);
        linker
            .define_unknown_imports_as_traps(&module)
            .map_err(plain)?;
        let instance = linker.instantiate(&mut store, &module).map_err(plain)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .context("the module has no memory")?;
        let configure: TypedFunc<(u32, u32), ()> = instance
            .get_typed_func(&mut store, "json_configure")
            .map_err(plain)?;
        let mut guest = Self {
            allocate: instance
                .get_typed_func(&mut store, "json_allocate")
                .map_err(plain)?,
            rank: instance
                .get_typed_func(&mut store, "json_rank")
                .map_err(plain)?,
            store,
            memory,
        };
        let (at, length) = guest.pass(config.as_bytes())?;
        configure
            .call(&mut guest.store, (at, length))
            .map_err(plain)?;
        Ok(guest)
    }

    /// Asks for a decision and returns the ranking: index, score, reason.
    ///
    /// # Errors
    ///
    /// The guest traps, or answers something else.
    pub fn rank(&mut self, question: &Value) -> Result<Vec<(u32, i32, u32)>> {
        let text = serde_json::to_vec(question)?;
        let (at, length) = self.pass(&text)?;
        let packed = self
            .rank
            .call(&mut self.store, (at, length))
            .map_err(plain)?;
        let (at, length) = ((packed >> 32) as usize, (packed & 0xFFFF_FFFF) as usize);
        let answer = self
            .memory
            .data(&self.store)
            .get(at..at + length)
            .context("the answer is outside the memory")?;
        Ok(serde_json::from_slice(answer)?)
    }

    fn pass(&mut self, bytes: &[u8]) -> Result<(u32, u32)> {
        let length = u32::try_from(bytes.len())?;
        let at = self.allocate.call(&mut self.store, length).map_err(plain)?;
        self.memory.write(&mut self.store, at as usize, bytes)?;
        Ok((at, length))
    }
}

impl fmt::Debug for JsonGuest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonGuest").finish_non_exhaustive()
    }
}

/// The packed facts of a `skill-match` question as JSON, with the same content.
#[must_use]
pub fn question(packed: &[u32]) -> Value {
    let word = |at: usize| packed.get(at).copied().unwrap_or_default();
    let section = |at: usize, words: usize| {
        let at = word(at) as usize;
        packed.get(at..at + words).unwrap_or_default()
    };
    let requirements: Vec<Value> = section(facts::REQUIREMENTS_AT, word(facts::REQUIREMENTS) as usize * 3)
        .as_chunks()
        .0
        .iter()
        .map(|&[skill, minimum, flags]| {
            json!({ "skill": skill, "minimum": minimum, "required": flags & 1 == 1 })
        })
        .collect();
    let row_words = word(facts::ROW_WORDS) as usize;
    let candidates: Vec<Value> = section(facts::ROWS_AT, word(facts::ROWS) as usize * row_words)
        .chunks(row_words.max(1))
        .map(|row| match row {
            [agent, idle, group, levels @ ..] => json!({
                "agent": agent, "idle_ms": idle, "group_order": group, "levels": levels
            }),
            _ => Value::Null,
        })
        .collect();
    json!({
        "queue": word(facts::QUEUE),
        "waited_ms": word(facts::WAITED_MS),
        "priority": word(facts::PRIORITY).cast_signed(),
        "attempt": word(facts::ATTEMPT),
        "requirements": requirements,
        "candidates": candidates,
    })
}

fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::msg(format!("{error:?}"))
}
