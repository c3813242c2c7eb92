"""Runs `cordboard simulator` and speaks to its control interface."""

import json
import os
import pathlib
import subprocess
import urllib.request

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
TOKEN = "token-of-the-tests"
PROGRAM = "CORDBOARD_PROGRAM"
ROOT = pathlib.Path(__file__).parents[3]


class Simulator:
    def __init__(self):
        program = os.environ.get(PROGRAM, str(ROOT / "target" / "release" / "cordboard"))
        arguments = ["--listen", "127.0.0.1:0", "--seed", "7", "--allow-http-callbacks"]
        secrets = ["--key", KEY, "--control-token", TOKEN]
        self._process = subprocess.Popen(
            [program, "simulator", *arguments, *secrets], stdout=subprocess.PIPE, text=True
        )
        first_line = self._process.stdout.readline()
        assert "http://" in first_line, f"`{program} simulator` printed {first_line!r}"
        self.endpoint = "http://" + first_line.split("http://")[1].split()[0].rstrip("/")

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def control(self, path, body=None):
        """A request to the control interface; the JSON that it answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/simulator/{path}", data=data)
        request.add_header("Authorization", f"Bearer {TOKEN}")
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def caller(self, name):
        """What a caller experienced."""
        callers = self.control("ledger")["callers"]
        return next(caller for caller in callers if caller["name"] == name)
