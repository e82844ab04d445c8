"""What the rivals of Python share: telling that they are ready, and ending when whoever measures does."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys


def tell(folder, tokens, narrow, versions):
    """Writes FOLDER/ready: tokens that are to be let in, one that lacks the scope or None, and versions."""
    new = os.path.join(folder, "ready.new")
    with open(new, "w") as file:
        json.dump({"tokens": tokens, "narrow": narrow, "versions": versions}, file)
    os.rename(new, os.path.join(folder, "ready"))


def versions(*packages):
    """The versions of packages, and of Python."""
    found = {package: importlib.metadata.version(package) for package in packages}
    return found | {"Python": platform.python_version()}


def run(command, variables, ready=lambda: None):
    """Runs a server, and ends it when standard input does."""
    server = subprocess.Popen(command, env=os.environ | variables, stdin=subprocess.DEVNULL)
    try:
        ready()
        sys.stdin.buffer.read()
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
