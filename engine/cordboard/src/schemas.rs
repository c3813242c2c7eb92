//! What is published about formats: JSON Schemas and the description of the HTTP API.

/// The description of the HTTP API (OpenAPI 3.1), served at `/v1/openapi.json`.
pub const OPENAPI_V1: &str = include_str!("../../../schemas/openapi.v1.json");

/// Returns the files of the folder `schemas/`: name and content.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    let config = format!("{:#}\n", crate::config::schema());
    vec![
        ("config.v1.schema.json", config),
        ("openapi.v1.json", OPENAPI_V1.to_owned()),
    ]
}
