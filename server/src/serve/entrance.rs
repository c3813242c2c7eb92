//! The way in from the first moment: while the journal is read back, whoever comes waits, and is told
//! so who asks whether the engine is ready.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::watch;
use tower_service::Service as _;

/// The engine's routes, once it has started.
type Started = watch::Receiver<Option<Router>>;

/// Makes the routes to serve, and what tells them that the engine has started.
pub(super) fn router() -> (watch::Sender<Option<Router>>, Router) {
    let (sender, started) = watch::channel(None);
    (sender, Router::new().fallback(enter).with_state(started))
}

async fn enter(State(mut started): State<Started>, request: Request) -> Response {
    if started.borrow().is_none() {
        match request.uri().path() {
            // It lives; starting it again would only make it begin anew.
            "/healthz" => return status(StatusCode::OK, "ok"),
            "/readyz" => return status(StatusCode::SERVICE_UNAVAILABLE, "starting"),
            _ => {}
        }
    }
    let engine = match started.wait_for(Option::is_some).await {
        Ok(engine) => engine.clone(),
        Err(_) => None,
    };
    match engine {
        Some(mut engine) => engine.call(request).await.into_response(),
        // It could not start, and the program is about to say why.
        None => status(StatusCode::INTERNAL_SERVER_ERROR, "stopped"),
    }
}

fn status(code: StatusCode, status: &str) -> Response {
    (code, Json(json!({ "status": status }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;

    fn ask(path: &str) -> Request {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[test]
    fn whoever_comes_before_the_engine_waits_and_readiness_says_so() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (started, mut router) = router();
            let ready = router.call(ask("/readyz")).await.unwrap();
            assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
            let health = router.call(ask("/healthz")).await.unwrap();
            assert_eq!(health.status(), StatusCode::OK);
            let waiting = tokio::spawn(router.call(ask("/callbacks/x")));
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            let engine = Router::new().route("/callbacks/x", get(|| async { "taken" }));
            started.send_replace(Some(engine));
            let taken = waiting.await.unwrap().unwrap();
            assert_eq!(taken.status(), StatusCode::OK);
        });
    }
}
