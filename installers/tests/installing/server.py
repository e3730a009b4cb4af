"""A server on the loopback address that serves releases, and misbehaves where a case says so."""

import http.server
import socketserver
import ssl
import threading
import time


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves files of folders. The first part of a path names the folder; `tricks` has the paths that misbehave."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, certificate=None):
        self.folders = {}
        self.tricks = {}
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        scheme = "https://localhost" if certificate else "http://127.0.0.1"
        self.address = f"{scheme}:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        """Binds without asking for this machine's name, which may take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    def log_message(self, format, *arguments):
        """Says nothing."""

    def do_GET(self):
        """Serves a file, or plays the trick that is set for its path."""
        self.server.asked.append(self.path)
        trick = self.server.tricks.get(self.path)
        if trick:
            trick(self)
            return
        _, name, path = self.path.split("/", 2)
        try:
            body = (self.server.folders[name] / path).read_bytes()
        except OSError:
            self.send_error(404)
            return
        self.answer(body)

    def answer(self, body, length=None, code=200, **headers):
        """Sends an answer whose header may promise another length than its body has."""
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)


def error(code):
    """Answers with an error."""
    return lambda handler: handler.send_error(code)


def page(handler):
    """A web page in place of a file, as from a captive portal, with the code of success."""
    handler.answer(b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n")


def cut(body):
    """The connection ends in the middle of the body."""
    return lambda handler: handler.answer(body[: len(body) // 2], len(body))


def cut_silently(body):
    """The same without a length, so that the client cannot know."""

    def play(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])

    return play


def claim(length):
    """A length that is too large."""
    return lambda handler: handler.answer(b"x" * 1000, length)


def endless(handler):
    """A body without an end."""
    handler.send_response(200)
    handler.end_headers()
    block = b"0" * 65536
    for _ in range(1 << 14):
        handler.wfile.write(block)


def stall(handler):
    """A body that stops in the middle, with the connection left open."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"x")
    handler.wfile.flush()
    time.sleep(30)


def slow(body, seconds):
    """A body that takes so long."""

    def play(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        step = len(body) // 10 + 1
        for start in range(0, len(body), step):
            handler.wfile.write(body[start : start + step])
            handler.wfile.flush()
            time.sleep(seconds / 10)

    return play


def redirect(address):
    """Leads elsewhere."""
    return lambda handler: handler.answer(b"", code=302, Location=address)
