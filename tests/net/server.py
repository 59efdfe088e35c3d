#!/usr/bin/env python3
"""A server that does wrong what a server can do wrong, for tests/net.sh.

    server.py PORTS LOG [CERTIFICATES]

It listens on free ports of the loopback, writes them to the file PORTS as lines
NAME=NUMBER once all are open, and ends when its parent does:

    HTTP, OTHER    two servers, so two hosts to whom credentials belong or do not
    SIX            on ::1; 0 where there is no IPv6
    PROXY          a proxy that takes every name for this machine
    NGINX          kept free for another program to listen on, and so is NGINX_TLS
    FTP            knows anonymous, and "ann" with the password "hush-ftp"
    and for each NAME.pem in CERTIFICATES a TLS server with that certificate and key.

A path is /FAULT/ARGUMENT/.../NAME, where FAULT is one of the functions below that
are marked so.  A fault that goes away after some requests counts those for the same
path, so a test takes a NAME of its own.

LOG gets a line a request: the server, how many requests it had under way then, method,
path, and all headers:

    http 1 GET /doc/3/0/a.csv; Host: 127.0.0.1:1234; Range: bytes=100-
"""
import base64
import email.utils
import fcntl
import gzip
import hashlib
import os
import pathlib
import select
import signal
import socket
import ssl
import struct
import sys
import termios
import threading
import time
import zlib

OLD = "Mon, 01 Jan 2024 00:00:00 GMT"
NEW = "Tue, 02 Jan 2024 00:00:00 GMT"
BASIC = "Basic " + base64.b64encode(b"ann:hush-word").decode()
BEARER = "Bearer hush-token"
REASONS = {200: "OK", 206: "Partial Content", 304: "Not Modified"}


def table(rows, version=0):
    """A document: of the same length for all versions of one digit."""
    lines = (f"{i},{version}-{i:06},{(i * 7 + int(version)) % 10}\n" for i in range(int(rows)))
    return ("id,name,amount\n" + "".join(lines)).encode()


class Gone(Exception):
    """The client has gone, or is to be left."""


class Log:
    """The lines of the requests, and how often each path was asked for."""

    def __init__(self, path):
        self.file = open(path, "w", buffering=1, encoding="latin-1")
        self.lock = threading.Lock()
        self.turns = {}

    def add(self, place, line):
        with self.lock:
            self.file.write(line + "\n")
            self.turns[place] = self.turns.get(place, -1) + 1
            return self.turns[place]


