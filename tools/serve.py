"""Build the book and serve it: ``python tools/serve.py PORT COMMAND…``, where COMMAND builds.

On one port of this machine alone: the pages at ``/``, compressed as hosts send them, and below
``/jupyter/`` as much of Jupyter Server as starts kernels and talks to them, so that the cells of a
page can be run (``run.js``). Whoever may do that has the token that is printed. It stands in the
fragment of the address, which browsers send nowhere; no cookie is set, since every other port of
this machine would receive it.

The port is taken before the build starts, so that one in use is reported at once.
"""

import asyncio
import base64
import hashlib
import logging
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import transport
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.auth import AllowAllAuthorizer, IdentityProvider, User
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.kernels import handlers
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado import netutil, routing, web
from tornado.httpserver import HTTPServer
from traitlets import Unicode
from traitlets.config import Config

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
JUPYTER = "/jupyter"
IDLE = 600  # seconds after which a kernel that does nothing is ended
FIRST = "/book/index.html"
SCRIPT = b'<script type="module" src="/_static/run.js"></script>\n'
INLINE = re.compile(rb'<script(?![^>]* src=)[^>]*>(.*?)</script>|\bonclick="([^"]*)"', re.DOTALL)


class Pages(web.StaticFileHandler):
    """The files of the site, always the newest; pages with the script that runs their cells."""

    @classmethod
    def get_content(cls, abspath, start=None, end=None):
        content = Path(abspath).read_bytes()
        if abspath.endswith(".html"):
            content = content.replace(b"</head>", SCRIPT + b"</head>", 1)
        return content[start:end]

    def get_content_size(self):
        return len(self.get_content(self.absolute_path))

    def compute_etag(self):
        """Of what the file holds now: tornado remembers what it held first."""
        return f'"{self.get_content_version(self.absolute_path)}"'

    def should_return_304(self):
        return self.check_etag_header()  # a time is too coarse for two builds

    def get_cache_time(self, path, modified, mime_type):
        return 0

    def set_extra_headers(self, path):
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Content-Type-Options", "nosniff")
        if path.endswith(".html"):
            self.set_header("Content-Security-Policy", self.policy())

    def policy(self):
        """What a page may do: ask this server alone, and run the scripts it was built with."""
        found = INLINE.findall(self.get_content(self.absolute_path))
        digests = sorted({hashlib.sha256(script or click).digest() for script, click in found})
        known = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
        return (
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
            " object-src 'none'; img-src 'self' data:; font-src 'self' data:;"
            " style-src 'self' 'unsafe-inline';"
            f" script-src 'self' 'unsafe-hashes' {known};"
            f" connect-src 'self' ws://{self.request.host}"
        )


class SameOrigin(routing.Matcher):
    """Is this asked under the address that is printed, and by no page from elsewhere?

    Jupyter Server lets in whoever knows the token, from any origin and under any local name.
    """

    def __init__(self, address):
        self.address = address

    def match(self, request):
        asked = {f"http://{request.headers.get('Host')}", request.headers.get("Origin")}
        return {} if asked <= {self.address, None} else None


class Refused(web.RequestHandler):
    def prepare(self):
        self.set_status(403)
        self.finish(f"The book is at {self.settings['address']} and answers to its own pages.\n")


class Token(IdentityProvider):
    """Whoever has the token is the reader. No cookie remembers it."""

    def get_user(self, handler):
        given = self.get_token(handler) or ""
        known = secrets.compare_digest(given.encode(), self.token.encode())
        return User("reader") if known else None

    def is_token_authenticated(self, handler):
        return handler.current_user is not None


class Channels(handlers.KernelWebsocketHandler):
    write_error = APIHandler.write_error  # else it looks for a page of Jupyter's


class Connection(ZMQChannelsWebsocketConnection):
    def nudge(self):
        """Ask the kernel for a sign of life once it can know who listens: it is asked again only
        after half a second."""

        async def soon():
            await asyncio.sleep(0.05)
            await ask()

        ask = super().nudge
        return asyncio.ensure_future(soon())


class OneKernel(KernelSpecManager):
    """This Python, without the reader's own configuration."""

    folder = Unicode()

    def get_kernel_spec(self, kernel_name):
        command = [sys.executable, str(ROOT / "tools" / "kernel.py"), "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python", env={"IPYTHONDIR": self.folder})


def application(address, token, folder):
    """The pages, and kernels for whoever has the token, which keep their files in `folder`."""
    identity = Token(token=token)
    manager = AsyncMappingKernelManager(
        kernel_spec_manager=OneKernel(folder=folder),
        connection_dir=folder,
        root_dir=str(ROOT),
        cull_idle_timeout=IDLE,
        cull_interval=max(1, IDLE // 20),
        cull_connected=True,
        config=Config(
            KernelManager={"transport": transport.KIND},
            KernelRestarter={"restart_limit": 0},  # the page asks for another
        ),
    )
    own = {handlers.KernelWebsocketHandler: Channels}
    routes = [
        *((JUPYTER + path, own.get(kind, kind)) for path, kind in handlers.default_handlers),
        (r"/(?:index\.html)?", web.RedirectHandler, {"url": FIRST, "permanent": False}),
        (r"/((?!.*%00).*)", Pages, {"path": SITE}),
    ]
    return web.Application(
        [routing.Rule(SameOrigin(address), routes)],
        default_handler_class=Refused,
        address=address,
        authorizer=AllowAllAuthorizer(identity_provider=identity),
        base_url=JUPYTER,
        compress_response=True,
        config=Config(ZMQChannelsWebsocketConnection={"iopub_data_rate_limit": 1e7}),
        identity_provider=identity,
        kernel_manager=manager,
        kernel_websocket_connection_class=Connection,
        log_function=lambda handler: None,
    )


async def serve(sockets):
    address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    token = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(dir=transport.FOLDER) as folder:
        app = application(address, token, folder)
        HTTPServer(app).add_sockets(sockets)
        print(f"The book is at {address}/#token={token}  (Ctrl-C ends)", flush=True)
        await signalled(signal.SIGINT, signal.SIGTERM)
        print()
        await app.settings["kernel_manager"].shutdown_all(now=True)


async def signalled(*signals):
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    for one in signals:
        signal.signal(one, lambda *_: loop.call_soon_threadsafe(came.set))
    await came.wait()


def main(port, *build):
    try:
        sockets = netutil.bind_sockets(int(port), "127.0.0.1")
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"Port {port} cannot be used ({error}). Choose another: make serve PORT=8001")
    if subprocess.run(build).returncode:
        sys.exit("The book was not built, so it is not served.")
    logging.getLogger("tornado").setLevel(logging.ERROR)  # of a refusal the page tells
    asyncio.run(serve(sockets))


if __name__ == "__main__":
    main(*sys.argv[1:])
