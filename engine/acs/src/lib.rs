//! The edge to Azure Communication Services Call Automation: wire types, client, inbound events.
