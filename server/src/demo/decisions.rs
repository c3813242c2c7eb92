//! What plugins decided in a demo.

use cordboard::{OutcomeCounts, PluginStatus};
use std::collections::BTreeMap;

/// How often each outcome occurred, by plugin slot.
pub(crate) type Decisions = BTreeMap<String, BTreeMap<&'static str, u64>>;

/// Takes the counts of the plugin host; outcomes that did not occur are left out.
pub(crate) fn count(plugins: Vec<PluginStatus>) -> Decisions {
    plugins
        .into_iter()
        .map(|plugin| {
            let OutcomeCounts {
                ok,
                abstain,
                trap,
                deadline,
                memory,
                bad_output,
                overload,
                not_loaded,
            } = plugin.outcomes;
            let outcomes = [
                ("ok", ok),
                ("abstain", abstain),
                ("trap", trap),
                ("deadline", deadline),
                ("memory", memory),
                ("bad-output", bad_output),
                ("overload", overload),
                ("not-loaded", not_loaded),
            ];
            (
                plugin.slot,
                outcomes
                    .into_iter()
                    .filter(|(_, count)| *count > 0)
                    .collect(),
            )
        })
        .collect()
}
