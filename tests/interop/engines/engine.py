"""What every driver shares: requests as JSON lines on standard input, answers on standard output."""

import json
import os
import re
import sys
import traceback


# How the engines word that they have no code for something.
UNSUPPORTED = re.compile(
    r"NotImplemented|UnsupportedOperation|not (yet )?(supported|implemented)|does not (yet )?support|Unsupported|Cannot write|is not supported"
    r"|Unrecognized primitive type|Cannot explicitly project List or Map types",
    re.IGNORECASE,
)


class Refused(Exception):
    """The engine has no way to do what the request asks; the message names it."""


class Engine:
    """The parts that a driver may leave out."""

    def close(self):
        pass

    def recover(self, error):
        """Called after an error, before the next request."""


def first_lines(error, count=3):
    """An error in few words: the JVM puts its whole stack into the text."""
    text = str(getattr(error, "java_exception", None) or error)
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    # Spark calls anything that it did not foresee an internal error: the cause says more.
    causes = [line.strip() for line in str(error).splitlines() if line.startswith("Caused by: ")]
    return " | ".join([*lines[:count], *causes[-1:]])[:600] or type(error).__name__


def dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def serve(start):
    """Answers requests until standard input ends. `start()` gives an engine with `op_NAME` methods."""
    # Only answers go to standard output, whatever a library prints.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    engine = start()

    def answer(value):
        answers.write(dumps(value) + "\n")
        answers.flush()

    answer({"ready": engine.describe()})
    try:
        for line in sys.stdin:
            request = json.loads(line)
            answer({"id": request.get("id"), **respond(engine, request)})
    finally:
        engine.close()


def respond(engine, request):
    try:
        method = getattr(engine, "op_" + request["op"], None)
        if method is None:
            raise Refused(f"{engine.name} cannot {request['op']}")
        return {"ok": method(request)}
    except Refused as refusal:
        return {"refused": str(refusal)}
    except Exception as error:  # an answer like any other: the harness decides what it means
        if os.environ.get("MORAINE_INTEROP_TRACE"):
            traceback.print_exc()
        engine.recover(error)
        text = f"{type(error).__name__}: {first_lines(error)}"
        return {"refused" if UNSUPPORTED.search(text) else "error": text}
