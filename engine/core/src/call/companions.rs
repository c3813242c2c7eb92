//! What runs beside a recording: transcription and media streaming. Both run from the answer on and
//! are stopped for a payment.

use crate::call::Call;
use crate::call::operations::{Finished, Purpose};
use crate::call::recording::Recording;
use crate::command::Operation;
use crate::input::Reply;
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};

/// Transcription or media streaming.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Companion {
    /// It runs as far as our requests tell, from the moment when it is told to start. An event that
    /// tells of a stop may be late and about an earlier one, so it alone proves nothing.
    pub(crate) running: bool,
    /// Stopped for a payment; it starts again afterwards.
    stopped: bool,
    /// A stop failed: a payment must not begin.
    pub(crate) stuck: bool,
    /// An event told that it does not run.
    #[serde(default)]
    told_off: bool,
}

impl Call {
    /// The call was answered with these running.
    pub(crate) fn companions_run(&mut self, tenant: &Tenant) {
        if let Some(config) = self.config(tenant) {
            let recording = self.recording_mut();
            recording.transcription.running |= config.media.transcription.is_some();
            recording.streaming.running |= config.media.streaming.is_some();
        }
    }

    /// Before a payment: nothing may be taken down.
    pub(crate) fn stop_companions(&mut self, tenant: &mut Tenant) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        let recording = self.recording_mut();
        recording.transcription.stuck = false;
        recording.streaming.stuck = false;
        let (transcription, streaming) = (recording.transcription, recording.streaming);
        if transcription.running {
            let operation = Operation::StopTranscription {
                connection: connection.clone(),
            };
            self.operate(tenant, Purpose::Transcription { on: false }, operation);
        }
        if streaming.running {
            let operation = Operation::StopStreaming { connection };
            self.operate(tenant, Purpose::Streaming { on: false }, operation);
        }
    }

    /// After a payment: what was stopped starts again.
    pub(crate) fn start_companions(&mut self, tenant: &mut Tenant) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        let recording = self.recording_mut();
        let transcription = recording.transcription.take_stopped();
        let streaming = recording.streaming.take_stopped();
        if transcription {
            let operation = Operation::StartTranscription {
                connection: connection.clone(),
            };
            self.operate(tenant, Purpose::Transcription { on: true }, operation);
        }
        if streaming {
            let operation = Operation::StartStreaming { connection };
            self.operate(tenant, Purpose::Streaming { on: true }, operation);
        }
    }

    /// Transcription or streaming was told to start or stop.
    pub(crate) fn companion_finished(
        &mut self,
        tenant: &mut Tenant,
        finished: &Finished,
        which: fn(&mut Recording) -> &mut Companion,
        on: bool,
    ) {
        let companion = which(self.recording_mut());
        match finished {
            Finished::Done => {
                companion.running = on;
                companion.stopped = !on;
            }
            // Whether it runs is not known: before a payment it has to be stopped for certain, and after one it is started,
            // which does nothing where it runs.
            Finished::Unknown => {
                companion.running = true;
                companion.stuck = !on;
                companion.stopped = !on;
            }
            // It had ended by itself, so there was nothing to stop.
            Finished::Refused { status, .. } if !on && companion.told_off && *status < 500 => {
                companion.running = false;
            }
            Finished::Refused { .. }
            | Finished::Failed(_)
            | Finished::Cancelled
            | Finished::Digits(_) => {
                companion.running = !on;
                companion.stuck = !on;
                companion.stopped |= !on && finished.is_fault_of_the_service();
                companion.told_off |= on;
            }
        }
        if !self.is_collecting_secret() {
            // The collection that it was stopped for has been given up.
            self.start_companions(tenant);
        }
        self.collect_when_quiet(tenant);
    }

    pub(crate) fn transcription_changed(&mut self, active: bool) -> Reply {
        self.recording_mut().transcription.changed(active)
    }

    pub(crate) fn streaming_changed(&mut self, active: bool) -> Reply {
        self.recording_mut().streaming.changed(active)
    }
}

impl Companion {
    /// Tells whether it was stopped and is to start again; from here on it counts as running.
    fn take_stopped(&mut self) -> bool {
        let start = std::mem::take(&mut self.stopped);
        if start {
            self.running = true;
            self.told_off = false;
        }
        start
    }

    /// A start that is told of late does not count against a stop.
    fn changed(&mut self, active: bool) -> Reply {
        self.told_off = !active;
        self.running |= active && !self.stopped;
        Reply::Done
    }
}
