"""serve.py PROGRAM [ARGUMENT...]: runs a program with an HTTP server on loopback to talk to, whose URL is in the
environment (URL), and exits with its status. What the server does, the path says: see the functions called get_...
below. Nothing here depends on time but for answers that never come. With a folder of certificates in the environment
(CERTIFICATES) there is a server by TLS for each of them, too: URL_good and so on."""
import base64
import email
import email.policy
import gzip
import hashlib
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
import zlib


class Counts:
    """What the tests ask about afterwards."""
    lock = threading.Lock()
    connections = 0
    open = 0
    requests = 0
    barrier = threading.Barrier(3)
    inside = most_inside = 0
    released = threading.Event()
    stalled = threading.Semaphore(0)
    gone = threading.Semaphore(0)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def setup(self):
        super().setup()
        with Counts.lock:
            Counts.connections += 1

    def log_message(self, *_):
        pass

    def answer(self, body=b'', status=200, type_='text/plain', headers=()):
        self.send_response(status)
        self.send_header('Content-Type', type_)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def answer_json(self, value, **options):
        self.answer(json.dumps(value).encode(), type_='application/json', **options)

    def raw(self, data, close=True):
        """Bytes as they are; then the end of the connection."""
        self.wfile.write(data)
        self.close_connection = close

    def read_body(self):
        if self.headers.get('Transfer-Encoding') == 'chunked':
            body = b''
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get('Content-Length', 0)))

    def do(self):
        url = urllib.parse.urlsplit(self.path)
        parts = url.path.strip('/').split('/')
        self.query = dict(urllib.parse.parse_qsl(url.query))
        with Counts.lock:
            Counts.requests += 1
        getattr(self, 'get_' + parts[0].replace('-', '_'), self.get_unknown)(*parts[1:])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_BREW = do

    def get_unknown(self, *_):
        self.answer(b'no such page\n', status=404)

    # ---- ordinary answers

    def get_echo(self, *_):
        body = self.read_body()
        self.answer_json({'method': self.command, 'path': self.path, 'body': body.decode('latin-1'),
                          'headers': {name.lower(): ' | '.join(self.headers.get_all(name)) for name in self.headers}})

    def get_multipart(self):
        """What the fields of a form are: a line for each."""
        head = f'Content-Type: {self.headers["Content-Type"]}\r\n\r\n'.encode()
        form = email.message_from_bytes(head + self.read_body(), policy=email.policy.HTTP)
        lines = []
        for part in form.iter_parts():
            value = part.get_payload(decode=True)
            text = repr(value.decode().strip()) if len(value) < 20 else f'{len(value)} bytes, {zlib.crc32(value)}'
            lines.append(f'{part.get_param("name", header="content-disposition")} {part.get_filename()} '
                         f'{part["Content-Type"]} {text}')
        self.answer('\n'.join([form.get_content_type(), *lines]).encode())

    def get_size(self):
        self.answer(str(len(self.read_body())).encode())

    def get_hello(self):
        self.answer(b'hello\n', headers=[('X-Twice', 'one'), ('x-twice', 'two'), ('X-Empty', '')])

    def get_bytes(self, count):
        self.answer(bytes(i * 7 % 251 for i in range(1000)) * (int(count) // 1000))

    def get_status(self, status):
        self.read_body()
        self.answer(b'', status=int(status))

    def get_lines(self):
        self.answer(b'first\nsecond\r\n\n' + b'x' * 70000 + b'\nlast')

    def get_gzip(self):
        self.answer(gzip.compress(b'compressed\n'), headers=[('Content-Encoding', 'gzip')])

    def get_deflate(self):
        self.answer(zlib.compress(b'deflated\n'), headers=[('Content-Encoding', 'deflate')])

    def get_bad_gzip(self):
        self.answer(b'this is not gzip', headers=[('Content-Encoding', 'gzip')])

    def get_gzip_and_more(self):
        self.answer(gzip.compress(b'compressed\n') + b'junk', headers=[('Content-Encoding', 'gzip')])

    def get_until_close(self, coding, cut='0'):
        """A compressed body that only the connection's end ends; perhaps without its last bytes."""
        text = b'folded ' * 1000
        compressor = zlib.compressobj(wbits={'gzip': 31, 'deflate': 15, 'plain-deflate': -15}[coding])
        body = compressor.compress(text) + compressor.flush()
        head = 'HTTP/1.0 200 OK\r\nContent-Encoding: %s\r\n\r\n' % coding.replace('plain-', '')
        self.raw(head.encode() + body[:len(body) - int(cut)])

    def get_chunked(self):
        self.raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
                 b'6;extension=1\r\nchunks\r\n4\r\n and\r\n5\r\n more\r\n0\r\nX-Trailer: yes\r\n\r\n', close=False)

    def get_text(self):
        """?body=: just that."""
        self.answer(self.query['body'].encode())

    def get_redirect(self, count):
        self.read_body()
        where = f'/redirect/{int(count) - 1}' if int(count) > 1 else '/echo'
        self.answer(b'elsewhere\n', status=int(self.query.get('status', 302)),
                    headers=[('Location', where + '?' + urllib.parse.urlsplit(self.path).query)])

    def get_loop(self):
        self.answer(status=302, headers=[('Location', '/loop')])

    def get_to(self):
        self.answer(status=302, headers=[('Location', self.query['url'])])

    def get_auth(self):
        expected = 'Basic ' + base64.b64encode(b'ann:secret').decode()
        if self.headers.get('Authorization') == expected:
            self.answer(b'welcome\n')
        else:
            self.answer(b'who?\n', status=401, headers=[('WWW-Authenticate', 'Basic realm="test"')])

    def get_digest(self):
        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        given = urllib.request.parse_keqv_list(urllib.request.parse_http_list(
            self.headers.get('Authorization', 'Digest x=y').partition(' ')[2]))
        expected = md5(f'{md5("ann:test:secret")}:n0nce:{md5("GET:" + self.path)}')
        if given.get('response') == expected:
            self.answer(b'welcome\n')
        else:
            self.answer(b'who?\n', status=401, headers=[('WWW-Authenticate', 'Digest realm="test", nonce="n0nce"')])

    def get_set_cookie(self):
        self.answer(headers=[('Set-Cookie', f'{name}={value}; Path=/') for name, value in self.query.items()])

    # ---- answers that tell what happened

    def get_counts(self):
        self.answer_json({'connections': Counts.connections, 'requests': Counts.requests,
                          'most_inside': Counts.most_inside})

    def get_three(self):
        """Answers when three are here at once."""
        with Counts.lock:
            Counts.inside += 1
            Counts.most_inside = max(Counts.most_inside, Counts.inside)
        Counts.barrier.wait()
        with Counts.lock:
            Counts.inside -= 1
        self.answer(b'three\n')

    def get_held(self):
        """The header and half of the body; the rest after somebody asked for /release."""
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfirst ')
        Counts.released.wait()
        self.wfile.write(b'second')

    def get_release(self):
        Counts.released.set()
        self.answer(b'released\n')

    def get_stalled(self):
        """Answers when /stall or /endless has been asked for."""
        Counts.stalled.acquire()
        self.answer(b'stalled\n')

    def get_gone(self):
        """Answers when a connection has been cut on which /stall or /endless was asked for."""
        Counts.gone.acquire()
        self.answer(b'it is gone\n')

    # ---- faults

    def get_stall(self):
        """Says nothing until the client goes away."""
        self.read_body()
        Counts.stalled.release()
        try:
            self.connection.recv(1)
        except OSError:
            pass
        Counts.gone.release()
        self.close_connection = True

    def get_stall_in_header(self):
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Le')
        self.get_stall()

    def get_stall_in_body(self):
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this')
        self.get_stall()

    def get_endless(self):
        self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n')
        Counts.stalled.release()
        try:
            while True:
                self.wfile.write(b'and so on\n' * 1000)
        except OSError:
            Counts.gone.release()
        self.close_connection = True

    def get_endless_header(self):
        self.wfile.write(b'HTTP/1.1 200 OK\r\n')
        try:
            while True:
                self.wfile.write(b'X-More: ' + b'x' * 1000 + b'\r\n')
        except OSError:
            pass
        self.close_connection = True

    def get_reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        self.close_connection = True
        self.connection.close()

    def get_nothing(self):
        self.close_connection = True

    def get_short(self):
        self.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntoo short')

    def get_short_chunk(self):
        self.raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\ntoo short')

    def get_garbage(self):
        self.raw(b'\x00\xff\x17 this is not HTTP\r\n\r\n' * 20)

    def get_cut_header(self):
        self.raw(b'HTTP/1.1 200 OK\r\nConte')

    def get_long_line(self):
        self.raw(b'HTTP/1.1 200 OK\r\nX: ' + b'a' * 150000 + b'\r\nContent-Length: 0\r\n\r\n')

    def get_two_lengths(self):
        self.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde')

    def get_no_length(self):
        self.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 3, 5\r\n\r\nabcde')

    def get_huge_length(self):
        self.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nabcde')

    def get_same_length(self):
        self.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde')

    def get_bad_chunks(self):
        self.raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\nabc\r\n0\r\n\r\n')

    def get_early(self):
        """Answers without having read the body. What comes until the client ends is thrown away: closing at once would
        reset the connection, and could take the answer with it."""
        self.raw(b'HTTP/1.1 413 Too Much\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo much\n')
        self.wfile.flush()
        self.connection.settimeout(10)
        try:
            while self.connection.recv(1 << 16):
                pass
        except OSError:
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        pass


def start(certificate=None):
    """A server on a port of its own; the port."""
    server = Server(('127.0.0.1', 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    environment = {**os.environ, 'URL': f'http://127.0.0.1:{start()}'}
    for name in ('good', 'other', 'expired', 'self'):
        if 'CERTIFICATES' in os.environ:
            port = start(os.path.join(os.environ['CERTIFICATES'], name + '.pem'))
            environment['URL_' + name] = f'https://localhost:{port}'
    status = subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


if __name__ == '__main__':
    main()
