//! Scenarios: one rule per test, in a file named after the one that has the rule.

mod agents;
mod answering;
mod classifying;
mod collecting;
mod config_reload;
mod connected;
mod draining;
mod ended;
mod exiting;
mod external_contacts;
mod late_secrets;
mod matching;
mod menu;
mod obstacles;
mod offering;
mod outage;
mod parties;
mod queued;
mod recording;
mod recording_by_hand;
mod restart;
mod ringing;
mod upgrade;
mod withdrawal;
