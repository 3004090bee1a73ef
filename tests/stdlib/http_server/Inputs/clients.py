"""clients.py SERVER FOLDER: tries the server with other people's clients, and with faults that need sockets."""
import http.client
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile


class Server:
    def __init__(self, descriptors=None):
        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        self.process = subprocess.Popen(sys.argv[1:3], stdout=subprocess.PIPE, text=True, preexec_fn=limit)
        self.port = int(self.process.stdout.readline())
        self.url = f'http://127.0.0.1:{self.port}'

    def line(self):
        return self.process.stdout.readline().strip()

    def get(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=20)
        connection.request('GET', '/')
        return connection.getresponse().read().decode()

    def connect(self):
        return socket.create_connection(('127.0.0.1', self.port), 20)

    def stop(self):
        self.process.terminate()
        print(self.line(), self.process.wait(20))


def python_client(server):
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=20)
    data = os.urandom(300000)
    connection.request('GET', '/')
    print(connection.getresponse().read())
    connection.request('POST', '/echo', data)
    print('length:', connection.getresponse().read() == data)
    connection.request('POST', '/echo', iter([data[:100], data[100:]]), {'Transfer-Encoding': 'chunked'},
                       encode_chunked=True)
    print('chunks:', connection.getresponse().read() == data)
    connection.request('GET', '/stream')
    print('lines:', len(connection.getresponse().read().splitlines()))


def curl(*arguments):
    done = subprocess.run(['curl', '-s', '-m', '20', *arguments], capture_output=True, check=False)
    return done.returncode, done.stdout


def curl_client(server):
    with tempfile.NamedTemporaryFile() as file:
        file.write(os.urandom(5000000))
        file.flush()
        data = open(file.name, 'rb').read()
        print('upload:', curl('-T', file.name, server.url + '/echo') == (0, data))
        print('chunks:', curl('-T', file.name, '-H', 'Transfer-Encoding: chunked', server.url + '/echo') == (0, data))
    print('head:', curl('-I', server.url)[1].split(b'\r\n')[0])
    print('file:', curl('-r', '2-4', server.url + '/files/digits.txt')[1])
    print('resumed:', curl('-C', '7', server.url + '/files/digits.txt')[1])
    print('two:', curl(server.url, server.url)[1])


def client_gone(server):
    with server.connect() as connection:
        connection.sendall(b'GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
        print(server.line())
    print(server.line())


def resets(server):
    for text in (b'', b'GET', b'GET / HTTP/1.1\r\nHost: a\r\n\r\n', b'GET /stream HTTP/1.1\r\nHost: a\r\n\r\n',
                 b'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n1') * 20:
        connection = server.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        connection.sendall(text)
        connection.close()
    print('after resets:', server.get())


def flood():
    """More connections than it has descriptors: those it cannot take wait, and are served when others have ended."""
    server = Server(descriptors=40)
    connections = [server.connect() for _ in range(100)]
    for connection in connections:
        connection.sendall(b'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    print('flood:', sum(b'hello' in connection.makefile('rb').read() for connection in connections))
    print('after it:', server.get())
    server.stop()


def load(server):
    out = subprocess.run(['wrk', '-t1', '-c50', '-d1s', server.url], capture_output=True, text=True, check=True).stdout
    print('wrk:', 'requests in' in out and 'Non-2xx' not in out and 'Socket errors' not in out)


with open(os.path.join(sys.argv[2], 'digits.txt'), 'w', encoding='ascii') as digits:
    digits.write('0123456789')
running = Server()
python_client(running)
curl_client(running)
client_gone(running)
resets(running)
load(running)
running.stop()
flood()
