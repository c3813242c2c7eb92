//! Method, path and properties of every REST operation of this path, for the client that builds requests and for a
//! server that takes them.

use std::borrow::Cow;
use std::fmt;

/// The version of the interface, sent as query `api-version` with every request.
pub const API_VERSION: &str = "2026-03-12";

/// The HTTP methods that the interface uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Act.
    Post,
    /// End.
    Delete,
}

impl Method {
    /// The method as HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One operation with the ids in its path, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `POST /calling/callConnections:answer`
    Answer,
    /// `POST /calling/callConnections:reject`
    Reject,
    /// `POST /calling/callConnections:redirect`
    Redirect,
    /// `GET /calling/callConnections/{id}`
    GetCall(Cow<'a, str>),
    /// `DELETE /calling/callConnections/{id}`: the application leaves the call.
    HangUp(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:terminate`: the call ends for everyone.
    Terminate(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:play`
    Play(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:recognize`
    Recognize(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:cancelAllMediaOperations`
    CancelAllMedia(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:startTranscription`
    StartTranscription(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:stopTranscription`
    StopTranscription(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:startMediaStreaming`
    StartMediaStreaming(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}:stopMediaStreaming`
    StopMediaStreaming(Cow<'a, str>),
    /// `GET /calling/callConnections/{id}/participants`
    ListParticipants(Cow<'a, str>),
    /// `GET /calling/callConnections/{id}/participants/{rawId}`
    GetParticipant {
        /// The call connection.
        call_connection_id: Cow<'a, str>,
        /// The participant.
        raw_id: Cow<'a, str>,
    },
    /// `POST /calling/callConnections/{id}/participants:add`
    AddParticipant(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}/participants:cancelAddParticipant`
    CancelAddParticipant(Cow<'a, str>),
    /// `POST /calling/callConnections/{id}/participants:remove`
    RemoveParticipant(Cow<'a, str>),
    /// `POST /calling/recordings`
    StartRecording,
    /// `GET /calling/recordings/{id}`
    GetRecording(Cow<'a, str>),
    /// `DELETE /calling/recordings/{id}`
    StopRecording(Cow<'a, str>),
    /// `POST /calling/recordings/{id}:pause`
    PauseRecording(Cow<'a, str>),
    /// `POST /calling/recordings/{id}:resume`
    ResumeRecording(Cow<'a, str>),
}

const CONNECTIONS: &str = "/calling/callConnections";
const RECORDINGS: &str = "/calling/recordings";

impl<'a> Route<'a> {
    /// Finds the operation of a request, from its method and its path as received (still percent-encoded, without the
    /// query). `None` for anything else.
    #[must_use]
    pub fn parse(method: &str, path: &'a str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix(RECORDINGS) {
            return parse_recording(method, rest);
        }
        let rest = path.strip_prefix(CONNECTIONS)?;
        if let Some(action) = rest.strip_prefix(':') {
            return match (method, action) {
                ("POST", "answer") => Some(Self::Answer),
                ("POST", "reject") => Some(Self::Reject),
                ("POST", "redirect") => Some(Self::Redirect),
                _ => None,
            };
        }
        let rest = rest.strip_prefix('/')?;
        match rest.split_once('/') {
            None => parse_connection(method, rest),
            Some((id, tail)) => parse_participants(method, decode(id)?, tail),
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Self::GetCall(_)
            | Self::ListParticipants(_)
            | Self::GetParticipant { .. }
            | Self::GetRecording(_) => Method::Get,
            Self::HangUp(_) | Self::StopRecording(_) => Method::Delete,
            _ => Method::Post,
        }
    }

    /// The path, percent-encoded, without the query.
    #[must_use]
    pub fn path(&self) -> String {
        let connection = |id: &str, tail: &str| format!("{CONNECTIONS}/{}{tail}", encode(id));
        let recording = |id: &str, tail: &str| format!("{RECORDINGS}/{}{tail}", encode(id));
        match self {
            Self::Answer => format!("{CONNECTIONS}:answer"),
            Self::Reject => format!("{CONNECTIONS}:reject"),
            Self::Redirect => format!("{CONNECTIONS}:redirect"),
            Self::GetCall(id) | Self::HangUp(id) => connection(id, ""),
            Self::Terminate(id) => connection(id, ":terminate"),
            Self::Play(id) => connection(id, ":play"),
            Self::Recognize(id) => connection(id, ":recognize"),
            Self::CancelAllMedia(id) => connection(id, ":cancelAllMediaOperations"),
            Self::StartTranscription(id) => connection(id, ":startTranscription"),
            Self::StopTranscription(id) => connection(id, ":stopTranscription"),
            Self::StartMediaStreaming(id) => connection(id, ":startMediaStreaming"),
            Self::StopMediaStreaming(id) => connection(id, ":stopMediaStreaming"),
            Self::ListParticipants(id) => connection(id, "/participants"),
            Self::GetParticipant {
                call_connection_id,
                raw_id,
            } => connection(
                call_connection_id,
                &format!("/participants/{}", encode(raw_id)),
            ),
            Self::AddParticipant(id) => connection(id, "/participants:add"),
            Self::CancelAddParticipant(id) => connection(id, "/participants:cancelAddParticipant"),
            Self::RemoveParticipant(id) => connection(id, "/participants:remove"),
            Self::StartRecording => RECORDINGS.to_owned(),
            Self::GetRecording(id) | Self::StopRecording(id) => recording(id, ""),
            Self::PauseRecording(id) => recording(id, ":pause"),
            Self::ResumeRecording(id) => recording(id, ":resume"),
        }
    }

    /// True if the service takes the Repeatability headers, so that the same request id has its effect once.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        matches!(
            self,
            Self::Answer
                | Self::Reject
                | Self::Redirect
                | Self::Terminate(_)
                | Self::AddParticipant(_)
                | Self::CancelAddParticipant(_)
                | Self::RemoveParticipant(_)
                | Self::StartRecording
        )
    }

    /// The operation's name for logs and reports, such as `answer`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Reject => "reject",
            Self::Redirect => "redirect",
            Self::GetCall(_) => "get call",
            Self::HangUp(_) => "hang up",
            Self::Terminate(_) => "terminate",
            Self::Play(_) => "play",
            Self::Recognize(_) => "recognize",
            Self::CancelAllMedia(_) => "cancel all media",
            Self::StartTranscription(_) => "start transcription",
            Self::StopTranscription(_) => "stop transcription",
            Self::StartMediaStreaming(_) => "start media streaming",
            Self::StopMediaStreaming(_) => "stop media streaming",
            Self::ListParticipants(_) => "list participants",
            Self::GetParticipant { .. } => "get participant",
            Self::AddParticipant(_) => "add participant",
            Self::CancelAddParticipant(_) => "cancel add participant",
            Self::RemoveParticipant(_) => "remove participant",
            Self::StartRecording => "start recording",
            Self::GetRecording(_) => "get recording",
            Self::StopRecording(_) => "stop recording",
            Self::PauseRecording(_) => "pause recording",
            Self::ResumeRecording(_) => "resume recording",
        }
    }
}

fn parse_recording<'a>(method: &str, rest: &'a str) -> Option<Route<'a>> {
    if rest.is_empty() {
        return (method == "POST").then_some(Route::StartRecording);
    }
    let (id, action) = split_action(rest.strip_prefix('/')?);
    let id = decode(id)?;
    match (method, action) {
        ("GET", None) => Some(Route::GetRecording(id)),
        ("DELETE", None) => Some(Route::StopRecording(id)),
        ("POST", Some("pause")) => Some(Route::PauseRecording(id)),
        ("POST", Some("resume")) => Some(Route::ResumeRecording(id)),
        _ => None,
    }
}

fn parse_connection<'a>(method: &str, rest: &'a str) -> Option<Route<'a>> {
    let (id, action) = split_action(rest);
    let id = decode(id)?;
    match (method, action) {
        ("GET", None) => Some(Route::GetCall(id)),
        ("DELETE", None) => Some(Route::HangUp(id)),
        ("POST", Some("terminate")) => Some(Route::Terminate(id)),
        ("POST", Some("play")) => Some(Route::Play(id)),
        ("POST", Some("recognize")) => Some(Route::Recognize(id)),
        ("POST", Some("cancelAllMediaOperations")) => Some(Route::CancelAllMedia(id)),
        ("POST", Some("startTranscription")) => Some(Route::StartTranscription(id)),
        ("POST", Some("stopTranscription")) => Some(Route::StopTranscription(id)),
        ("POST", Some("startMediaStreaming")) => Some(Route::StartMediaStreaming(id)),
        ("POST", Some("stopMediaStreaming")) => Some(Route::StopMediaStreaming(id)),
        _ => None,
    }
}

fn parse_participants<'a>(method: &str, id: Cow<'a, str>, tail: &'a str) -> Option<Route<'a>> {
    match (method, tail) {
        ("GET", "participants") => Some(Route::ListParticipants(id)),
        ("POST", "participants:add") => Some(Route::AddParticipant(id)),
        ("POST", "participants:cancelAddParticipant") => Some(Route::CancelAddParticipant(id)),
        ("POST", "participants:remove") => Some(Route::RemoveParticipant(id)),
        ("GET", _) => {
            let raw_id = decode(tail.strip_prefix("participants/")?)?;
            Some(Route::GetParticipant {
                call_connection_id: id,
                raw_id,
            })
        }
        _ => None,
    }
}

/// Splits `id:action`; ids are percent-encoded by those who send them, so a bare colon starts the action.
fn split_action(segment: &str) -> (&str, Option<&str>) {
    segment
        .split_once(':')
        .map_or((segment, None), |(id, action)| (id, Some(action)))
}

/// Percent-encodes a path segment as the official SDKs do: everything but letters, digits and `-._~`.
fn encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Decodes a path segment once; a plus stays a plus. `None` if it is empty, holds a slash or is not valid UTF-8.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if segment.is_empty() || segment.contains('/') {
        return None;
    }
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_route() -> Vec<Route<'static>> {
        let id = || Cow::Borrowed("cc-1");
        vec![
            Route::Answer,
            Route::Reject,
            Route::Redirect,
            Route::GetCall(id()),
            Route::HangUp(id()),
            Route::Terminate(id()),
            Route::Play(id()),
            Route::Recognize(id()),
            Route::CancelAllMedia(id()),
            Route::StartTranscription(id()),
            Route::StopTranscription(id()),
            Route::StartMediaStreaming(id()),
            Route::StopMediaStreaming(id()),
            Route::ListParticipants(id()),
            Route::GetParticipant {
                call_connection_id: id(),
                raw_id: Cow::Borrowed("4:+14255550123"),
            },
            Route::AddParticipant(id()),
            Route::CancelAddParticipant(id()),
            Route::RemoveParticipant(id()),
            Route::StartRecording,
            Route::GetRecording(id()),
            Route::StopRecording(id()),
            Route::PauseRecording(id()),
            Route::ResumeRecording(Cow::Borrowed("a/b:c+ d")),
        ]
    }

    #[test]
    fn every_route_is_found_again_from_its_method_and_path() {
        for route in every_route() {
            let path = route.path();
            assert_eq!(
                Route::parse(route.method().as_str(), &path),
                Some(route),
                "{path}"
            );
        }
    }

    #[test]
    fn a_raw_id_is_encoded_in_the_path_and_decoded_once() {
        let route = Route::GetParticipant {
            call_connection_id: "cc-1".into(),
            raw_id: "4:+14255550123".into(),
        };
        assert_eq!(
            route.path(),
            "/calling/callConnections/cc-1/participants/4%3A%2B14255550123"
        );
        let twice = "/calling/callConnections/cc-1/participants/4%253A";
        let Some(Route::GetParticipant { raw_id, .. }) = Route::parse("GET", twice) else {
            panic!("not found")
        };
        assert_eq!(raw_id, "4%3A");
    }

    #[test]
    fn other_requests_are_not_found() {
        for (method, path) in [
            ("GET", "/calling/callConnections:answer"),
            ("POST", "/calling/callConnections"),
            ("POST", "/calling/callConnections/cc-1"),
            ("POST", "/calling/callConnections/cc-1:unknown"),
            ("POST", "/calling/callConnections/:play"),
            ("GET", "/calling/callConnections/cc-1/participants/a/b"),
            ("GET", "/calling/callConnections/cc-1/participants/%4"),
            ("GET", "/calling/callConnections/cc-1/participants/%FF"),
            ("GET", "/calling/recordings"),
            ("GET", "/calling/recordingsX"),
            ("GET", "/other"),
            ("GET", ""),
        ] {
            assert_eq!(Route::parse(method, path), None, "{method} {path}");
        }
    }
}
