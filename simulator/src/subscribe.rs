//! The handshake that Event Grid makes with a subscriber before it delivers anything.
//!
//! SPEC(Event Grid, webhook delivery; CloudEvents schema): a validation code that must come back with status 200, or OPTIONS with an
//! origin that must be allowed.

use cordboard_acs::wire::event_grid::{
    EventGridEvent, SUBSCRIPTION_VALIDATION, SubscriptionValidationData,
    SubscriptionValidationResponse,
};
use reqwest::{Method, RequestBuilder};

use crate::{
    config::{EventSchema, Subscription},
    driver::REQUEST_TIMEOUT,
    error::SubscribeError,
    world::{TOPIC, delivery_headers, grid_time},
};

const ORIGIN: &str = "eventgrid.azure.net";

/// Makes the handshake.
pub(crate) async fn shake_hands(
    http: &reqwest::Client,
    subscription: &Subscription,
    now_ms: u64,
) -> Result<(), SubscribeError> {
    match subscription.schema {
        EventSchema::EventGrid => validate_code(http, subscription, now_ms).await,
        EventSchema::CloudEvents => ask_origin(http, subscription).await,
    }?;
    tracing::info!("the Event Grid handshake has succeeded");
    Ok(())
}

async fn validate_code(
    http: &reqwest::Client,
    subscription: &Subscription,
    now_ms: u64,
) -> Result<(), SubscribeError> {
    let code = uuid::Uuid::new_v4().to_string();
    let data = SubscriptionValidationData {
        validation_code: code.clone(),
        validation_url: None,
    };
    let event = EventGridEvent {
        id: uuid::Uuid::new_v4().to_string(),
        topic: Some(TOPIC.to_owned()),
        subject: String::new(),
        data: serde_json::to_value(data).unwrap_or_default(),
        event_type: SUBSCRIPTION_VALIDATION.to_owned(),
        event_time: Some(grid_time(now_ms)),
        data_version: Some("2".to_owned()),
        metadata_version: Some("1".to_owned()),
    };
    let mut request = with_headers(http.post(&subscription.url), subscription);
    for (name, value) in delivery_headers("SubscriptionValidation", 0) {
        request = request.header(name, value);
    }
    let response = request.json(&[event]).send().await.map_err(unreachable)?;
    check_status(response.status().as_u16())?;
    let answer: SubscriptionValidationResponse =
        response.json().await.map_err(|_| SubscribeError::Code)?;
    if answer.validation_response == code {
        Ok(())
    } else {
        Err(SubscribeError::Code)
    }
}

async fn ask_origin(
    http: &reqwest::Client,
    subscription: &Subscription,
) -> Result<(), SubscribeError> {
    let request = with_headers(
        http.request(Method::OPTIONS, &subscription.url),
        subscription,
    );
    let request = request
        .header("WebHook-Request-Origin", ORIGIN)
        .header("WebHook-Request-Rate", "120");
    let response = request.send().await.map_err(unreachable)?;
    check_status(response.status().as_u16())?;
    let allowed = response
        .headers()
        .get("WebHook-Allowed-Origin")
        .and_then(|value| value.to_str().ok());
    if matches!(allowed, Some("*" | ORIGIN)) {
        Ok(())
    } else {
        Err(SubscribeError::Origin { origin: ORIGIN })
    }
}

fn with_headers(request: RequestBuilder, subscription: &Subscription) -> RequestBuilder {
    let headers = subscription.headers.iter();
    headers.fold(
        request.timeout(REQUEST_TIMEOUT),
        |request, (name, value)| request.header(name, value),
    )
}

fn check_status(status: u16) -> Result<(), SubscribeError> {
    if status == 200 {
        Ok(())
    } else {
        Err(SubscribeError::Status { status })
    }
}

fn unreachable(error: reqwest::Error) -> SubscribeError {
    SubscribeError::Unreachable(error.without_url())
}
