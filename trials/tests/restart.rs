//! A restart with live calls while the service limits the rate of requests, in small: every call of before is asked about, a new
//! one is acknowledged, and none is lost.

use cordboard_trials::restart::Restart;

#[test]
fn every_call_is_asked_about_after_a_kill_although_the_service_refuses_a_share_of_requests() {
    let trial = Restart {
        live: 100,
        day: 300,
        per_second: 25,
        throttled_percent: 30,
        agents: 20,
        folder: None,
    };
    let restarted = trial.run(|_| {}).unwrap();
    assert!(restarted.live >= 100, "{restarted}");
    assert!(restarted.throttled > 0, "{restarted}");
}
