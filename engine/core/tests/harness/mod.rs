//! What the tests of the core share: a small configuration, a fake ACS, and a [`World`] that feeds
//! a tenant with inputs in virtual time and writes down what comes back.

pub(crate) mod acs;
pub(crate) mod config;
pub(crate) mod show;
pub(crate) mod world;

pub(crate) use world::World;
