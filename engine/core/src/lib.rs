//! The pure core of Cordboard: calls, agents, queues, matching.