class Exchange:
    """A request, and the connection that it is to be answered on.

    turn: how often the same path was asked for before
    start: the first byte that is asked for, or None without Range
    """

    def __init__(self, sock, listener, log):
        self.sock, self.listener = sock, listener
        head = self.read_head()
        self.method, self.target, _ = (head[0] + "  ").split(" ", 2)
        fields = [line.partition(":") for line in head[1:]]
        self.headers = {key.lower(): value.strip() for key, _, value in fields}
        if self.target.startswith("http://"):
            self.target = "/" + self.target.split("/", 3)[3]
        self.path, _, self.query = self.target.partition("?")
        name, self.under_way = listener.name, True
        self.turn = log.add(name + self.target, "; ".join(
            [f"{name} {listener.add(1)} {self.method} {self.target}", *head[1:]]))
        range_ = self.headers.get("range", "")
        self.start = int(range_[6:-1]) if range_.startswith("bytes=") else None

    def read_head(self):
        """The lines of the request's head; its body goes to self.body."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        for line in lines:
            if line.lower().startswith("content-length:"):
                while len(self.body) < int(line.split(":")[1]):
                    self.body += self.receive()
        return lines

    def receive(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        return data

    def send(self, data):
        self.sock.sendall(data)

    def head(self, status, headers, body=b""):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'So')}"]
        lines += [f"{key}: {value}" for key, value in headers.items() if value is not None]
        self.send("\r\n".join(lines + ["Connection: close", "", ""]).encode("latin-1") + body)

    def reply(self, status, body=b"", **headers):
        """A whole answer; `Content_Type=` stands for Content-Type."""
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        self.head(status, {"Content-Length": len(body), **headers}, body)

    def document(self, body, etag="", modified=OLD, cut=False, ranges=True, **headers):
        """The right answer; with cut the connection is reset in mid-body."""
        etag = etag or f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        status, start = 200, 0
        if self.headers.get("if-none-match") == etag:
            return self.reply(304, ETag=etag, Last_Modified=modified)
        if ranges and self.start and self.headers.get("if-range", etag) in (etag, modified):
            status, start = 206, self.start
            headers.setdefault("Content_Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.reply_cut(cut, status, body[start:], ETag=etag, Last_Modified=modified,
                       Content_Type="text/csv", **headers)
        return None

    def reply_cut(self, cut, status, body, **headers):
        if not cut:
            return self.reply(status, body, **headers)
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        self.head(status, {"Content-Length": len(body), **headers})
        self.send(body[:len(body) // 2])
        return self.reset()

    def reset(self):
        """A reset, after all that was sent has arrived."""
        until = time.monotonic() + 5
        while (struct.unpack("i", fcntl.ioctl(self.sock, termios.TIOCOUTQ, b"\0" * 4))[0]
               and time.monotonic() < until):
            time.sleep(0.001)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def leave(self):
        """Is not counted as under way any more."""
        if self.under_way:
            self.listener.add(-1)
        self.under_way = False

    def wait(self):
        """Nothing, until the client goes."""
        while True:
            self.receive()

    def chunk(self, data):
        self.send(b"%x\r\n%b\r\n" % (len(data), data))


FAULTS = {}


def fault(function):
    FAULTS[function.__name__] = function
    return function


@fault
def doc(x, rows, version, _):
    """None: what a good server gives."""
    x.document(table(rows, version))


@fault
def reset(x, times, rows, _):
    x.document(table(rows), cut=x.turn < int(times))


@fault
def norange(x, times, rows, _):
    """Breaks off, and then knows nothing of ranges."""
    x.document(table(rows), cut=x.turn < int(times), ranges=False)


@fault
def resume(x, lie, _):
    """Breaks off.  What is then asked for by range is of another version, which only
    one thing betrays, or nothing but its bytes; as a whole it is there for the asking."""
    old, new = table(5000, 0), table(5000, 1)
    if x.turn == 0:
        return x.document(old, etag='"v"', cut=True)
    if x.start is None:
        return x.document(new, etag='"w"', modified=NEW)
    x.headers.pop("if-range", None)
    if lie == "all":
        return x.document(new, etag='"v"')
    if lie == "etag":
        return x.document(new, etag='"w"')
    if lie == "date":
        return x.document(new, etag='"v"', modified=NEW)
    if lie == "length":
        return x.document(table(6000, 1), etag='"v"')
    if lie == "start":
        return x.document(old, etag='"v"', Content_Range=f"bytes 7-{len(old) - 1}/{len(old)}")
    return x.reply(416, Content_Range=f"bytes */{len(old)}")


@fault
def fixed(x, _):
    """Says that nothing has changed although it has, or hides it behind one ETag."""
    if "if-none-match" in x.headers or "if-modified-since" in x.headers:
        return x.reply(304, ETag='"v"')
    return x.document(table(5, x.turn), etag='"v"')


@fault
def turns(x, _):
    """Another document with each request."""
    x.document(table(5, x.turn), etag=f'"{x.turn}"')


@fault
def length(x, by, _):
    """Announces so many bytes more than come, or less."""
    body = table(100)
    x.head(200, {"Content-Length": len(body) + int(by)}, body)


@fault
def cut(x, how, _):
    """Ends in the middle of a document whose length was not told."""
    half = table(40)
    if how == "close":
        x.head(200, {})
        return x.send(half)
    x.head(200, {"Transfer-Encoding": "chunked"})
    x.chunk(half)
    return x.send(b"no number\r\n" if how == "broken" else b"")


@fault
def trickle(x, _):
    x.head(200, {"Content-Length": 1 << 30})
    while True:
        x.send(b"a")
        time.sleep(0.02)


@fault
def stall(x, times, _):
    body = table(5000)
    if x.turn >= int(times):
        return x.document(body)
    x.head(200, {"Content-Length": len(body), "ETag": '"stalls"'})
    x.send(body[:len(body) // 2])
    return x.wait()


@fault
def silent(x, _):
    x.wait()


@fault
def hangup(x, _):
    """No byte of an answer."""


@fault
def loop(x, turn, name):
    x.reply(302, Location=f"/loop/{int(turn) + 1}/{name}")


@fault
def to(x, status, _):
    """Redirects to what stands behind the ? of the address."""
    x.reply(int(status), Location=x.query)


@fault
def tempt(x, status, _):
    """Likewise, with a user and a password."""
    x.reply(int(status), Location=x.query.replace("://", "://ann:hush-word@"))


@fault
def busy(x, status, times, after, _):
    """An error for a while; `after` is for Retry-After, a number of seconds, "date" for
    a second from now, or "none"."""
    if x.turn >= int(times):
        return x.document(table(5))
    if after == "date":
        after = email.utils.formatdate(time.time() + 1, usegmt=True)
    return x.reply(int(status), b"come again", Retry_After=None if after == "none" else after)


@fault
def bomb(x, kind, _):
    if kind == "header":
        x.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            x.send(b"X-More: " + b"x" * 1000 + b"\r\n")
    if kind == "gzip":
        x.head(200, {"Content-Encoding": "gzip"})
        return x.send(gzip_bomb())
    x.head(200, {"Transfer-Encoding": "chunked"})
    while True:
        x.chunk(b"1,a,2\n" * 10000)


def gzip_bomb():
    """4 MiB that are 4 GiB: a stretch that stands for itself, again and again."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    stretch = squeeze.compress(bytes(1 << 24)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\3" + stretch * 256 + b"\3\0" + bytes(8)


