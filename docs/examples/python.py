"""A course, a file, a question and a quiz, with Python's own library.

python3 python.py notes.md "Where does the oxygen come from?" >quiz.gift
"""

import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("LECTERN_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("LECTERN_API_KEY")


def call(method, path, body=None, content_type="application/json"):
    """Sends a request and returns the bytes of the answer. A busy server (503) is asked again when it says."""
    headers = {"Content-Type": content_type} if body is not None else {}
    if KEY:
        headers["Authorization"] = f"Bearer {KEY}"
    request = urllib.request.Request(URL + path, data=body, headers=headers, method=method)
    for last in (False, False, True):
        try:
            with urllib.request.urlopen(request) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            if error.code != 503 or last:
                raise SystemExit(f"{problem['code']}: {problem['detail']}") from error
            time.sleep(int(error.headers.get("Retry-After", "1")))


def get(path):
    return json.loads(call("GET", path))


def post(path, value):
    return json.loads(call("POST", path, json.dumps(value).encode()))


def upload(course, file):
    """Sends a file as a form, the way a browser does."""
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
    form = head.encode() + file.read_bytes() + f"\r\n--{mark}--\r\n".encode()
    sent = call("POST", f"/api/v1/courses/{course}/documents", form, f"multipart/form-data; boundary={mark}")
    return json.loads(sent)["documents"][0]


def wait(job):
    """Waits until a job is over."""
    while (shown := get(f"/api/v1/jobs/{job}"))["state"] in ("queued", "running"):
        time.sleep(0.2)
    if shown["state"] != "done":
        raise SystemExit(f"{shown['state']}: {shown['error']}")


file, question = pathlib.Path(sys.argv[1]), sys.argv[2]
course = post("/api/v1/courses", {"title": "Biology"})["id"]
wait(upload(course, file)["job_id"])

answer = post(f"/api/v1/courses/{course}/ask", {"question": question})
print(answer["answer"], file=sys.stderr)
for cited in answer["citations"]:
    print(f"[{cited['n']}] {cited['document_name']}, page {cited['page']}: {cited['quote']}", file=sys.stderr)

wish = {"count": 3, "kinds": ["multiple_choice", "cloze"], "seed": 1}
queued = post(f"/api/v1/courses/{course}/quizzes", wish)
wait(queued["job_id"])
print(call("GET", f"/api/v1/quizzes/{queued['quiz_id']}/export?format=gift").decode(), end="")
