"""A small application: takes the events of the simulator and serves prompts."""

import io
import json
import queue
import threading
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# A test that waits longer than this waits for nothing.
PATIENCE_S = 20
EVENT_PREFIX = "Microsoft.Communication."


class Application:
    """Listens on a free port of this machine until it is closed."""

    def __init__(self):
        self._calls = queue.Queue()
        self._events = {}
        self._lock = threading.Lock()
        application = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                milliseconds = self.path.removeprefix("/prompts/").removesuffix(".wav")
                if milliseconds.isdigit():
                    self._reply(200, silence(int(milliseconds)))
                else:
                    self._reply(404)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._reply(200, application._take(self.path, body))

            def _reply(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def incoming_call(self):
        """The data of the next incoming call."""
        return self._calls.get(timeout=PATIENCE_S)

    def event(self, path, name):
        """The data of the next event at this address, which must be of this type."""
        event = self._queue(path).get(timeout=PATIENCE_S)
        assert event["type"] == EVENT_PREFIX + name, event
        assert event["specversion"] == "1.0"
        return event["data"]

    def result(self, path, name, code, sub_code):
        """As event(), with these codes."""
        data = self.event(path, name)
        result = data["resultInformation"]
        assert (result["code"], result["subCode"]) == (code, sub_code), result
        return data

    def no_event(self, path):
        assert self._queue(path).empty()

    def _queue(self, path):
        with self._lock:
            return self._events.setdefault(path, queue.Queue())

    def _take(self, path, body):
        if path != "/events":
            for event in body:
                self._queue(path).put(event)
            return b""
        data = body[0]["data"]
        if "validationCode" in data:
            return json.dumps({"validationResponse": data["validationCode"]}).encode()
        self._calls.put(data)
        return b""


def silence(milliseconds):
    """A WAV file: mono, 16 bit, 16 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(bytes(32 * milliseconds))
    return file.getvalue()
