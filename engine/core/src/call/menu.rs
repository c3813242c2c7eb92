//! Greeting and one-level DTMF menu: the native rule of the `dialog` decision point.

use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::config::{Menu, MenuAction, ResourceAccount};
use crate::event::CallOutcome;
use crate::input::Digits;
use crate::question::Consent;
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};

/// The menu is playing or waits for a digit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct MenuTurn {
    /// How often the prompt has played.
    tries: u32,
    /// The question before, of which nothing was heard: its answer may still come.
    #[serde(default)]
    unheard: Option<u32>,
}

/// The prompt could not be played: playing it again will not help.
const PROMPT_BROKEN: [u32; 5] = [8511, 8535, 8536, 8564, 8565];

impl Call {
    /// The caller is there: greets, or queues at once where there is no menu.
    pub(crate) fn greet(&mut self, tenant: &mut Tenant) {
        let Some(account) = self.account_settings(tenant) else {
            return self.end(tenant, CallOutcome::Failed);
        };
        match account.menu {
            Some(menu) => self.play_menu(tenant, &menu, 1),
            None => self.choose_queue(tenant, account.default_queue, None),
        }
    }

    /// After a restart: that nobody knows what became of the question says nothing of the caller, and uses up no try.
    pub(crate) fn menu_begins_anew(&mut self) {
        if let State::Menu(turn) = &mut self.state {
            turn.tries = turn.tries.saturating_sub(1);
        }
    }

    /// The caller typed a digit while the process was away, or the news of it was late: it counts, although the menu plays again.
    pub(crate) fn menu_answered_late(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        digits: &Digits,
    ) -> bool {
        let State::Menu(turn) = &self.state else {
            return false;
        };
        if sequence.is_none() || turn.unheard != sequence {
            return false;
        }
        self.close_operations(tenant, |purpose| *purpose == Purpose::Menu);
        self.cancel_media(tenant, Purpose::StopMedia);
        let asked = sequence.unwrap_or_default();
        self.menu_finished(tenant, asked, Finished::Digits(digits.clone()));
        true
    }

    pub(crate) fn menu_finished(&mut self, tenant: &mut Tenant, sequence: u32, finished: Finished) {
        let State::Menu(turn) = &self.state else {
            return;
        };
        let tries = turn.tries;
        let Some(account) = self.account_settings(tenant) else {
            return self.end(tenant, CallOutcome::Failed);
        };
        let Some(menu) = account.menu else {
            return self.choose_queue(tenant, account.default_queue, None);
        };
        let action = match &finished {
            Finished::Digits(Digits::Plain(digits)) => digits
                .chars()
                .next()
                .and_then(|digit| Some((digit, *menu.options.get(&digit)?))),
            Finished::Digits(Digits::Sensitive { .. })
            | Finished::Done
            | Finished::Failed(_)
            | Finished::Cancelled
            | Finished::Refused { .. }
            | Finished::Unknown => None,
        };
        match action {
            Some((digit, MenuAction::Queue(queue))) => {
                self.menu_digits.push(digit);
                return self.choose_queue(tenant, queue, Some(digit));
            }
            Some((digit, MenuAction::GiveConsent)) => {
                self.menu_digits.push(digit);
                self.consent = Consent::Given;
            }
            Some((digit, MenuAction::RefuseConsent)) => {
                self.menu_digits.push(digit);
                self.consent = Consent::Refused;
            }
            Some((_, MenuAction::Repeat)) | None => {}
        }
        let broken = match &finished {
            Finished::Failed(codes) => PROMPT_BROKEN.contains(&codes.sub_code),
            Finished::Refused { .. } => true,
            Finished::Unknown => {
                // It may still play: nothing may be left over when the menu starts again.
                self.cancel_media(tenant, Purpose::StopMedia);
                false
            }
            Finished::Done | Finished::Digits(_) | Finished::Cancelled => false,
        };
        // A digit that only notes consent is a good answer, but it may not go on for ever.
        if broken || tries >= menu.tries {
            self.choose_queue(tenant, account.default_queue, None);
        } else {
            let unheard = (finished == Finished::Unknown).then_some(sequence);
            self.play_menu(tenant, &menu, tries.saturating_add(1));
            if let State::Menu(turn) = &mut self.state {
                turn.unheard = unheard;
            }
        }
    }

    fn play_menu(&mut self, tenant: &mut Tenant, menu: &Menu, tries: u32) {
        self.state = State::Menu(MenuTurn {
            tries,
            unheard: None,
        });
        let Some(connection) = self.connection.clone() else {
            return self.end(tenant, CallOutcome::Failed);
        };
        let operation = Operation::Recognize {
            connection,
            prompt: menu.prompt,
            target: self.from.clone(),
            digits_max: 1,
            stop_on_pound: false,
            silence: menu.silence,
            sensitive: false,
            collection: None,
        };
        self.operate(tenant, Purpose::Menu, operation);
    }

    pub(super) fn account_settings(&self, tenant: &Tenant) -> Option<ResourceAccount> {
        let config = self.config(tenant)?;
        config.resource_accounts.get(&self.account?).cloned()
    }
}
