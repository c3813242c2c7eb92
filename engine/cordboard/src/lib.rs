//! The Cordboard engine as a library: configuration, driver, webhooks, events.
