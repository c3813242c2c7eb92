//! The HTTP API.
use crate::engine::Engine;
use axum::Router;
pub(crate) fn router(_engine: Engine) -> Router {
    Router::new()
}
