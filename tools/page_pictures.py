#!/usr/bin/env python3
"""Pictures of the server's page in a real headless Chromium, at phone and desktop width.

Usage: page_pictures.py URL PICTURE OUT_FOLDER

Starts Chromium with its debugging pipe, drops PICTURE into the page as a user's file choice would,
waits for the answer, and writes page-phone.png, page-desktop.png and page-desktop-dark.png. Fails if
the page logs an error, asks for anything from elsewhere, scrolls sideways, or shows no answer.
Standard library only.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SHOTS = [("page-phone", 390, 844, "light"), ("page-desktop", 1100, 760, "light"),
         ("page-desktop-dark", 1100, 760, "dark")]


class Browser:
    """Chromium's debugging protocol over its pipe: file descriptors 3 (in) and 4 (out)."""

    def __init__(self, profile):
        down, self.to = os.pipe()
        self.back, up = os.pipe()

        def place():
            os.dup2(down, 13)
            os.dup2(up, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            preexec_fn=place, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(down)
        os.close(up)
        self.number = 0
        self.buffer = b""
        self.events = []
        self.session = None

    def message(self):
        while b"\0" not in self.buffer:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise RuntimeError("Chromium ended")
            self.buffer += more
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        call = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            call["sessionId"] = self.session
        os.write(self.to, json.dumps(call).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']['text']}")
        return result["result"].get("value")


ANSWERED = """new Promise((done, fail) => { let tries = 0; const look = () =>
  !document.getElementById('result').hidden && document.getElementById('picture').complete &&
  document.getElementById('picture').naturalWidth > 0 ? done(document.querySelectorAll('#top li').length)
  : ++tries > 300 ? fail('no answer: ' + document.getElementById('status').textContent)
  : setTimeout(look, 100); look(); })"""


def shoot(url, picture, out):
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            target = browser.call("Target.createTarget", url="about:blank")["targetId"]
            browser.session = browser.call(
                "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "DOM", "Network", "Log"):
                browser.call(domain + ".enable")
            for name, width, height, scheme in SHOTS:
                browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                             deviceScaleFactor=1, mobile=width < 500)
                browser.call("Emulation.setEmulatedMedia",
                             features=[{"name": "prefers-color-scheme", "value": scheme}])
                browser.call("Page.navigate", url=url)
                browser.value("""new Promise(d => { const l = () => document.readyState === 'complete'
                    && document.getElementById('model')?.value ? d(1) : setTimeout(l, 50); l(); })""")
                root = browser.call("DOM.getDocument")["root"]["nodeId"]
                node = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
                browser.call("DOM.setFileInputFiles", nodeId=node, files=[str(picture)])
                rows = browser.value(ANSWERED)
                assert rows == 5, f"{name}: {rows} answers"
                wide = browser.value("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, f"{name}: scrolls sideways by {wide}"
                reached = browser.value("""[...document.querySelectorAll('input,select')]
                    .filter(e => e.tabIndex >= 0 && !e.closest('[hidden]')).length""")
                assert reached >= 4, f"{name}: the keyboard reaches {reached} controls"
                shot = browser.call("Page.captureScreenshot", format="png",
                                    captureBeyondViewport=True)["data"]
                (out / (name + ".png")).write_bytes(base64.b64decode(shot))
        finally:
            browser.process.kill()
            browser.process.wait()
        for event in browser.events:
            method, told = event.get("method"), event.get("params", {})
            assert method != "Runtime.exceptionThrown", told
            assert not (method == "Log.entryAdded" and told["entry"]["level"] == "error"), told
            if method == "Network.requestWillBeSent":
                asked = told["request"]["url"]
                assert asked.startswith((url, "data:", "blob:")), f"asks elsewhere: {asked}"
    print(json.dumps({"pictures": [name for name, *_ in SHOTS]}))


if __name__ == "__main__":
    shoot(sys.argv[1].rstrip("/") + "/", pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]))
