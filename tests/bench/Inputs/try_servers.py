"""try_servers.py ECHO HTTP: starts each server on a port of its own choice and talks to it."""
import socket
import subprocess
import sys


def talk(program, text, enough):
    """What the server answers, up to and including `enough`."""
    server = subprocess.Popen([program, '0'], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        with socket.create_connection(('127.0.0.1', port), 10) as connection:
            connection.sendall(text)
            answer = b''
            while not enough(answer):
                piece = connection.recv(4096)
                if not piece:
                    break
                answer += piece
        return answer
    finally:
        server.kill()
        server.wait()


print('echo:', talk(sys.argv[1], b'hello', lambda a: len(a) >= 5).decode())
request = b'GET / HTTP/1.1\r\nHost: here\r\n\r\n'
answer = talk(sys.argv[2], request + request, lambda a: a.count(b'Hello, World!') == 2)
print('http:', answer.count(b'200 OK'), 'answers')
print('http:', talk(sys.argv[2], b'nonsense\r\n\r\n', lambda a: False).split(b'\r\n')[0].split(b' ', 1)[1].decode())
