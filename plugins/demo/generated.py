"""Python messages and stubs, generated from the .proto files at each run."""

import glob
import importlib
import os
import subprocess
import sys

from broker import ROOT
from waiting import DemoError


def generate(folder):
    """Generates into `folder` and makes it importable."""
    os.makedirs(folder, exist_ok=True)
    proto_root = os.path.join(ROOT, 'proto')
    protos = glob.glob(os.path.join(proto_root, '**', '*.proto'), recursive=True)
    booking = os.path.join(ROOT, 'plugins', 'booking')
    protos.append(os.path.join(booking, 'booking.proto'))
    command = ['protoc', f'-I{proto_root}', f'-I{booking}', f'--python_out={folder}', f'--grpc_out={folder}',
               '--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin', *protos]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DemoError(f'protoc failed: {done.stderr}')
    # `io.cloudevents` lies in a package that Python has already: lend it our folder.
    import io
    io.__path__ = [os.path.join(folder, 'io')]
    sys.path.insert(0, folder)


def load(name):
    """A generated module, such as pavane.admin.v1.event_pb2."""
    return importlib.import_module(name)
