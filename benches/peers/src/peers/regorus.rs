//! The rule in Rego.

use super::Peer;
use crate::decision::{Decision, Ranking};
use anyhow::Result;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{Engine, Value};

/// Instructions of one decision.
const INSTRUCTIONS_MAX: usize = 10_000_000;

/// The rule: it scores, and the host sorts.
const POLICY: &str = "package routing

points(level, minimum, weight) := weight * level if level >= minimum
points(level, minimum, _) := 0 if level < minimum

scores := [score |
    some candidate in input.candidates
    score := (((points(candidate.levels[0], 30, 5) + points(candidate.levels[1], 40, 2)) + points(candidate.levels[2], 50, 1))
        + floor(min([candidate.idle_ms, 3600000]) / 60000)) - (1000 * min([candidate.group_order, 100]))
]
";

const RULE: &str = "data.routing.scores";

/// The interpreter, or the machine that runs what was compiled.
pub enum Regorus {
    /// The interpreter.
    Interpreter(Box<Engine>),
    /// The virtual machine.
    Machine(Box<RegoVM>),
}

impl Regorus {
    /// The interpreter.
    ///
    /// # Errors
    /// The policy is refused.
    pub fn interpreter() -> Result<Self> {
        Ok(Self::Interpreter(Box::new(engine()?)))
    }

    /// The virtual machine.
    ///
    /// # Errors
    /// The policy is refused.
    pub fn machine() -> Result<Self> {
        let policy = engine()?.compile_with_entrypoint(&RULE.into())?;
        let program = Compiler::compile_from_policy(&policy, &[RULE])?;
        let mut machine = RegoVM::new();
        // 64 candidates take more than the 25,000 that it stops at otherwise.
        machine.set_max_instructions(INSTRUCTIONS_MAX);
        machine.load_program(program);
        Ok(Self::Machine(Box::new(machine)))
    }
}

fn engine() -> Result<Engine> {
    let mut engine = Engine::new();
    engine.add_policy("routing.rego".to_owned(), POLICY.to_owned())?;
    Ok(engine)
}

impl Peer for Regorus {
    fn name(&self) -> &str {
        match self {
            Self::Interpreter(_) => "regorus, interpreted",
            Self::Machine(_) => "regorus, compiled",
        }
    }

    fn note(&self) -> &str {
        "a Rego rule scores, the host sorts"
    }

    fn decide(&mut self, decision: &Decision) -> Result<Ranking> {
        let input: Value = serde_json::from_value(decision.question.clone())?;
        let scores = match self {
            Self::Interpreter(engine) => {
                engine.set_input(input);
                engine.eval_rule(RULE.to_owned())?
            }
            Self::Machine(machine) => {
                machine.set_input(input);
                machine.execute()?
            }
        };
        let scores = scores.as_array()?.iter();
        let scores = scores.map(|score| score.as_i64().unwrap_or_default() as i32);
        Ok(decision.rank(scores.collect::<Vec<_>>()))
    }
}
