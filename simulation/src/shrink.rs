//! Makes a plan that fails smaller, as long as it fails in the same way.

use crate::centre::Centre;
use crate::faults::{Faults, Spell};
use crate::plan::Plan;
use crate::stage::{Played, play, trace};

/// Plays at most.
const PLAYS_MAX: u32 = 400;

/// Takes spells, callers, crashes and faults away, as long as the check named `check` fires. Returns the smallest plan found and
/// how it went.
///
/// # Errors
/// The simulation itself cannot run.
pub fn shrink(centre: &Centre, plan: &Plan, check: &str) -> anyhow::Result<(Plan, Played)> {
    let mut smallest = Shrinking {
        centre,
        check,
        plays: 0,
        plan: plan.clone(),
        played: play(centre, plan)?,
    };
    loop {
        let before = smallest.size();
        smallest.drop_spells()?;
        smallest.drop_crashes()?;
        smallest.drop_faults()?;
        smallest.drop_callers()?;
        if smallest.size() == before || smallest.plays >= PLAYS_MAX {
            let played = trace(centre, &smallest.plan)?;
            return Ok((smallest.plan, played));
        }
    }
}

struct Shrinking<'a> {
    centre: &'a Centre,
    check: &'a str,
    plays: u32,
    plan: Plan,
    played: Played,
}

impl Shrinking<'_> {
    fn size(&self) -> (usize, usize, Faults, Vec<Spell>) {
        (
            self.plan.callers.len(),
            self.plan.crashes.len(),
            self.plan.faults.clone(),
            self.plan.spells.clone(),
        )
    }

    /// Takes another plan if it fails in the same way.
    fn take(&mut self, plan: Plan) -> anyhow::Result<bool> {
        if self.plays >= PLAYS_MAX {
            return Ok(false);
        }
        self.plays += 1;
        let played = play(self.centre, &plan)?;
        let fails = played
            .violations
            .iter()
            .any(|violation| violation.check == self.check);
        if fails {
            (self.plan, self.played) = (plan, played);
        }
        Ok(fails)
    }

    /// Takes whole spells away, then their crashes, then single faults of those that are left.
    fn drop_spells(&mut self) -> anyhow::Result<()> {
        for index in (0..self.plan.spells.len()).rev() {
            let mut plan = self.plan.clone();
            plan.spells.remove(index);
            if self.take(plan)? {
                continue;
            }
            let crashes = |spell: &Spell| spell.crash_ms.is_some();
            if self.plan.spells.get(index).is_some_and(crashes) {
                self.change_spell(index, |spell| spell.crash_ms = None)?;
            }
            for fault in 0..Faults::default().rates().len() {
                let mut spell = self.plan.spells.get(index).cloned();
                let mut rates = spell.as_mut().map(|spell| spell.faults.rates());
                let rate = rates.as_mut().and_then(|rates| rates.get_mut(fault));
                if rate.is_some_and(|(_, rate)| **rate > 0) {
                    self.change_spell(index, |spell| {
                        if let Some((_, rate)) = spell.faults.rates().get_mut(fault) {
                            **rate = 0;
                        }
                    })?;
                }
            }
        }
        Ok(())
    }

    fn change_spell(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut Spell),
    ) -> anyhow::Result<bool> {
        let mut plan = self.plan.clone();
        if let Some(spell) = plan.spells.get_mut(index) {
            change(spell);
        }
        self.take(plan)
    }

    fn drop_crashes(&mut self) -> anyhow::Result<()> {
        for index in (0..self.plan.crashes.len()).rev() {
            let mut plan = self.plan.clone();
            plan.crashes.remove(index);
            self.take(plan)?;
        }
        Ok(())
    }

    fn drop_faults(&mut self) -> anyhow::Result<()> {
        for index in 0..Faults::default().rates().len() {
            let mut plan = self.plan.clone();
            let mut rates = plan.faults.rates();
            if let Some((_, rate)) = rates.get_mut(index).filter(|(_, rate)| **rate > 0) {
                **rate = 0;
                self.take(plan)?;
            }
        }
        Ok(())
    }

    /// Halves, quarters and so on, down to single callers.
    fn drop_callers(&mut self) -> anyhow::Result<()> {
        let mut size = self.plan.callers.len().div_ceil(2);
        loop {
            let mut from = 0;
            while from < self.plan.callers.len() {
                let mut plan = self.plan.clone();
                let to = (from + size).min(plan.callers.len());
                plan.callers.drain(from..to);
                if plan.callers.is_empty() || !self.take(plan)? {
                    from += size;
                }
            }
            if size <= 1 {
                return Ok(());
            }
            size = size.div_ceil(2);
        }
    }
}
