"""Runs the AWS CLI several times in one process, as its own main does.

Standard input: a JSON list of {"args": [...], "env": {...}}. Standard output:
a JSON list of {"code": N, "stdout": "...", "stderr": "...", "both": "..."}, the last
being both in the order of writing. Starting Python and loading the CLI for each
run would take most of the time.
"""
import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver


class Stream(io.StringIO):
    def __init__(self, both):
        super().__init__()
        self.both = both

    def write(self, text):
        self.both.write(text)
        return super().write(text)


loader = None
runs = json.load(sys.stdin)
outcomes = []
for run in runs:
    os.environ.update(run["env"])
    both = io.StringIO()
    out, err = Stream(both), Stream(both)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            driver = create_clidriver()  # commands keep counts: a new one for each run
            if loader:
                driver.session.register_component("data_loader", loader)
            loader = driver.session.get_component("data_loader")
            code = driver.main(run["args"])
        except SystemExit as e:
            code = e.code
    outcomes.append({"code": code or 0, "stdout": out.getvalue(), "stderr": err.getvalue(), "both": both.getvalue()})
json.dump(outcomes, sys.stdout)
