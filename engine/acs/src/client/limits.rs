//! Every limit of the client.

/// Sizes, counts and waits of the client. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientLimits {
    /// How often one request is sent at most, the first time included; at least 1.
    /// What the service refuses with a `Retry-After` is sent again until its deadline, however often; so are answers,
    /// rejections and hang-ups.
    pub attempts_max: u32,
    /// How long one attempt may take, from connecting to the last byte of the answer. Real time: while a request is
    /// under way, a warped clock stands still.
    pub attempt_ms: u64,
    /// How long connecting may take; less than `attempt_ms`, so that a connection that is never made is known as such.
    pub connect_ms: u64,
    /// The wait before the second attempt; doubled before each further one.
    pub backoff_first_ms: u64,
    /// The longest wait between two attempts that the client chooses itself.
    pub backoff_max_ms: u64,
    /// How many requests are under way at once.
    pub in_flight_max: usize,
    /// How many of these are kept free for answering, rejecting and ending calls.
    pub in_flight_urgent_reserve: usize,
    /// How many requests wait for their turn.
    pub waiting_max: usize,
    /// How many bytes of an answer are read.
    pub answer_bytes_max: usize,
    /// How many pages of participants are followed. A call has at most 350 participants.
    pub pages_max: usize,
    /// How long an idle connection is kept. Less than what servers usually allow, so that a request rarely meets a
    /// connection that the other side is just closing.
    pub connection_idle_ms: u64,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            attempts_max: 4,
            attempt_ms: 10_000,
            connect_ms: 3_000,
            backoff_first_ms: 250,
            backoff_max_ms: 4_000,
            in_flight_max: 64,
            in_flight_urgent_reserve: 16,
            waiting_max: 4_096,
            answer_bytes_max: 1 << 20,
            pages_max: 40,
            connection_idle_ms: 20_000,
        }
    }
}
