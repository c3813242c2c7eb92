"""Microsoft's Call Automation SDK drives every operation against the simulator."""

import time
import uuid

import pytest
from azure.communication.callautomation import (
    CallAutomationClient,
    CallConnectionState,
    CallRejectReason,
    DtmfTone,
    FileSource,
    MediaStreamingAudioChannelType,
    MediaStreamingOptions,
    MicrosoftTeamsUserIdentifier,
    PhoneNumberIdentifier,
    RecognizeInputType,
    RecordingChannel,
    RecordingContent,
    RecordingFormat,
    RecordingState,
    StreamingTransportType,
    TranscriptionOptions,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from conftest import NUMBER


def teams_user():
    user_id = str(uuid.uuid4())
    return f"8:orgid:{user_id}", MicrosoftTeamsUserIdentifier(user_id)


def answers(after_ms=100, **more):
    return {"does": "answer", "after_ms": after_ms, **more}


def code_of(error):
    return error.value.error.code


def test_answer(stage):
    incoming = stage.incoming()
    properties = stage.client.answer_call(
        incoming["incomingCallContext"], stage.callback_url, operation_context="context"
    )
    assert properties.correlation_id == incoming["correlationId"]
    data = stage.result("CallConnected", 200, 0)
    assert data["operationContext"] == "context"
    assert data["callConnectionId"] == properties.call_connection_id
    data = stage.event("ParticipantsUpdated")
    assert data["sequenceNumber"] == 1
    connection = stage.client.get_call_connection(properties.call_connection_id)
    properties = connection.get_call_properties()
    assert properties.call_connection_state == CallConnectionState.CONNECTED
    assert properties.source.properties["value"] == stage.number
    caller = stage.simulator.caller(stage.name)
    assert [answer["status"] for answer in caller["answers"]] == [200]


def test_reject(stage):
    incoming = stage.incoming()
    stage.client.reject_call(incoming["incomingCallContext"], call_reject_reason=CallRejectReason.BUSY)
    assert stage.simulator.caller(stage.name)["end"]["by"] == "rejection"
    with pytest.raises(ResourceNotFoundError) as error:
        stage.client.answer_call(incoming["incomingCallContext"], stage.callback_url)
    assert code_of(error) == "8522"


def test_another_key_is_refused(stage):
    stranger = CallAutomationClient(stage.simulator.endpoint, AzureKeyCredential("AAAA"))
    with pytest.raises(ClientAuthenticationError):
        stranger.get_call_connection("x").get_call_properties()


def test_an_unknown_call_is_not_found(stage):
    connection = stage.client.get_call_connection("nowhere")
    for operation in (
        connection.get_call_properties,
        connection.cancel_all_media_operations,
        lambda: connection.hang_up(is_for_everyone=False),
        lambda: connection.hang_up(is_for_everyone=True),
        lambda: connection.play_media(FileSource(stage.prompt(100))),
        lambda: list(connection.list_participants()),
    ):
        with pytest.raises(ResourceNotFoundError):
            operation()


def test_play_to_all_and_to_one(stage):
    connection = stage.answered()
    caller = PhoneNumberIdentifier(stage.number)
    connection.play_media(FileSource(stage.prompt(200)), operation_context="all")
    assert stage.result("PlayStarted", 200, 0)["operationContext"] == "all"
    assert stage.result("PlayCompleted", 200, 0)["operationContext"] == "all"
    connection.play_media(
        [FileSource(stage.prompt(100)), FileSource(stage.prompt(50), play_source_cache_id="short")],
        [caller],
        operation_context="one",
    )
    stage.event("PlayStarted")
    assert stage.event("PlayCompleted")["operationContext"] == "one"
    heard = [entry["what"] for entry in stage.simulator.caller(stage.name)["heard"]]
    assert [what["uri"] for what in heard if what["sound"] == "prompt"] == [stage.prompt(200), stage.prompt(100), stage.prompt(50)]


def test_play_of_what_is_not_there_fails(stage):
    connection = stage.answered()
    connection.play_media(FileSource(stage.application.url("/prompts/none")))
    assert stage.result("PlayFailed", 400, 8536)["failedPlaySourceIndex"] == 0


def test_a_loop_is_cancelled(stage):
    connection = stage.answered()
    connection.play_media(FileSource(stage.prompt(50)), loop=True, operation_context="music")
    stage.event("PlayStarted")
    time.sleep(0.3)
    stage.application.no_event(stage.path)
    connection.cancel_all_media_operations()
    assert stage.result("PlayCanceled", 400, 8508)["operationContext"] == "music"


def test_an_interrupting_play_cancels_the_one_before(stage):
    connection = stage.answered()
    connection.play_media(FileSource(stage.prompt(60_000)), operation_context="first")
    stage.event("PlayStarted")
    connection.play_media(
        FileSource(stage.prompt(50)), interrupt_call_media_operation=True, operation_context="second"
    )
    assert stage.result("PlayCanceled", 400, 8508)["operationContext"] == "first"
    assert stage.event("PlayStarted")["operationContext"] == "second"
    assert stage.event("PlayCompleted")["operationContext"] == "second"


def test_a_second_play_to_one_is_refused(stage):
    connection = stage.answered()
    caller = PhoneNumberIdentifier(stage.number)
    connection.play_media(FileSource(stage.prompt(60_000)), [caller])
    with pytest.raises(HttpResponseError) as error:
        connection.play_media(FileSource(stage.prompt(100)), [caller])
    assert (error.value.status_code, code_of(error)) == (412, "8583")


@pytest.mark.parametrize(
    ("keys", "options", "codes", "tones"),
    [
        ("12", {"dtmf_max_tones_to_collect": 2}, (200, 8531), ["one", "two"]),
        ("3#", {"dtmf_max_tones_to_collect": 9, "dtmf_stop_tones": [DtmfTone.POUND]}, (200, 8514), ["three"]),
        ("4", {"dtmf_max_tones_to_collect": 9, "dtmf_inter_tone_timeout": 1}, (400, 8532), ["four"]),
    ],
)
def test_recognize_keys(stage, keys, options, codes, tones):
    connection = stage.answered(menu=[{"digits": keys, "delay_ms": 50, "between_ms": 50}])
    connection.start_recognizing_media(
        RecognizeInputType.DTMF,
        PhoneNumberIdentifier(stage.number),
        play_prompt=FileSource(stage.prompt(100)),
        operation_context="menu",
        **options,
    )
    stage.event("PlayStarted")
    data = stage.result("RecognizeCompleted", *codes)
    assert (data["recognitionType"], data["dtmfResult"]["tones"]) == ("dtmf", tones)
    assert data["operationContext"] == "menu"


def test_recognize_silence(stage):
    connection = stage.answered()
    connection.start_recognizing_media(
        RecognizeInputType.DTMF,
        PhoneNumberIdentifier(stage.number),
        initial_silence_timeout=1,
        dtmf_max_tones_to_collect=1,
    )
    stage.result("RecognizeFailed", 400, 8510)


def test_recognize_is_cancelled(stage):
    connection = stage.answered()
    connection.start_recognizing_media(
        RecognizeInputType.DTMF, PhoneNumberIdentifier(stage.number), dtmf_max_tones_to_collect=1
    )
    connection.cancel_all_media_operations()
    stage.result("RecognizeCanceled", 400, 8508)


def test_add_list_and_remove_a_participant(stage):
    raw_id, agent = teams_user()
    stage.agent(raw_id, answers())
    connection = stage.answered()
    added = connection.add_participant(agent, invitation_timeout=20, operation_context="adding")
    assert added.operation_context == "adding"
    assert added.participant.identifier.raw_id == raw_id
    data = stage.result("AddParticipantSucceeded", 200, 0)
    assert (data["participant"]["rawId"], data["operationContext"]) == (raw_id, "adding")
    assert len(stage.event("ParticipantsUpdated")["participants"]) == 2
    listed = [participant.identifier.raw_id for participant in connection.list_participants()]
    assert listed == [f"4:{stage.number}", raw_id]
    assert connection.get_participant(PhoneNumberIdentifier(stage.number)).is_muted is False
    removed = connection.remove_participant(agent, operation_context="removing")
    assert removed.operation_context == "removing"
    stage.result("RemoveParticipantSucceeded", 200, 0)
    assert len(stage.event("ParticipantsUpdated")["participants"]) == 1


def test_adding_somebody_who_declines_fails(stage):
    raw_id, agent = teams_user()
    stage.agent(raw_id, {"does": "decline", "after_ms": 100})
    connection = stage.answered()
    connection.add_participant(agent)
    stage.result("AddParticipantFailed", 603, 8538)


def test_adding_somebody_who_does_not_answer_fails(stage):
    raw_id, agent = teams_user()
    stage.agent(raw_id, {"does": "no_answer"})
    connection = stage.answered()
    connection.add_participant(agent, invitation_timeout=1)
    stage.result("AddParticipantFailed", 408, 10057)


def test_cancel_adding(stage):
    raw_id, agent = teams_user()
    stage.agent(raw_id, {"does": "no_answer"})
    connection = stage.answered()
    added = connection.add_participant(agent, invitation_timeout=60)
    cancelled = connection.cancel_add_participant_operation(added.invitation_id, operation_context="cancelling")
    assert cancelled.invitation_id == added.invitation_id
    data = stage.result("CancelAddParticipantSucceeded", 200, 0)
    assert (data["invitationId"], data["operationContext"]) == (added.invitation_id, "cancelling")
    connection.cancel_add_participant_operation(added.invitation_id)
    stage.result("CancelAddParticipantFailed", 404, 8522)


def test_a_caller_id_is_refused_in_a_teams_phone_call(stage):
    connection = stage.answered()
    with pytest.raises(HttpResponseError) as error:
        connection.add_participant(
            PhoneNumberIdentifier("+14255550198"), source_caller_id_number=PhoneNumberIdentifier("+18005550199")
        )
    assert (error.value.status_code, code_of(error)) == (400, "8523")


@pytest.mark.parametrize("is_for_everyone", [False, True])
def test_hang_up(stage, is_for_everyone):
    connection = stage.answered()
    connection.hang_up(is_for_everyone=is_for_everyone)
    stage.result("CallDisconnected", 200, 7000)
    assert stage.simulator.caller(stage.name)["end"]["by"] == "service"


def test_a_caller_hangs_up(stage):
    stage.answered(hang_up={"phase": "greeting", "after_ms": 100})
    stage.result("CallDisconnected", 200, 0)


def test_record_by_connection(stage):
    connection = stage.answered()
    path = f"/recordings/{stage.name}"
    started = stage.client.start_recording(
        call_connection_id=connection.get_call_properties().call_connection_id,
        recording_state_callback_url=stage.application.url(path),
        recording_content_type=RecordingContent.AUDIO,
        recording_channel_type=RecordingChannel.MIXED,
        recording_format_type=RecordingFormat.WAV,
    )
    assert started.recording_state == RecordingState.ACTIVE
    data = stage.application.event(path, "RecordingStateChanged")
    assert (data["recordingId"], data["state"]) == (started.recording_id, "active")
    stage.client.pause_recording(started.recording_id)
    assert stage.application.event(path, "RecordingStateChanged")["state"] == "inactive"
    assert stage.client.get_recording_properties(started.recording_id).recording_state == RecordingState.INACTIVE
    stage.client.resume_recording(started.recording_id)
    assert stage.application.event(path, "RecordingStateChanged")["state"] == "active"
    stage.client.stop_recording(started.recording_id)
    assert stage.application.event(path, "RecordingStateChanged")["state"] == "inactive"
    with pytest.raises(ResourceNotFoundError):
        stage.client.get_recording_properties(started.recording_id)


def test_record_by_server_call(stage):
    connection = stage.answered(dials=NUMBER)
    server_call_id = connection.get_call_properties().server_call_id
    started = stage.client.start_recording(server_call_id=server_call_id)
    assert started.recording_state == RecordingState.ACTIVE
    stage.client.stop_recording(started.recording_id)


def test_a_teams_phone_call_is_not_recorded_by_server_call(stage):
    connection = stage.answered()
    server_call_id = connection.get_call_properties().server_call_id
    with pytest.raises(HttpResponseError) as error:
        stage.client.start_recording(server_call_id=server_call_id)
    assert error.value.status_code == 400


def test_transcription_and_media_streaming(stage):
    options = {
        "media_streaming": MediaStreamingOptions(
            transport_url="wss://127.0.0.1:9/",
            transport_type=StreamingTransportType.WEBSOCKET,
            content_type="audio",
            audio_channel_type=MediaStreamingAudioChannelType.MIXED,
            start_media_streaming=False,
        ),
        "transcription": TranscriptionOptions(
            transport_url="wss://127.0.0.1:9/",
            transport_type=StreamingTransportType.WEBSOCKET,
            locale="en-US",
            start_transcription=False,
        ),
    }
    connection = stage.answered(answer=options)
    connection.start_transcription(locale="en-US", operation_context="one")
    assert stage.event("TranscriptionStarted")["operationContext"] == "one"
    connection.stop_transcription()
    stage.event("TranscriptionStopped")
    connection.start_media_streaming(operation_context="two")
    assert stage.event("MediaStreamingStarted")["operationContext"] == "two"
    connection.stop_media_streaming()
    stage.event("MediaStreamingStopped")


def test_a_whole_call(stage):
    """Menu, music, agent, conversation: as the caller experienced it."""
    raw_id, agent = teams_user()
    stage.agent(raw_id, answers(300, talk_ms=700))
    connection = stage.answered(menu=[{"digits": "2", "delay_ms": 50}], linger_ms=100)
    caller = PhoneNumberIdentifier(stage.number)
    connection.start_recognizing_media(
        RecognizeInputType.DTMF, caller, play_prompt=FileSource(stage.prompt(200)), dtmf_max_tones_to_collect=1
    )
    stage.event("PlayStarted")
    assert stage.event("RecognizeCompleted")["dtmfResult"]["tones"] == ["two"]
    connection.play_media(FileSource(stage.prompt(100)), loop=True)
    stage.event("PlayStarted")
    connection.add_participant(agent, invitation_timeout=20)
    stage.event("AddParticipantSucceeded")
    stage.event("ParticipantsUpdated")
    connection.cancel_all_media_operations()
    stage.event("PlayCanceled")
    # First the agent leaves, then the caller.
    stage.event("ParticipantsUpdated")
    stage.event("CallDisconnected")
    record = stage.simulator.caller(stage.name)
    voices = [heard["what"] for heard in record["heard"] if heard["what"]["sound"] == "voice"]
    assert voices == [{"sound": "voice", "of": raw_id, "kind": "agent"}]
    assert (record["end"]["by"], record["end"]["phase"]) == ("party", "talking")
