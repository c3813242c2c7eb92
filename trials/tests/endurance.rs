//! Memory, disk and state do not grow with the number of calls: the trial in small, with limits that are reached in its first
//! half.

use cordboard_trials::endurance::Endurance;

#[test]
fn memory_disk_and_state_do_not_grow_with_the_number_of_calls() {
    let trial = Endurance {
        calls: 2_000,
        at_once: 200,
        agents: 150,
        records_mib: 1,
        keep_entries: 2_000,
        snapshot_every: 500,
        event_ids_max: 1_000,
        plugins: None,
        folder: None,
    };
    let samples = trial.run(|_| {}).unwrap();
    assert_eq!(samples.last().unwrap().calls, 2_000);
}