@fault
def zipped(x, how, _):
    """A body in gzip, whole or not."""
    body = gzip.compress(table(100), mtime=0)
    changed = {"whole": body, "cut": body[:-50], "rubbish": body + b"rubbish behind it",
               "crc": body[:-8] + bytes(4) + body[-4:], "not": table(100)}[how]
    x.reply(200, changed, Content_Encoding="gzip", Content_Type="text/csv")


@fault
def auth(x, _):
    if x.headers.get("authorization") in (BASIC, BEARER):
        return x.document(table(5))
    return x.reply(401, b"who are you", WWW_Authenticate='Basic realm="here"')


@fault
def disposition(x, _):
    x.document(table(5), Content_Disposition='attachment; filename="../../evil.csv"')


@fault
def slow(x, milliseconds, rows, version, _):
    """Takes its time, and is counted for as long."""
    time.sleep(int(milliseconds) / 1000)
    x.leave()
    x.document(table(rows, version))


@fault
def echo(x, _):
    """What was asked, as a table."""
    row = [x.method, x.headers.get("x-key", ""), x.headers.get("user-agent", ""), x.body.decode()]
    x.reply(200, ("method,key,agent,body\n" + ",".join(row) + "\n").encode())


class Listener:
    """A server on a port of its own: a thread that accepts, and one a connection."""

    def __init__(self, name, serve, family=socket.AF_INET, context=None):
        self.name, self.serve, self.context = name, serve, context
        self.count, self.lock = 0, threading.Lock()
        self.socket = socket.socket(family)
        self.socket.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self.socket.listen(256)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            sock, _ = self.socket.accept()
            threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            self.serve(self, sock)
        except (Gone, OSError):
            pass
        finally:
            sock.close()

    def add(self, by):
        """Counts a request, or one less; how many there are now."""
        with self.lock:
            self.count += by
            return self.count


def serve_http(log):
    def serve(listener, sock):
        x = Exchange(sock, listener, log)
        try:
            answer(x)
        finally:
            x.leave()
        # What the client may still send must not become a reset.
        sock.shutdown(socket.SHUT_WR)
        x.wait()
    return serve


def answer(x):
    if x.method == "CONNECT":
        return tunnel(x)
    name, *arguments = x.path.strip("/").split("/")
    by = FAULTS.get(name)
    if by and by.__code__.co_argcount == len(arguments) + 1:
        return by(x, *arguments)
    return x.reply(404, b"no such fault")


