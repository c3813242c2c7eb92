//! A local stand-in for ACS Call Automation, with scripted callers and agents and a ledger.
