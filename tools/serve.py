"""Build the book and serve it: ``python tools/serve.py PORT COMMAND…``, where COMMAND builds.

Pages come compressed, as from hosts.

The port is taken before the build starts, so that one in use is reported at once.
"""

import gzip
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

SITE = Path(__file__).parents[1] / "_build" / "html"


class Pages(SimpleHTTPRequestHandler):
    """Serves the built pages, always the newest, and keeps quiet."""

    def send_head(self):
        path = Path(self.translate_path(self.path))
        kind = self.guess_type(path)
        written = kind.startswith("text/") or kind.endswith(("javascript", "json", "svg+xml"))
        asked = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (written and asked and path.is_file()):
            return super().send_head()
        content = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        return BytesIO(content)

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    # Without this, a second server on a port in use would be let in on some systems.
    allow_reuse_port = False


def main(port, *build):
    try:
        server = Server(("127.0.0.1", int(port)), partial(Pages, directory=SITE))
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"Port {port} cannot be used ({error}). Choose another: make serve PORT=8001")
    with server:
        if subprocess.run(build).returncode:
            sys.exit("The book was not built, so it is not served.")
        print(f"The book is at http://127.0.0.1:{port}  (Ctrl-C ends)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main(*sys.argv[1:])
