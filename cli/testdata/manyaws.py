"""Runs the AWS CLI several times in one process, as its own main does.

Standard input: a JSON list of {"args": [...], "env": {...}}. Standard output:
a JSON list of {"code": N, "stdout": "...", "stderr": "..."}. Starting Python and
loading the CLI for each run would take most of the time.
"""
import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver

loader = None
runs = json.load(sys.stdin)
outcomes = []
for run in runs:
    os.environ.update(run["env"])
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            driver = create_clidriver()  # commands keep counts: a new one for each run
            if loader:
                driver.session.register_component("data_loader", loader)
            loader = driver.session.get_component("data_loader")
            code = driver.main(run["args"])
        except SystemExit as e:
            code = e.code
    outcomes.append({"code": code or 0, "stdout": out.getvalue(), "stderr": err.getvalue()})
json.dump(outcomes, sys.stdout)
