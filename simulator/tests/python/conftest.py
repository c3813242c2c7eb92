import itertools
import uuid

import pytest
from azure.communication.callautomation import CallAutomationClient
from azure.core.credentials import AzureKeyCredential

from application import Application
from simulator import KEY, Simulator

RESOURCE_ACCOUNT = "28:orgid:cccccccc-1111-2222-3333-dddddddddddd"
NUMBER = "4:+14255550100"
_numbers = itertools.count(1_000)


@pytest.fixture(scope="session")
def simulator():
    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture(scope="session")
def application(simulator):
    application = Application()
    simulator.control("subscription", {"url": application.url("/events")})
    yield application
    application.close()


@pytest.fixture(scope="session")
def client(simulator):
    return CallAutomationClient(simulator.endpoint, AzureKeyCredential(KEY))


@pytest.fixture
def stage(simulator, application, client):
    return Stage(simulator, application, client)


class Stage:
    """One caller, and an application that answers with Microsoft's SDK."""

    def __init__(self, simulator, application, client):
        self.simulator, self.application, self.client = simulator, application, client
        self.name = f"caller-{uuid.uuid4()}"
        self.number = f"+1425555{next(_numbers)}"
        self.path = f"/callbacks/{self.name}"
        self.callback_url = application.url(self.path)

    def incoming(self, dials=RESOURCE_ACCOUNT, **script):
        """Places a caller; the data of their call."""
        script = {"name": self.name, "dials": dials, "from": f"4:{self.number}", "allowed_fates": ["talked"], **script}
        self.simulator.control("callers", script)
        data = self.application.incoming_call()
        assert data["from"]["rawId"] == f"4:{self.number}"
        return data

    def answered(self, dials=RESOURCE_ACCOUNT, answer=None, **script):
        """Places a caller and answers; the client of the connection."""
        incoming = self.incoming(dials, **script)
        properties = self.client.answer_call(incoming["incomingCallContext"], self.callback_url, **(answer or {}))
        self.result("CallConnected", 200, 0)
        self.event("ParticipantsUpdated")
        return self.client.get_call_connection(properties.call_connection_id)

    def agent(self, identifier, *rings):
        """Somebody who can be rung."""
        endpoint = {"identifier": identifier, "rings": list(rings)}
        self.simulator.control("agents", {"person": str(uuid.uuid4()), "endpoints": [endpoint]})

    def prompt(self, milliseconds):
        return self.application.url(f"/prompts/{milliseconds}.wav")

    def event(self, name):
        return self.application.event(self.path, name)

    def result(self, name, code, sub_code):
        return self.application.result(self.path, name, code, sub_code)