def tunnel(x):
    """Bytes to and fro, to this machine whatever the name."""
    with socket.create_connection(("127.0.0.1", int(x.target.rsplit(":", 1)[1]))) as far:
        x.send(b"HTTP/1.1 200 OK\r\n\r\n")
        other = {x.sock: far, far: x.sock}
        while True:
            for sock in select.select(list(other), [], [])[0]:
                data = sock.recv(65536)
                if not data:
                    return
                other[sock].sendall(data)


def serve_ftp(log):
    """Gives /doc/... as HTTP does, and breaks off where /reset/... does."""
    def serve(_, sock):
        with socket.create_server(("127.0.0.1", 0)) as passive:
            talk_ftp(sock, passive, log)
    return serve


def talk_ftp(sock, passive, log):
    port = passive.getsockname()[1]
    state = {"folder": "", "start": 0, "user": ""}
    known = {("anonymous", None), ("ann", "hush-ftp")}

    def body(name):
        fault_, *arguments = (state["folder"] + "/" + name).strip("/").split("/")
        return table(*arguments[:2]) if fault_ == "doc" else table(arguments[1])

    def password(word):
        good = ("anonymous", None) if state["user"] == "anonymous" else (state["user"], word)
        return "230 come in" if good in known else "530 who are you"

    def change(folder):
        state["folder"] = "" if folder == "/" else state["folder"] + "/" + folder
        return "250 there"

    def start(number):
        state["start"] = int(number)
        return "350 from there"

    def retrieve(name):
        path = state["folder"] + "/" + name
        turn = log.add("ftp" + path, f"ftp 1 RETR {path}; Range: bytes={state['start']}-")
        rest = body(name)[state["start"]:]
        whole = not path.startswith("/reset/") or turn >= int(path.split("/")[2])
        data, _ = passive.accept()
        with data:
            sock.sendall(b"150 here it comes\r\n")
            data.sendall(rest if whole else rest[:len(rest) // 2])
        return "226 done" if whole else "426 cut off"

    commands = {
        "USER": lambda name: state.update(user=name) or "331 password",
        "PASS": password,
        "PWD": lambda _: '257 "/"',
        "CWD": change,
        "TYPE": lambda _: "200 so be it",
        "EPSV": lambda _: f"229 passive (|||{port}|)",
        "PASV": lambda _: f"227 passive (127,0,0,1,{port >> 8},{port & 255})",
        "SIZE": lambda name: f"213 {len(body(name))}",
        "REST": start,
        "RETR": retrieve,
    }
    sock.sendall(b"220 hello\r\n")
    for line in sock.makefile(encoding="latin-1"):
        verb, _, rest = line.strip().partition(" ")
        known_verb = commands.get(verb.upper(), lambda _: "502 not here")
        sock.sendall((known_verb(rest) + "\r\n").encode())


def listeners(log, certificates):
    http = serve_http(log)
    yield Listener("http", http)
    yield Listener("other", http)
    yield Listener("proxy", http)
    yield Listener("ftp", serve_ftp(log))
    try:
        yield Listener("six", http, family=socket.AF_INET6)
    except OSError:
        pass
    for path in sorted(certificates.glob("*.pem")) if certificates else []:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        yield Listener(path.stem, http, context=context)


def kept_free():
    """A port that nobody is given by chance, and who asks for it gets."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    return sock


def main():
    parent = os.getppid()
    ports, log, *certificates = map(pathlib.Path, sys.argv[1:])
    found = listeners(Log(log), certificates[0] if certificates else None)
    free = {"NGINX": kept_free(), "NGINX_TLS": kept_free()}
    numbers = {"SIX": 0, **{one.name.upper(): one.port for one in found},
               **{name: sock.getsockname()[1] for name, sock in free.items()}}
    part = ports.with_suffix(".part")
    part.write_text("".join(f"{name}={port}\n" for name, port in numbers.items()))
    part.rename(ports)
    while os.getppid() == parent:
        time.sleep(0.2)
    # A parent that was killed could not end the other one.
    nginx = ports.with_name("nginx.pid")
    if nginx.exists():
        os.kill(int(nginx.read_text()), signal.SIGTERM)


if __name__ == "__main__":
    main()
