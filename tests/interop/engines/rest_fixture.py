"""The REST catalog of Iceberg's own tests, as a child that ends with this process."""

import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

JAR = pathlib.Path(__file__).resolve().parents[3] / ".ci" / ".jars" / "iceberg-open-api.jar"
# The pipe closes when this process ends, however it does; the shell then ends the server.
GUARD = '"$@" </dev/null >"$LOG" 2>&1 & child=$!; cat >/dev/null; kill $child'


class RestFixture:
    def __init__(self, folder):
        if not JAR.exists():
            raise SystemExit(f"{JAR} is missing: run bash .ci/interop-setup")
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        java = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.timezone=UTC", "-cp", str(JAR.resolve())]
        self.guard = subprocess.Popen(
            ["sh", "-c", GUARD, "rest", *java, "org.apache.iceberg.rest.RESTCatalogServer"],
            stdin=subprocess.PIPE,
            env={**os.environ, "REST_PORT": port, "CATALOG_REST_PORT": port, "CATALOG_WAREHOUSE": str(folder), "LOG": str(folder / "server.log")},
        )
        self.wait(folder)

    def wait(self, folder):
        for _ in range(600):
            try:
                self.call("GET", "/v1/config")
                return
            except (urllib.error.URLError, ConnectionError):
                if self.guard.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit(f"the REST fixture did not start: see {folder}/server.log")

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise ValueError(f"{method} {path}: {error.code} {error.read().decode()[:400]}") from error
        return json.loads(text) if text else None

    def close(self):
        self.guard.stdin.close()
        self.guard.wait()
