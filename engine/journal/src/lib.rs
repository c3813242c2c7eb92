//! The journal of Cordboard: recovery log, snapshots and decision records.
