"""try_dns.py DNS_LOOKUP: a name server whose answers come in the wrong order, twice, and with garbage between them."""
import os
import socket
import struct
import subprocess
import sys

NAMES = ['one.example', 'alias.example', 'none.example', 'short.example', 'many.example']


def question_of(packet):
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += packet[at] + 1
    return '.'.join(labels), packet[12:at + 5]


def record(kind, data):
    return b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60, len(data)) + data


def answer_to(packet):
    name, question = question_of(packet)
    records = {'one.example': [record(1, bytes([192, 0, 2, 1]))],
               'alias.example': [record(5, b'\x03one\xc0\x12'), record(1, bytes([192, 0, 2, 1]))],
               'many.example': [record(1, bytes([192, 0, 2, n])) for n in range(10)],
               'short.example': [record(1, b'')[:-4]]}.get(name, [])
    code = 3 if name == 'none.example' else 0
    return packet[:2] + struct.pack('>HHHHH', 0x8180 | code, 1, len(records), 0, 0) + question + b''.join(records)


def look_up(*names, **environment):
    return subprocess.Popen([sys.argv[1], '127.0.0.1', str(server.getsockname()[1]), *names], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env=dict(os.environ, **environment))


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.settimeout(20)
server.bind(('127.0.0.1', 0))
client = look_up(*NAMES)
asked = {}
while len(asked) < len(NAMES):
    packet, address = server.recvfrom(600)
    asked[question_of(packet)[0]] = packet
for name in reversed(NAMES):
    server.sendto(b'', address)
    server.sendto(b'\xff\xff' + answer_to(asked[name])[2:], address)
    server.sendto(answer_to(asked[name]), address)
    server.sendto(answer_to(asked[name]), address)
server.settimeout(0.05)
while client.poll() is None:  # on a busy machine it asks again
    try:
        server.sendto(answer_to(server.recvfrom(600)[0]), address)
    except TimeoutError:
        pass
print(''.join(sorted(client.communicate(timeout=20)[0].splitlines(True))), end='')
print(look_up('lost.example', 'not..a.name', AC_CLOCK='virtual').communicate(timeout=20)[0], end='')
server.close()
