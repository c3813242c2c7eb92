//! The plugin contract of Cordboard: WIT, and the layout of packed rows.
