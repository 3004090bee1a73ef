"""try_chat.py CHAT_SERVER: two guests talk, a third one sends a line without end, a fourth one never reads."""
import socket
import subprocess
import sys


class Guest:
    def __init__(self, name, buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(20)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect(('127.0.0.1', port))
        self.lines = self.socket.makefile('r')
        self.hear()
        self.say(name)

    def say(self, *lines):
        self.socket.sendall(''.join(line + '\n' for line in lines).encode())

    def hear(self):
        return self.lines.readline().rstrip('\n')


def flood(ann, bob):
    """Until the one who does not read is thrown out."""
    for _ in range(1000):
        ann.say(*['x' * 900] * 50)
        heard = [bob.hear() for _ in range(50)]
        if '* slow has left' in heard:
            return True
    return False


server = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
port = int(server.stdout.readline())
ann = Guest('ann')
ann.say('/who')
print(ann.hear())
bob = Guest('bob')
print(ann.hear())
bob.say('hello', '/who')
print(ann.hear())
print(bob.hear(), bob.hear())
loud = Guest('loud')
print(ann.hear(), bob.hear())
loud.say('x' * 2000)
print(ann.hear(), bob.hear())
slow = Guest('slow', 4096)
print(ann.hear(), bob.hear())
print('thrown out:', flood(ann, bob))
print(ann.hear())
ann.say('/quit')
print('end:', repr(ann.hear()))
server.terminate()
print('stopped with', server.wait(20))
